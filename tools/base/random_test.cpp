// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include <gtest/gtest.h>

namespace reshift {
namespace {

TEST(PortableRandom, QuickNormalHasMeanZeroAndVarianceOne) {
  PortableRandom random(5);
  constexpr int kCount = 1'000'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double v = random.quick_normal();
    sum += v;
    squares += v * v;
  }
  // Five standard deviations of the estimates, 1 / 1000 and at most sqrt(2) / 1000.
  EXPECT_NEAR(sum / kCount, 0, 0.005);
  EXPECT_NEAR(squares / kCount, 1, 0.007);
}

}  // namespace
}  // namespace reshift
