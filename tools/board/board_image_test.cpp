// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/board_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/container.hpp"
#include "base/error.hpp"
#include "compile/compile.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::uint64_t word(const BoardImage& image, std::size_t address) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | image.bytes.at(address + i);
  return value;
}

/// The first random network with a vector of scores, or without.
Program program(bool classifier) {
  for (std::uint64_t seed = 1;; ++seed) {
    const QNet net = random_qnet(seed);
    const QTensor& output = net.scores();
    if ((output.height == 1 && output.width == 1) == classifier) {
      return compile(find_hardware("4x4x3"), net, {});
    }
  }
}

TEST(BoardImage, SaysWhereThingsAre) {
  const Program p = program(true);
  const BoardImage image = make_board_image(p);
  EXPECT_EQ(word(image, 0) & 0xFFFFFFFF, 0x31425352u);
  EXPECT_EQ(word(image, 0) >> 32, 4 * image.registers.size() + image.classes + 2);
  EXPECT_EQ(word(image, 8) & 0xFFFFFFFF, image.in_base);
  EXPECT_EQ(word(image, 8) >> 32, static_cast<std::uint64_t>(p.in_stride));
  EXPECT_EQ(word(image, 16) & 0xFFFFFFFF, crc32(p.image));
  EXPECT_EQ(word(image, 24), static_cast<std::uint64_t>(p.output().layout.channels));
  EXPECT_TRUE(std::equal(p.image.begin(), p.image.end(), image.bytes.begin() + 512));
  EXPECT_EQ(image.in_base % 64, 0u);
  EXPECT_GE(image.in_base, 512 + p.image.size());
  EXPECT_GE(image.memory_bytes, image.in_base + p.in_stride + p.out_stride);

  // The steps: start before wait before everything that is answered, end last.
  std::string order;
  for (std::size_t at = 32; at < image.head_bytes; at += 8) {
    order += static_cast<char>('0' + (word(image, at) >> 60));
  }
  EXPECT_EQ(order, std::string(14, '1') + "2" + std::string(image.registers.size(), '3') + "1450");
  EXPECT_EQ(image.head_bytes, 32 + 8 * order.size());
}

TEST(BoardImage, OnlyClassifiers) {
  const Program p = program(false);
  EXPECT_THAT([&] { make_board_image(p); }, ThrowsMessage<Error>(HasSubstr("score of 8 bits")));
}

TEST(BoardImage, AFileABank) {
  BoardImage image;
  image.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  image.memory_bytes = 32;
  EXPECT_EQ(board_image_hex(image, 2, 2),
            (std::vector<std::string>{"0807060504030201\n0000000000000009\n",
                                      "0000000000000000\n0000000000000000\n"}));
  image.memory_bytes = 33;
  EXPECT_THAT([&] { board_image_hex(image, 2, 2); },
              ThrowsMessage<Error>(HasSubstr("needs 33 bytes of memory, 2 banks of 16 have 32")));
}

}  // namespace
}  // namespace reshift
