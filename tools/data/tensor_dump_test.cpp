// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/tensor_dump.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_fields.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;

NpyArray array(const std::string& path) { return parse_npy(path, read_file(path)); }

TEST(TensorDump, WritesValuesCodesAndAnIndex) {
  const std::string folder = testing::TempDir() + "dump";
  TensorDump dump(folder, {{"box/score:0", {2}}, {"map", {1, 1, 2}, 0.5, -3}}, 2);
  for (const float f : {1.0f, 2.0f}) {
    dump.add_values(0, std::vector<float>{f, -f});
    dump.add_codes(1, std::vector<std::int32_t>{-3, static_cast<std::int32_t>(f)});
  }
  dump.close();
  const NpyArray values = array(folder + "/box_score_0.npy");
  EXPECT_THAT(values.shape, ElementsAre(2, 2));
  EXPECT_THAT(values.values, ElementsAre(1, -1, 2, -2));
  EXPECT_THAT(array(folder + "/map.codes.npy").values, ElementsAre(-3, 1, -3, 2));
  EXPECT_THAT(array(folder + "/map.npy").shape, ElementsAre(2, 1, 1, 2));
  EXPECT_THAT(array(folder + "/map.npy").values, ElementsAre(0, 2, 0, 2.5));
  const auto index = read_json(folder + "/index.json");
  EXPECT_EQ(index.at(0).at("name"), "box/score:0");
  EXPECT_EQ(index.at(0).at("values"), "box_score_0.npy");
  EXPECT_EQ(index.at(1).at("codes"), "map.codes.npy");
  EXPECT_EQ(index.at(1).at("zero"), -3);
  std::filesystem::remove_all(folder);
}

TEST(TensorDump, RefusesWhatItCannotWrite) {
  const std::string folder = testing::TempDir() + "dump_refused";
  EXPECT_THROW(TensorDump(folder, {{"a/b", {1}}, {"a:b", {1}}}, 1), Error);
  EXPECT_THROW(TensorDump("/dev/null/folder", {{"a", {1}}}, 1), Error);
  TensorDump dump(folder, {{"a", {1}}}, 2);
  dump.add_values(0, std::vector<float>{1});
  EXPECT_THROW(dump.close(), Error);  // the second input is missing
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace reshift
