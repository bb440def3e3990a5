// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/npy.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/mutations.hpp"
#include "data/npy_testing.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

std::string refused(const Bytes& bytes) {
  try {
    parse_npy("a.npy", bytes);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Npy, ReadsWhatNumpyWrites) {
  for (const int version : {1, 2, 3}) {
    const NpyArray a = parse_npy("a", saved_npy<float>(kNpyFloats, {0.5, -1, 2, 3, 4, 5}, version));
    EXPECT_THAT(a.shape, ElementsAre(2, 3));
    EXPECT_THAT(a.values, ElementsAre(0.5, -1, 2, 3, 4, 5));
  }
  const NpyArray labels =
      parse_npy("a", saved_npy<std::int64_t>(
                         "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", {7, -9}));
  EXPECT_THAT(labels.shape, ElementsAre(2));
  EXPECT_THAT(labels.values, ElementsAre(7, -9));
  const NpyArray bytes = parse_npy(
      "a",
      saved_npy<std::uint8_t>("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", {200}));
  EXPECT_THAT(bytes.shape, ElementsAre());
  EXPECT_THAT(bytes.values, ElementsAre(200));
}

TEST(Npy, NamesWhatIsWrong) {
  const std::vector<float> six{1, 2, 3, 4, 5, 6};
  EXPECT_THAT(refused({1, 2, 3}), HasSubstr("a.npy: not a NumPy file"));
  EXPECT_THAT(refused(saved_npy<float>(kNpyFloats, {1, 2, 3})), HasSubstr("truncated"));
  EXPECT_THAT(refused(saved_npy<float>(kNpyFloats, {1, 2, 3, 4, 5, 6, 7})), HasSubstr("damaged"));
  EXPECT_THAT(refused(saved_npy(kNpyFloats, six, 4)), HasSubstr("version 4"));
  EXPECT_THAT(refused(saved_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", six)),
              HasSubstr("numpy.ascontiguousarray"));
  EXPECT_THAT(refused(saved_npy("{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", six)),
              HasSubstr("type <c8"));
  EXPECT_THAT(refused(saved_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, "
                                "99999999999), }",
                                six)),
              HasSubstr("shape"));
  EXPECT_THAT(refused(saved_npy("{'descr': [('a', '<f4')], 'fortran_order': False}", six)),
              HasSubstr("not the header"));
}

TEST(Npy, SurvivesDamage) {
  read_damaged(saved_npy<float>(kNpyFloats, {1, 2, 3, 4, 5, 6}),
               [](const Bytes& bytes) { parse_npy("a.npy", bytes); });
}

TEST(Npy, WritesRows) {
  const std::string path = testing::TempDir() + "rows.npy";
  NpyWriter writer(path, "<f4", 2, {3});
  writer.add(std::vector<float>{0.5, -1, 2});
  writer.add(std::vector<float>{3, 4, 5});
  writer.close();
  const Bytes bytes = read_file(path);
  EXPECT_EQ(bytes.size() % 64, 2 * 3 * sizeof(float));
  const NpyArray a = parse_npy(path, bytes);
  EXPECT_THAT(a.shape, ElementsAre(2, 3));
  EXPECT_THAT(a.values, ElementsAre(0.5, -1, 2, 3, 4, 5));

  EXPECT_THROW(NpyWriter(path, "<i2", 1, {}).close(), Error);  // a row is missing
  EXPECT_EQ(read_file(path), bytes);                           // and the file is as it was
  NpyWriter codes(path, "<i2", 1, {});
  codes.add(std::vector<std::int16_t>{-3});
  EXPECT_THROW(codes.add(std::vector<std::int16_t>{4}), Error);
  codes.close();
  EXPECT_THAT(parse_npy(path, read_file(path)).values, ElementsAre(-3));
  EXPECT_THROW(NpyWriter("/nowhere/a.npy", "<f4", 1, {}), Error);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace reshift
