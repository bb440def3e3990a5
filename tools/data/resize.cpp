// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/resize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/integer.hpp"

// Both are defined to the bit, for calibration and accuracy must not depend on the machine: the
// order of the float additions is part of that, and this file is compiled without contraction.

namespace reshift {
namespace {

/// A pixel of the source along an axis and its weight in a pixel of the result.
struct Tap {
  std::size_t to, from;
  float weight;
};

/// What covers each of `out` pixels of an axis of `in` pixels, in order.
std::vector<Tap> area_taps(int in, int out) {
  constexpr double kLeast = 1e-3;  // of a pixel; less is left out
  const double scale = 1 / (static_cast<double>(out) / in);
  std::vector<Tap> taps;
  for (int to = 0; to < out; ++to) {
    const double begin = to * scale, end = begin + scale;
    const double width = std::min(scale, in - begin);
    const int last = std::min(static_cast<int>(std::floor(end)), in - 1);
    const int first = std::min(static_cast<int>(std::ceil(begin)), last);
    const auto add = [&](int from, double covered) {
      taps.push_back({index(to), index(from), static_cast<float>(covered / width)});
    };
    if (first - begin > kLeast) add(first - 1, first - begin);
    for (int from = first; from < last; ++from) add(from, 1);
    if (end - last > kLeast) add(last, std::min({end - last, 1.0, width}));
  }
  return taps;
}

std::uint8_t to_pixel(float value) {
  return static_cast<std::uint8_t>(std::clamp(std::nearbyint(value), 0.0f, 255.0f));
}

/// The whole number that an axis shrinks by, 0 when it is none.
int whole_scale(int in, int out) {
  const double scale = 1 / (static_cast<double>(out) / in);
  const double whole = std::nearbyint(scale);
  return std::abs(scale - whole) < std::numeric_limits<double>::epsilon() ? static_cast<int>(whole)
                                                                          : 0;
}

Image same_but(const Image& image, int height, int width) {
  Image result{height, width, image.channels, {}, image.label, image.name};
  result.pixels.resize(index(height) * index(width) * index(image.channels));
  return result;
}

/// Means of whole blocks of pixels.
Image shrink_blocks(const Image& image, int height, int width, int down, int across) {
  Image result = same_but(image, height, width);
  const std::size_t channels = index(image.channels), stride = index(image.width) * channels;
  const float share = 1.0f / static_cast<float>(down * across);
  auto to = result.pixels.begin();
  for (std::size_t y = 0; y < index(height); ++y) {
    for (std::size_t x = 0; x < index(width) * channels; ++x) {
      const std::size_t column = x / channels * index(across) * channels + x % channels;
      int sum = 0;
      for (std::size_t dy = 0; dy < index(down); ++dy) {
        const std::uint8_t* from = &image.pixels[(y * index(down) + dy) * stride + column];
        for (std::size_t dx = 0; dx < index(across); ++dx) sum += from[dx * channels];
      }
      // The mean of four rounds half up, all others half to even.
      *to++ = down == 2 && across == 2 ? static_cast<std::uint8_t>((sum + 2) >> 2)
                                       : to_pixel(static_cast<float>(sum) * share);
    }
  }
  return result;
}

/// For each pixel of an axis of the result: the source pixel before its centre, and the weights of
/// that and of the next one, in 2048ths.
struct Between {
  int before;
  int weights[2];
};

std::vector<Between> between(int in, int out) {
  constexpr float kOne = 2048;
  const double scale = 1 / (static_cast<double>(out) / in);
  std::vector<Between> result;
  for (int to = 0; to < out; ++to) {
    const auto place = static_cast<float>((to + 0.5) * scale - 0.5);
    const int before = static_cast<int>(std::floor(place));
    const float part = place - static_cast<float>(before);
    result.push_back({before,
                      {static_cast<int>(std::nearbyint((1.0f - part) * kOne)),
                       static_cast<int>(std::nearbyint(part * kOne))}});
  }
  return result;
}

}  // namespace

Image shrink(const Image& image, int height, int width) {
  const int down = whole_scale(image.height, height), across = whole_scale(image.width, width);
  if (down > 0 && across > 0) return shrink_blocks(image, height, width, down, across);
  Image result = same_but(image, height, width);
  const std::size_t channels = index(image.channels), stride = index(image.width) * channels,
                    row_size = index(width) * channels;
  const std::vector<Tap> columns = area_taps(image.width, width);
  std::vector<float> row(row_size), sum(row_size);
  const std::vector<Tap> rows = area_taps(image.height, height);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Tap& tap = rows[i];
    std::fill(row.begin(), row.end(), 0.0f);
    const std::uint8_t* source = &image.pixels[tap.from * stride];
    for (const Tap& column : columns) {
      for (std::size_t c = 0; c < channels; ++c) {
        row[column.to * channels + c] += source[column.from * channels + c] * column.weight;
      }
    }
    const bool first = i == 0 || rows[i - 1].to != tap.to;
    for (std::size_t x = 0; x < row_size; ++x) {
      sum[x] = first ? tap.weight * row[x] : sum[x] + tap.weight * row[x];
    }
    if (i + 1 < rows.size() && rows[i + 1].to == tap.to) continue;
    std::transform(sum.begin(), sum.end(), &result.pixels[tap.to * row_size], to_pixel);
  }
  return result;
}

Image interpolate(const Image& image, int height, int width) {
  Image result = same_but(image, height, width);
  const std::size_t channels = index(image.channels), stride = index(image.width) * channels;
  const std::vector<Between> columns = between(image.width, width);
  // A row of the source at the result's columns, times 2048; the edge pixels go on outside.
  const auto stretched = [&](int y, std::vector<int>& row) {
    const std::uint8_t* source = &image.pixels[index(std::clamp(y, 0, image.height - 1)) * stride];
    for (std::size_t x = 0; x < row.size(); ++x) {
      const Between& column = columns[x / channels];
      const auto pixel = [&](int at) {
        return source[index(std::clamp(at, 0, image.width - 1)) * channels + x % channels];
      };
      row[x] =
          pixel(column.before) * column.weights[0] + pixel(column.before + 1) * column.weights[1];
    }
  };
  std::vector<int> above(index(width) * channels), below(above);
  auto to = result.pixels.begin();
  for (const Between& row : between(image.height, height)) {
    stretched(row.before, above);
    stretched(row.before + 1, below);
    for (std::size_t x = 0; x < above.size(); ++x) {
      const int sum =
          ((above[x] >> 4) * row.weights[0] >> 16) + ((below[x] >> 4) * row.weights[1] >> 16);
      *to++ = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
  }
  return result;
}

}  // namespace reshift
