// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

struct RandomNetworkOptions {
  int act_w = 8;
  int weight_format = 7;
  int mult_w = 16;
  int acc_w = 28;  ///< accumulator bits that hold every sum
  int max_ops = 6;
  int max_side = 19;  ///< rows and columns of the image
  int max_channels = 40;
  int slice_channels =
      32;          ///< slices of a tensor begin at multiples of it: a multiple of the core's M
  int tables = 0;  ///< that the core holds; 0: the network has none
  bool depthwise = false;   ///< many convolutions are depthwise
  bool requantise = false;  ///< codes that are read have bounds, sums are rounded early
};

/// A small random network within what the compiler accepts, always the same for a seed. Over the
/// seeds: kernels 1 to 7, strides 1 to 4, dilation, symmetric and other padding, groups, 1 to 3
/// terms, residuals (in place, kept alive, of the operation before, of one pixel), shortcuts of
/// stride 1 and 2, maximum and average pooling, fully connected ends, odd sizes, channel counts
/// that fill no word, tensors read with both strides, tensors made of slices and of every second
/// pixel, tables, all-zero weights.
QNet random_qnet(std::uint64_t seed, const RandomNetworkOptions& options = {});

/// Random codes of the image of `net`, [channel][y][x].
std::vector<std::int32_t> random_image(const QNet& net, std::uint64_t seed);

}  // namespace reshift
