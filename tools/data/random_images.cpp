// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include "data/sources.hpp"

namespace reshift {
namespace {

/// Noise for networks without data: as much of it in every octave, as pictures have.
class RandomDataset : public Dataset {
 public:
  std::size_t size() const override { return 1024; }
  bool labelled() const override { return false; }

  Image get(std::size_t i) const override {
    check_index(i, size());
    constexpr int kOctaves = 8;
    constexpr std::size_t kSide = 1 << kOctaves;
    constexpr int kAmplitude = 40;  // of an octave; the deviation of the sum is 66
    std::mt19937 random(static_cast<std::mt19937::result_type>(i));
    std::vector<int> sums(kSide * kSide * 3, 128);
    for (int octave = 0; octave < kOctaves; ++octave) {
      const std::size_t cells = kSide >> octave;
      std::vector<int> noise(cells * cells * 3);
      for (int& v : noise) v = static_cast<int>(random() % (2 * kAmplitude + 1)) - kAmplitude;
      for (std::size_t at = 0; at < sums.size(); ++at) {
        const std::size_t y = at / (3 * kSide) >> octave, x = at / 3 % kSide >> octave;
        sums[at] += noise[(y * cells + x) * 3 + at % 3];
      }
    }
    Image image{kSide, kSide, 3, Bytes(sums.size()), -1, "random " + std::to_string(i)};
    std::transform(sums.begin(), sums.end(), image.pixels.begin(),
                   [](int v) { return static_cast<std::uint8_t>(std::clamp(v, 0, 255)); });
    return image;
  }
};

}  // namespace

std::unique_ptr<Dataset> random_images() { return std::make_unique<RandomDataset>(); }

}  // namespace reshift
