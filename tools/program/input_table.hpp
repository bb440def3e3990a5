// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// How the host arranges an image: row j of pixel (y, x) of the accelerator's input tensor is
/// channel `rows[j].channel` of image pixel (y * stride_h + dy, x * stride_w + dx), the zero point
/// outside.
struct InputTable {
  struct Row {
    int channel = 0, dy = 0, dx = 0;
    bool operator==(const Row&) const = default;
  };
  int stride_h = 1, stride_w = 1;
  std::vector<Row> rows;
  bool operator==(const InputTable&) const = default;
};

/// Codes [row][y][x] of `input` from the codes [channel][y][x] of `image`. Throws Error when the
/// number of codes is not that of `image`.
std::vector<std::int32_t> arrange_image(const InputTable& table, const QTensor& image,
                                        const QTensor& input, std::span<const std::int32_t> codes);

}  // namespace reshift
