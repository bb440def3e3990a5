// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/import.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

TEST(Import, DamagedFiles) {
  const std::string good = single(13, [](OnnxBuilder& b) {
    b.node("Conv", "c", {"image", b.constant("w", {4, 2, 3, 3}, ramp(72))});
    b.node("Relu", "n", {"c"});
  });
  EXPECT_EQ(error_of(good), "no error");
  EXPECT_THAT(error_of(""),
              HasSubstr("unknown format: only TensorFlow Lite and ONNX files can be imported"));
  EXPECT_THAT(error_of("this is a text and no network at all"), HasSubstr("ONNX"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error_of(good.substr(0, size)), "no error") << "the first " << size << " bytes";
  }
}

TEST(Import, OtherFormatsAreNamed) {
  const std::string rest(64, '\0');
  EXPECT_THAT(error_of("\x89HDF\r\n\x1a\n" + rest),
              HasSubstr("a HDF5 (Keras) file, which cannot be imported, only TensorFlow Lite and "
                        "ONNX files can"));
  EXPECT_THAT(error_of("PK\x03\x04" + rest), HasSubstr("a ZIP (PyTorch, Keras) file"));
  EXPECT_THAT(error_of("RSHIFT\r\n" + rest), HasSubstr("a ReShift file"));
  EXPECT_THAT(error_of(rest), HasSubstr("unknown format"));
}

TEST(Import, CompressedFile) {
  const std::string plain = single(13, [](OnnxBuilder& b) { b.node("Relu", "n", {"image"}); });
  std::string packed(plain.size() + 1024, 0);
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_add_filter_xz(a);
  archive_write_set_format_raw(a);
  archive_write_open_memory(a, packed.data(), packed.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, plain.data(), plain.size());
  archive_entry_free(entry);
  archive_write_free(a);
  packed.resize(used);
  EXPECT_EQ(import(packed).nodes.size(), import(plain).nodes.size());
  EXPECT_THAT(error_of(packed.substr(0, used / 2)), HasSubstr("damaged or truncated"));
}

}  // namespace
}  // namespace reshift
