// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "demo/demo.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/container.hpp"
#include "data/dataset.hpp"
#include "import/import.hpp"
#include "quant/evaluate.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

TEST(Demo, IsTheSameEachTimeAndClassifies) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "reshift_demo";
  const auto path = [&](const char* set, const char* name) {
    return (folder / set / name).string();
  };
  for (const char* set : {"a", "b"}) make_demo((folder / set).string());
  for (const char* name :
       {"demo.onnx", "demo_train.bin", "demo_test.bin", "demo_preprocess.json"}) {
    EXPECT_EQ(read_file(path("a", name)), read_file(path("b", name))) << name;
  }
  EXPECT_NE(read_file(path("a", "demo_train.bin")), read_file(path("a", "demo_test.bin")));

  const Graph graph = import_network(path("a", "demo.onnx"));
  const Preprocess preprocess = load_preprocess(path("a", "demo_preprocess.json"));
  const auto data = open_samples(path("a", "demo_test.bin"), "", preprocess, {3, 32, 32});
  const Accuracy accuracy = evaluate(*data, 0, 0, [&](const Sample& sample) {
    const auto out = run_float(graph, sample.values).front();
    return std::vector<double>(out.begin(), out.end());
  });
  EXPECT_GT(accuracy.top1, 50);  // of ten classes, on images it has not seen
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace reshift
