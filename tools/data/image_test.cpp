// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/mutations.hpp"
#include "base/shared_testing.hpp"
#include "data/picture_testing.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& bytes) {
  try {
    decode_image("a", as_bytes(bytes));
  } catch (const DamagedImage& e) {
    return e.what();
  }
  return "no error";
}

/// A smooth image, which JPEG keeps nearly as it is.
Image smooth_image(int height, int width, int channels) {
  Image image = noise_image(height, width, channels);
  for (int i = 0; i < height * width * channels; ++i) {
    const int x = i / channels % width, y = i / channels / width, c = i % channels;
    image.pixels[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(40 + 3 * x + 2 * y + 20 * c);
  }
  return image;
}

TEST(DecodeImage, PngKeepsEveryPixel) {
  const Image colour = noise_image(11, 7, 3), grey = noise_image(11, 7, 1);
  const Image read = decode_image("name", as_bytes(encode_png(colour)));
  EXPECT_EQ(read.pixels, colour.pixels);
  EXPECT_EQ(read.height, 11);
  EXPECT_EQ(read.width, 7);
  EXPECT_EQ(read.name, "name");
  const Image from_grey = decode_image("", as_bytes(encode_png(grey)));
  for (std::size_t i = 0; i < from_grey.pixels.size(); ++i) {
    ASSERT_EQ(from_grey.pixels[i], grey.pixels[i / 3]);
  }
}

TEST(DecodeImage, JpegIsClose) {
  for (const int channels : {1, 3}) {
    for (const bool progressive : {false, true}) {
      const Image image = smooth_image(24, 33, channels);
      const Image read = decode_image("", as_bytes(encode_jpeg(image, progressive)));
      ASSERT_EQ(read.pixels.size(), 24u * 33 * 3);
      for (std::size_t i = 0; i < read.pixels.size(); ++i) {
        const std::size_t from = channels == 3 ? i : i / 3;
        ASSERT_NEAR(read.pixels[i], image.pixels[from], 8) << i;
      }
    }
  }
}

TEST(DecodeImage, BytesBehindTheEndAreNoDamage) {
  const std::string behind(5000, 'x');
  for (const std::string& bytes :
       {encode_jpeg(noise_image(9, 9, 3)), encode_png(noise_image(9, 9, 3))}) {
    EXPECT_EQ(decode_image("", as_bytes(bytes + behind)).pixels,
              decode_image("", as_bytes(bytes)).pixels);
  }
}

TEST(DecodeImage, EveryCutIsRefusedBeforeTheEnd) {
  for (const std::string& bytes :
       {encode_jpeg(noise_image(20, 30, 3)), encode_jpeg(noise_image(20, 30, 3), true),
        encode_png(noise_image(20, 30, 3))}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_NE(error_of(bytes.substr(0, size)), "no error") << size << " of " << bytes.size();
    }
  }
}

TEST(DecodeImage, EveryDamage) {
  for (const std::string& bytes :
       {encode_jpeg(noise_image(6, 7, 3)), encode_jpeg(noise_image(6, 7, 1), true),
        encode_png(noise_image(6, 7, 3)), encode_png(noise_image(6, 7, 1))}) {
    read_damaged(as_bytes(bytes), [](const auto& damaged) { decode_image("a", damaged); });
  }
}

TEST(DecodeImage, OtherFormatsAreRefusedByName) {
  EXPECT_THAT(error_of("GIF89a........"),
              HasSubstr("a: truncated, or neither JPEG nor PNG: a GIF"));
  EXPECT_THAT(error_of(std::string("\0\0\0\x0CjP  \r\n", 10)), HasSubstr("a JPEG 2000 image"));
  EXPECT_THAT(error_of(std::string("II*\0aaaa", 8)), HasSubstr("a TIFF image"));
  EXPECT_THAT(error_of("BM123456"), HasSubstr("a BMP image"));
  EXPECT_THAT(error_of(""), HasSubstr("an empty file"));
}

/// A header of a PNG of this size, its checksum as the format wants it.
std::string png_header(std::uint32_t width, std::uint32_t height) {
  std::string chunk = "IHDR";
  for (const std::uint32_t value : {width, height}) {
    for (int shift = 24; shift >= 0; shift -= 8) chunk += static_cast<char>(value >> shift);
  }
  chunk += std::string("\x08\x02\0\0\0", 5);
  const std::uint32_t checksum = crc32(as_bytes(chunk));
  for (int shift = 24; shift >= 0; shift -= 8) chunk += static_cast<char>(checksum >> shift);
  return std::string("\x89PNG\r\n\x1A\n\0\0\0\x0D", 12) + chunk + std::string("\0\0\0\0IDAT", 8);
}

TEST(DecodeImage, HugeOnesAreRefusedBeforeTheyTakeMemory) {
  EXPECT_THAT(error_of(png_header(50000, 50000)), HasSubstr("50000x50000 pixels"));
  EXPECT_THAT(error_of(png_header(1000000, 34)), HasSubstr("too many"));
  EXPECT_THAT(error_of(png_header(100, 100)), HasSubstr("damaged or truncated"));
  std::string jpeg = encode_jpeg(noise_image(8, 8, 1));
  const auto frame = jpeg.find("\xFF\xC0");
  for (std::size_t i = 5; i < 9; ++i) jpeg[frame + i] = '\xFD';
  EXPECT_THAT(error_of(jpeg), HasSubstr("65021x65021 pixels"));
}

TEST(DecodeImage, CasesOfOthers) {
  const auto folder = shared_folder("cases");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const Image image = decode_image("", read_file((folder / "trailing_5000.jpg").string()));
  EXPECT_GT(image.pixels.size(), 0u);
  EXPECT_THROW(decode_image("", read_file((folder / "truncated_with_thumbnail.jpg").string())),
               DamagedImage);
}

}  // namespace
}  // namespace reshift
