// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace reshift {

/// An image: rows of pixels, each `channels` bytes (1 grey, 3 in the order R, G, B).
struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
  int label = -1;  ///< class, -1 unknown
  std::string name;
};

/// An image that cannot be decoded; the message begins with its name.
class DamagedImage : public Error {
 public:
  using Error::Error;
};

/// A larger picture is refused before it takes memory.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 25;

/// Decodes a JPEG or a PNG, which of them its content says, to three channels: grey ones are
/// repeated, transparency is ignored, 16 bits lose their lower 8, CMYK becomes RGB. The orientation
/// in EXIF data is ignored. Bytes behind the end of the picture are no damage.
/// Throws DamagedImage when the picture is incomplete, damaged, larger than kMostPixels or of
/// another format, which is named.
Image decode_image(const std::string& name, std::span<const std::uint8_t> bytes);

}  // namespace reshift
