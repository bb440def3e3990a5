// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/resize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/container.hpp"
#include "data/picture_testing.hpp"

namespace reshift {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

TEST(Resize, SmallOnesByHand) {
  const Image row{1, 4, 1, {0, 100, 200, 40}, -1, ""};
  EXPECT_THAT(shrink(row, 1, 2).pixels, ElementsAre(50, 120));
  // Thirds of 4/3 pixels: (0 + 100/3) / (4/3), (100 * 2/3 + 200 * 2/3) / (4/3), (200/3 + 40) /
  // (4/3)
  EXPECT_THAT(shrink(row, 1, 3).pixels, ElementsAre(25, 150, 80));
  // Centres at -0.25, 0.25, 0.75, 1.25 ... of the pixels; beyond the edges the edge goes on.
  EXPECT_THAT(interpolate(row, 1, 8).pixels, ElementsAre(0, 25, 75, 125, 175, 160, 80, 40));
  EXPECT_EQ(interpolate(row, 1, 4).pixels, row.pixels);
}

TEST(Resize, FlatImagesStayFlat) {
  for (const int value : {0, 1, 127, 254, 255}) {
    Image image = noise_image(37, 53, 3);
    for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(value);
    EXPECT_THAT(shrink(image, 20, 29).pixels, Each(value));
    EXPECT_THAT(shrink(image, 37, 53).pixels, Each(value));
    EXPECT_THAT(interpolate(image, 90, 60).pixels, Each(value));
  }
}

TEST(Resize, AsOpenCv) {
  // CRC-32 of what cv::resize of OpenCV 4.6.0 makes of the same noise, INTER_AREA for smaller
  // images and INTER_LINEAR for larger ones.
  struct Case {
    int height, width, channels, to_height, to_width;
    std::uint32_t expected;
  };
  for (const Case& c : std::initializer_list<Case>{{61, 47, 3, 26, 20, 0xb8f6f10d},
                                                   {61, 47, 1, 26, 20, 0x019d631a},
                                                   {60, 40, 3, 30, 20, 0x5613de1f},
                                                   {60, 30, 3, 20, 10, 0x24544037},
                                                   {60, 30, 1, 20, 10, 0x67f312bb},
                                                   {227, 227, 3, 128, 128, 0x90741def},
                                                   {60, 40, 3, 45, 30, 0x93262e93},
                                                   {10, 7, 3, 33, 23, 0xaa5c18ea},
                                                   {10, 7, 1, 33, 23, 0xdca2284c},
                                                   {1, 1, 3, 5, 5, 0x9f789f9f}}) {
    const Image image = noise_image(c.height, c.width, c.channels);
    const Image result =
        (c.to_height < c.height ? shrink : interpolate)(image, c.to_height, c.to_width);
    EXPECT_EQ(crc32(result.pixels), c.expected) << c.height << "x" << c.width;
    EXPECT_EQ(result.height, c.to_height);
    EXPECT_EQ(result.width, c.to_width);
    EXPECT_EQ(result.channels, c.channels);
  }
}

}  // namespace
}  // namespace reshift
