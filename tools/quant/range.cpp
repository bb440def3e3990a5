// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/range.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "base/parallel.hpp"

namespace reshift {
namespace {

/// Evenly spaced values of all tensors, some hundred thousand at most.
std::vector<float> sample(const std::vector<std::vector<float>>& tensors) {
  constexpr std::size_t kMostValues = 200000;
  std::size_t total = 0;
  for (const auto& t : tensors) total += t.size();
  // An odd stride walks through all positions of an image.
  const std::size_t stride = std::max<std::size_t>(1, total / kMostValues) | 1;
  std::vector<float> values;
  std::size_t skip = 0;
  for (const auto& t : tensors) {
    for (; skip < t.size(); skip += stride) values.push_back(t[skip]);
    skip -= t.size();
  }
  return values;
}

double squared_error(const std::vector<float>& values, const Range& range, int steps) {
  const float scale = static_cast<float>((range.high - range.low) / steps);
  const float low = static_cast<float>(range.low), inverse = 1 / scale,
              most = static_cast<float>(steps);
  double sum = 0;
  for (const float v : values) {
    // Rounds half up like std::round, which is a call: just below a half, so that what is just
    // below a half stays below one.
    const float code = std::trunc(std::clamp((v - low) * inverse, 0.0f, most) + 0x1.fffffep-2f);
    const float error = v - low - code * scale;
    sum += error * error;
  }
  return sum;
}

}  // namespace

Range full_range(const std::vector<std::vector<float>>& tensors) {
  Range full{0, 0};
  for (const auto& t : tensors) {
    for (const float v : t) {
      full.low = std::min<double>(full.low, v);
      full.high = std::max<double>(full.high, v);
    }
  }
  return full.low == full.high ? Range{} : full;
}

Range best_range(const std::vector<std::vector<float>>& tensors, int steps) {
  const std::vector<float> values = sample(tensors);
  const Range full = full_range(tensors);
  // One end after the other, down to a fifth of its extent.
  constexpr int kFractions = 60;
  Range best = full;
  double least = squared_error(values, best, steps);
  for (double Range::*end : {&Range::high, &Range::low}) {
    if (full.*end == 0) continue;
    constexpr int kTrials = kFractions - kFractions / 5 + 1;
    std::array<Range, kTrials> trials;
    std::array<double, kTrials> errors;
    parallel_for(kTrials, [&](std::size_t i) {
      trials[i] = best;
      trials[i].*end = full.*end * (kFractions - static_cast<int>(i)) / kFractions;
      errors[i] = squared_error(values, trials[i], steps);
    });
    for (std::size_t i = 0; i < kTrials; ++i) {
      if (errors[i] < least) {
        least = errors[i];
        best = trials[i];
      }
    }
  }
  return best;
}

Range score_range(const std::vector<std::vector<float>>& tensors) {
  constexpr std::size_t kPlaces = 5;
  std::vector<float> fifth;
  double highest = 0;
  for (auto scores : tensors) {
    const std::size_t place = std::min(kPlaces, scores.size()) - 1;
    std::nth_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(place),
                     scores.end(), std::greater<>());
    fifth.push_back(scores[place]);
    highest = std::max<double>(highest, *std::max_element(scores.begin(), scores.end()));
  }
  // All but the lowest hundredth of the images.
  const auto at = fifth.begin() + static_cast<std::ptrdiff_t>(fifth.size() / 100);
  std::nth_element(fifth.begin(), at, fifth.end());
  const double low = std::min<double>(*at, 0);
  // Other images go higher; where two classes are cut nothing tells them apart.
  constexpr double kHeadroom = 1.1;
  return highest > low ? Range{low, std::max(highest, highest * kHeadroom)} : Range{0, 1};
}

}  // namespace reshift
