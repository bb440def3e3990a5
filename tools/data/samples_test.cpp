// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/samples.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "base/error.hpp"
#include "base/mutations.hpp"
#include "data/archive_testing.hpp"
#include "data/npy.hpp"
#include "data/npy_testing.hpp"

namespace reshift {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class SamplesTest : public testing::Test {
 protected:
  std::string path(const std::string& name) { return (folder_ / name).string(); }
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string array(const std::string& name, std::size_t rows, std::vector<std::size_t> shape,
                    const std::vector<float>& values) {
    NpyWriter writer(path(name), "<f4", rows, shape);
    writer.add(values);
    writer.close();
    return path(name);
  }
  std::string text(const std::string& name, const std::string& content) {
    std::ofstream(path(name)) << content;
    return path(name);
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

std::string error_of(const std::string& data, const std::string& labels, const InputShape& shape) {
  try {
    open_samples(data, labels, {}, shape);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST_F(SamplesTest, TheArrayOfAnArchive) {
  ArchiveWriter writer(ARCHIVE_FILTER_NONE, archive_write_set_format_zip, "compression=deflate");
  for (const float first : {1.0f, 7.0f}) {
    const Bytes array = saved_npy<float>(kNpyFloats, {first, 2, 3, 4, 5, 6});
    writer.add(first == 1 ? "other.npy" : "image.npy", as_text(array));
  }
  const Bytes file = writer.finish();
  text("x.npz", std::string(as_text(file)));
  const auto samples = open_samples(path("x.npz"), "", {}, {3, 1, 1, "image"});
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_THAT(samples->get(0).values, ElementsAre(7, 2, 3));
}

TEST_F(SamplesTest, RowsOfAnArray) {
  const auto data = array("x.npy", 2, {1, 2, 2}, {1, 2, 3, 4, -5, 6, 7, 8});
  const auto samples = open_samples(data, "", {}, {1, 2, 2});
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_THAT(samples->get(1).values, ElementsAre(-5, 6, 7, 8));  // as they are
  EXPECT_EQ(samples->get(1).label, -1);
  EXPECT_THROW(samples->get(2), Error);
  // Channels last, seen by the shape.
  const auto last = array("last.npy", 1, {2, 1, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(open_samples(last, "", {}, {3, 2, 1})->get(0).values, ElementsAre(1, 4, 2, 5, 3, 6));
  // Of the same number of values, whatever their shape.
  EXPECT_EQ(open_samples(data, "", {}, {4, 1, 1})->size(), 2u);
  EXPECT_THAT(error_of(data, "", {1, 2, 3}), HasSubstr("rows of 1x2x3 values, batch first"));
}

TEST_F(SamplesTest, LabelsOfAnArray) {
  const auto data = array("x.npy", 2, {2}, {1, 2, 3, 4});
  for (const auto& labels :
       {array("y.npy", 2, {}, {7, 9}), text("y.txt", "7\n9\n"), text("n.txt", "a 7\r\nb\t9\r\n")}) {
    const auto samples = open_samples(data, labels, {}, {2, 1, 1});
    EXPECT_EQ(samples->get(0).label, 7) << labels;
    EXPECT_EQ(samples->get(1).label, 9) << labels;
  }
  EXPECT_THAT(error_of(data, array("few.npy", 1, {}, {7}), {2, 1, 1}),
              HasSubstr("1 labels for the 2 rows"));
  EXPECT_THAT(error_of(data, array("bad.npy", 2, {}, {7, 0.5}), {2, 1, 1}),
              HasSubstr("0.5 is not a class"));
  EXPECT_THAT(error_of(data, array("wide.npy", 2, {1}, {7, 9}), {2, 1, 1}),
              HasSubstr("2 dimensions"));
}

/// Any size and number of channels; the same each time; as broad as pixels are.
TEST_F(SamplesTest, RandomOfTheNetworksOwnSize) {
  Preprocess preprocess;
  preprocess.scale = 1;
  for (const InputShape& shape :
       {InputShape{1, 49, 10}, InputShape{5, 7, 300}, InputShape{3, 1, 1}}) {
    const auto samples = open_samples("random", "", preprocess, shape);
    const Sample sample = samples->get(3);
    ASSERT_EQ(sample.values.size(), shape.size());
    EXPECT_EQ(sample.values, samples->get(3).values);
    EXPECT_NE(sample.values, samples->get(4).values);
    EXPECT_THAT(sample.values, Each(testing::AllOf(testing::Ge(0), testing::Le(255))));
    EXPECT_EQ(sample.label, -1);
  }
  const auto values = open_samples("random", "", preprocess, {3, 64, 64})->get(0).values;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / values.size();
  double square = 0;
  for (const float v : values) square += (v - mean) * (v - mean);
  EXPECT_GT(std::sqrt(square / values.size()), 30);
  EXPECT_THAT(error_of("random", "y.txt", {3, 4, 4}), HasSubstr("leave --labels out"));
}

}  // namespace
}  // namespace reshift
