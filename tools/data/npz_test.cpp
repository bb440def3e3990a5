// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/npz.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "base/mutations.hpp"
#include "data/archive_testing.hpp"
#include "data/npy_testing.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// An archive as numpy.savez writes it, or numpy.savez_compressed.
Bytes npz(const std::vector<std::string>& names, bool compressed) {
  ArchiveWriter writer(ARCHIVE_FILTER_NONE, archive_write_set_format_zip,
                       compressed ? "compression=deflate" : "compression=store");
  float first = 1;
  for (const std::string& name : names) {
    const Bytes array = saved_npy<float>(kNpyFloats, {first, 2, 3, 4, 5, 6});
    writer.add(name, as_text(array));
    ++first;
  }
  return writer.finish();
}

std::string error_of(const Bytes& bytes, const std::string& wanted) {
  try {
    parse_npz("a.npz", bytes, wanted);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Npz, TheOnlyArray) {
  for (const bool compressed : {false, true}) {
    const Bytes file = npz({"arr_0.npy"}, compressed);
    EXPECT_TRUE(is_zip(file));
    const NpyArray array = parse_npz("a.npz", file, "image");
    EXPECT_THAT(array.shape, ElementsAre(2, 3));
    EXPECT_THAT(array.values, ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

TEST(Npz, TheArrayOfTheInputsName) {
  const Bytes file = npz({"labels.npy", "image:0.npy", "notes.txt"}, true);
  EXPECT_EQ(parse_npz("a.npz", file, "image:0").values[0], 2);
  EXPECT_THAT(error_of(file, "x"), HasSubstr("a.npz: it has the arrays labels, image:0; save one"));
}

TEST(Npz, NamesWhatIsWrong) {
  EXPECT_THAT(error_of(npz({"picture.png"}, false), "x"), HasSubstr("without arrays"));
  Bytes file = npz({"a.npy"}, false);
  file[file.size() / 2] ^= 1;
  EXPECT_THAT(error_of(file, "a"), HasSubstr("a.npz"));
  file = npz({"a.npy"}, true);
  file.resize(file.size() / 2);
  EXPECT_THAT(error_of(file, "a"), HasSubstr("damaged or truncated"));
}

TEST(Npz, SurvivesDamage) {
  for (const bool compressed : {false, true}) {
    read_damaged(npz({"a.npy", "b.npy"}, compressed),
                 [](const Bytes& bytes) { parse_npz("a.npz", bytes, "a"); });
  }
}

}  // namespace
}  // namespace reshift
