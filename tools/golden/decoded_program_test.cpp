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

/// What decoding `init` with an `end` after it says.
std::string error(const isa::Init& d) {
  std::vector<std::uint8_t> image;
  for (const isa::Descriptor& words : {isa::encode(d), isa::encode(isa::End{})}) {
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

}  // namespace
}  // namespace reshift::golden
