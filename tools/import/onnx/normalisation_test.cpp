// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ImportExport, BatchNormalizationOfOldOperatorSets) {
  const auto norm = [](std::int64_t spatial) {
    return single(7, [&](OnnxBuilder& b) {
      auto& n = b.node("BatchNormalization", "n",
                       {"image", b.constant("s", {2}, std::vector<float>{2, 3}),
                        b.constant("b", {2}, std::vector<float>{1, 1}),
                        b.constant("m", {2}, std::vector<float>{0, 1}),
                        b.constant("v", {2}, std::vector<float>{4, 9})});
      set_attribute(n, "epsilon", 0.0f);
      set_attribute(n, "momentum", 0.9f);
      set_attribute(n, "spatial", spatial);
    });
  };
  const Graph g = import(norm(1));
  EXPECT_THAT(g.nodes[0].weights, ElementsAre(1, 1));
  EXPECT_THAT(g.nodes[0].bias, ElementsAre(1, 0));
  EXPECT_THAT(error_of(norm(0)), HasSubstr("spatial = 0"));
}

TEST(Import, LocalResponseNormalisationNamesTheWayOut) {
  const std::string error = error_of(single(13, [](OnnxBuilder& b) {
    set_attribute(b.node("LRN", "n", {"image"}), "size", std::int64_t{5});
  }));
  EXPECT_THAT(error, HasSubstr("node 'n' (LRN): local response normalisation is not supported"));
  EXPECT_THAT(error, HasSubstr("train the network without it, or with batch normalisation"));
}

}  // namespace
}  // namespace reshift
