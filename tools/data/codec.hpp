// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/image.hpp"

namespace reshift {

// As decode_image, for content that begins as one of the format.
Image decode_jpeg(const std::string& name, std::span<const std::uint8_t> bytes);
Image decode_png(const std::string& name, std::span<const std::uint8_t> bytes);

/// Throws DamagedImage when a picture of this size is none or too large; otherwise an image of
/// three channels with room for its pixels.
Image image_of_size(const std::string& name, std::int64_t width, std::int64_t height);

}  // namespace reshift
