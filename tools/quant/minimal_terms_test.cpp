// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/minimal_terms.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace reshift {
namespace {

/// Non-zero digits of the non-adjacent form, which no signed binary number has fewer of.
int digits(int value) {
  int count = 0;
  for (; value != 0; value /= 2) {
    if (value % 2 == 0) continue;
    const int digit = std::abs(value) % 4 == 1 ? 1 : -1;
    value -= value < 0 ? -digit : digit;
    ++count;
  }
  return count;
}

TEST(MinimalTerms, HaveAsManyAsTheNonAdjacentForm) {
  const MinimalTerms minimal(9, 255);
  for (int value = -255; value <= 255; ++value) {
    EXPECT_EQ(minimal.count(value), digits(value)) << value;
  }
}

TEST(MinimalTerms, AddUpToTheValueWithExponentsBelowTheLimit) {
  const MinimalTerms minimal(7, 320);
  for (int value = -320; value <= 320; ++value) {
    std::vector<std::int16_t> terms;
    minimal.append(value, 8, terms);
    ASSERT_EQ(terms.size(), 8u);
    int sum = 0;
    for (const int term : terms) {
      EXPECT_TRUE(term == 0 ||
                  ((std::abs(term) & (std::abs(term) - 1)) == 0 && std::abs(term) <= 64));
      sum += term;
    }
    EXPECT_EQ(sum, value);
  }
  EXPECT_EQ(minimal.count(-128), 2);  // -64 - 64
  EXPECT_EQ(minimal.count(127), 3);   // 64 + 64 - 1
}

}  // namespace
}  // namespace reshift
