// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/raw_tensor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RawTensor : public ::testing::Test {
 protected:
  RawTensor() { net_.tensors = {{"image", 2, 1, 2, 0.1, 0}}; }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string error() {
    try {
      read_raw_images(path_, net_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  QNet net_;
  std::string path_ = ::testing::TempDir() + "reshift_raw_tensor_test.raw";
};

TEST_F(RawTensor, ReadsImagesOfBytes) {
  write_file(path_, std::string("\x01\x02\xff\x80\x05\x06\x07\x7f", 8));
  EXPECT_THAT(read_raw_images(path_, net_),
              ElementsAre(ElementsAre(1, 2, -1, -128), ElementsAre(5, 6, 7, 127)));
}

TEST_F(RawTensor, ReadsWiderCodesLittleEndian) {
  net_.act_w = 12;
  write_file(path_, std::string("\x01\x02\xff\xff\x00\xf8\xff\x07", 8));
  EXPECT_THAT(read_raw_images(path_, net_), ElementsAre(ElementsAre(0x201, -1, -2048, 2047)));
  write_file(path_, std::string("\x01\x02\xff\xff\x00\x08\xff\x07", 8));
  EXPECT_THAT(error(), HasSubstr("the code 2048 at byte 4 has more than 12 bits"));
}

TEST_F(RawTensor, RefusesAnotherLength) {
  write_file(path_, "12345");
  EXPECT_THAT(error(), HasSubstr("5 bytes are no whole number of images of 2x1x2 codes"));
  write_file(path_, "");
  EXPECT_THAT(error(), HasSubstr("0 bytes"));
}

}  // namespace
}  // namespace reshift
