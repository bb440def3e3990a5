// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/decoded_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift::golden {
namespace {

using ::testing::HasSubstr;

const isa::Hardware& kHw = find_hardware("4x4x3");

isa::Init init() {
  isa::Init d;
  d.m = kHw.m;
  d.c = kHw.c;
  d.p = kHw.p;
  d.act_w = kHw.act_w;
  d.weight_format = kHw.weight_format;
  d.mult_w = kHw.mult_w;
  return d;
}

/// What decoding a program of these descriptors, with an `end` after them, says.
template <typename... Descriptors>
std::string error(const Descriptors&... descriptors) {
  std::vector<std::uint8_t> image;
  for (const isa::Descriptor& words : {isa::encode(descriptors)..., isa::encode(isa::End{})}) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
    image.insert(image.end(), bytes, bytes + sizeof words);
  }
  try {
    decode_program(kHw, image);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(DecodedProgram, OfAnotherContractIsRefusedByNumber) {
  EXPECT_EQ(error(init()), "the program does nothing");
  isa::Init d = init();
  d.version = isa::kVersion - 1;
  EXPECT_EQ(error(d), fmt::format("descriptor 0: init.version is {}, the core has {}",
                                  isa::kVersion - 1, isa::kVersion));
}

TEST(DecodedProgram, OfAnotherCoreIsRefused) {
  isa::Init d = init();
  d.p = 8;
  EXPECT_THAT(error(d), HasSubstr("init.p is 8, the core has 3"));
  d = init();
  d.fb_depth = kHw.fb_depth + 1;
  EXPECT_THAT(error(d), HasSubstr("init.fb_depth"));
}

TEST(DecodedProgram, GroupsBelowTheRasterAreRefused) {
  isa::Exec x;
  x.uops = x.m_blocks = x.in_height = x.in_width = x.dst_words = 1;
  x.pitch = x.out_width = 5;
  x.out_height = 3;
  const auto groups = [&](std::int64_t count, bool polyphase) {
    x.groups = count;
    x.dst_polyphase = polyphase;
    return error(init(), x);
  };
  EXPECT_EQ(groups(5, false), "");
  EXPECT_EQ(groups(6, false), "descriptor 1: 6 pixel groups, the raster has 5");
  EXPECT_EQ(groups(7, true), "");
  EXPECT_EQ(groups(8, true), "descriptor 1: 8 pixel groups, the raster has 7");
}

}  // namespace
}  // namespace reshift::golden
