// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// The codes of the network's image tensor from a file without a header: image after image,
/// [channel][y][x], each code a signed byte, or two, little endian, when the network's codes are
/// wider than 8 bits. This is what `numpy.ndarray.tofile` writes. Throws Error when the file cannot
/// be read, is empty or no whole number of images, or has a code that the network does not know.
std::vector<std::vector<std::int32_t>> read_raw_images(const std::string& path, const QNet& net);

}  // namespace reshift
