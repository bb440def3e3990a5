// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "data/dataset.hpp"
#include "data/resize.hpp"

namespace reshift {

namespace {

Image resize_shorter(const Image& image, int side) {
  const int shorter = std::min(image.height, image.width);
  const auto scaled = [&](int extent) {
    return (std::int64_t{extent} * side + shorter / 2) / shorter;
  };
  const std::int64_t height = scaled(image.height), width = scaled(image.width);
  if (height > kMostPixels / width) {
    throw Error("image {}: {}x{} pixels after resizing are too many, at most {} are", image.name,
                height, width, kMostPixels);
  }
  if (side == shorter) return image;
  return (side < shorter ? shrink : interpolate)(image, static_cast<int>(height),
                                                 static_cast<int>(width));
}

/// Luma of ITU-R BT.601, weights in 32768ths.
int grey(const std::uint8_t* rgb) {
  return (9798 * rgb[0] + 19235 * rgb[1] + 3735 * rgb[2] + 16384) >> 15;
}

}  // namespace

std::vector<float> preprocess_image(const Preprocess& p, const Image& image, int channels,
                                    int height, int width) {
  const Image resized = p.resize > 0 ? resize_shorter(image, p.resize) : Image{};
  const Image& picture = p.resize > 0 ? resized : image;
  if (p.crop > picture.height || p.crop > picture.width) {
    throw Error("image {}: {}x{} pixels are too few for a crop of {}", image.name, picture.height,
                picture.width, p.crop);
  }
  const int rows = p.crop > 0 ? p.crop : picture.height,
            columns = p.crop > 0 ? p.crop : picture.width;
  if (p.channel_count() != channels || rows != height || columns != width) {
    throw Error(
        "image {}: {}x{}x{} after preprocessing, the network's input is {}x{}x{}; see channels, "
        "resize and crop of the preprocessing",
        image.name, p.channel_count(), rows, columns, channels, height, width);
  }
  const int top = (picture.height - rows) / 2, left = (picture.width - columns) / 2;
  std::vector<float> values;
  values.reserve(index(channels) * index(height) * index(width));
  for (int c = 0; c < channels; ++c) {
    const int from = picture.channels == 1 ? 0 : p.channels == "BGR" ? 2 - c : c;
    const bool to_grey = channels == 1 && picture.channels == 3;
    for (int y = 0; y < height; ++y) {
      const std::size_t start = index(top + y) * index(picture.width) + index(left);
      const std::uint8_t* pixel = &picture.pixels[start * index(picture.channels)];
      for (int x = 0; x < width; ++x, pixel += picture.channels) {
        const int value = to_grey ? grey(pixel) : pixel[from];
        values.push_back(
            static_cast<float>((value * p.scale - p.mean[index(c)]) / p.std[index(c)]));
      }
    }
  }
  return values;
}

}  // namespace reshift
