// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/image.hpp"

namespace reshift {

/// A smaller image, each of its pixels the mean of the area that it covers; sizes of at least 1
/// that are at most the image's.
Image shrink(const Image& image, int height, int width);

/// An image of any size of at least 1, each of its pixels between the four nearest ones
/// (bilinear, pixel centres).
Image interpolate(const Image& image, int height, int width);

}  // namespace reshift
