// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Weights in the tiles of other formats are the same weights.
#include "compile/weight_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/error.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

isa::Hardware hardware(int weight_format) {
  return {.name = "core",
          .m = 4,
          .c = 4,
          .p = 3,
          .act_w = 8,
          .weight_format = weight_format,
          .mult_w = 16};
}

QOp convolution(const std::vector<int>& weights) {
  QOp op;
  op.name = "conv";
  op.term_values.assign(weights.begin(), weights.end());
  op.params = {{100, 3, 7}};
  return op;
}

TEST(WeightFormat, DigitsOfFourBitsTakeOneTile) {
  QOp op = convolution({-8, 7, 0});
  ASSERT_EQ(to_format(hardware(kDigits), op), "");
  EXPECT_EQ(op.terms, 1);
  EXPECT_THAT(op.term_values, ElementsAre(-8, 7, 0));
}

TEST(WeightFormat, DigitsOfEightBitsTakeTwo) {
  QOp op = convolution({-128, 127, 8, -1});
  ASSERT_EQ(to_format(hardware(kDigits), op), "");
  EXPECT_EQ(op.terms, 2);
  EXPECT_THAT(op.term_values, ElementsAre(0, -128, -1, 128, -8, 16, -1, 0));
}

TEST(WeightFormat, TheSumsStay) {
  std::mt19937_64 random(1);
  for (const int format : {kDigits, 128 + 8, 128 + 6}) {
    for (const int largest : {7, 100, 128, 200, 400}) {
      std::vector<int> weights(200);
      for (int& w : weights) w = static_cast<int>(random() % (2 * largest + 1)) - largest;
      weights[0] = largest;
      QOp op = convolution(weights);
      ASSERT_EQ(to_format(hardware(format), op), "");
      for (std::size_t i = 0; i < weights.size(); ++i) ASSERT_EQ(op.weight(i), weights[i]);
      for (std::size_t i = 0; i < op.term_values.size(); ++i) {
        const int term = op.term_values[i];
        ASSERT_TRUE(term_fits(term, format)) << term;
        const bool upper = i % static_cast<std::size_t>(op.terms) != 0;
        ASSERT_TRUE(format != kDigits || (upper ? term % kPlane == 0 : weight_fits(term, kDigits)));
      }
    }
  }
}

// A weight of one is none of the half-octaves: everything twice as large is the same.
TEST(WeightFormat, HalfOctavesDoubleWhatHasOnes) {
  QOp op = convolution({1, -2, 8, 0});
  ASSERT_EQ(to_format(hardware(kHalfOctave), op), "");
  EXPECT_THAT(op.term_values, ElementsAre(2, -4, 16, 0));
  EXPECT_EQ(op.params[0], (ChannelParams{200, 3, 8}));
  QOp as_it_is = convolution({2, -3, 12});
  ASSERT_EQ(to_format(hardware(kHalfOctave), as_it_is), "");
  EXPECT_THAT(as_it_is.term_values, ElementsAre(2, -3, 12));
}

TEST(WeightFormat, HalfOctavesOfTwoPowersTakeOneTile) {
  QOp op = convolution({2, 1, -8, -4, 0, 0, 16, 0});
  op.terms = 2;
  ASSERT_EQ(to_format(hardware(kHalfOctave), op), "");
  EXPECT_EQ(op.terms, 1);
  EXPECT_THAT(op.term_values, ElementsAre(3, -12, 0, 16));
  QOp two_tiles = convolution({4, 1});
  two_tiles.terms = 2;
  ASSERT_EQ(to_format(hardware(kHalfOctave), two_tiles), "");
  EXPECT_EQ(two_tiles.terms, 2);
  EXPECT_THAT(two_tiles.term_values, ElementsAre(8, 2));
}

TEST(WeightFormat, WhatDoesNotFitIsNamed) {
  QOp op = convolution({1, 64});
  EXPECT_THAT(to_format(hardware(kHalfOctave), op), HasSubstr("the term 64"));
  op = convolution({3});
  EXPECT_THAT(to_format(hardware(7), op), HasSubstr("the term 3"));
  op = convolution({16384});
  EXPECT_THAT(to_format(hardware(kDigits), op), HasSubstr("tiles each"));
  QNet net;
  net.name = "net";
  net.ops = {convolution({64}), convolution({3})};
  try {
    in_format(hardware(7), net);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("operation conv: the term 3"));
  }
}

}  // namespace
}  // namespace reshift
