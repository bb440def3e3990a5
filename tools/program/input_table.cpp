// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/input_table.hpp"

#include "base/error.hpp"

namespace reshift {

std::vector<std::int32_t> arrange_image(const InputTable& table, const QTensor& image,
                                        const QTensor& input, std::span<const std::int32_t> codes) {
  if (codes.size() != image.size()) {
    throw Error("the image has {} values, the network expects {}x{}x{}", codes.size(),
                image.channels, image.height, image.width);
  }
  std::vector<std::int32_t> arranged;
  arranged.reserve(input.size());
  for (const InputTable::Row& row : table.rows) {
    for (int y = 0; y < input.height; ++y) {
      const int iy = y * table.stride_h + row.dy;
      for (int x = 0; x < input.width; ++x) {
        const int ix = x * table.stride_w + row.dx;
        const bool inside = iy >= 0 && iy < image.height && ix >= 0 && ix < image.width;
        arranged.push_back(inside ? codes[static_cast<std::size_t>(
                                        (row.channel * image.height + iy) * image.width + ix)]
                                  : image.zero);
      }
    }
  }
  return arranged;
}

}  // namespace reshift
