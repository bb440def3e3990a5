// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "base/file_kind.hpp"
#include "data/codec.hpp"

namespace reshift {

namespace {

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view start) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
      .starts_with(start);
}

}  // namespace

Image image_of_size(const std::string& name, std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1) throw DamagedImage("{}: damaged: it has no pixels", name);
  if (width > kMostPixels / height) {
    throw DamagedImage(
        "{}: {}x{} pixels (width x height) are too many, at most {} are read: scale "
        "it down first",
        name, width, height, kMostPixels);
  }
  Image image{static_cast<int>(height), static_cast<int>(width), 3, {}, -1, name};
  image.pixels.resize(static_cast<std::size_t>(height * width * 3));
  return image;
}

Image decode_image(const std::string& name, std::span<const std::uint8_t> bytes) {
  if (begins_with(bytes, "\xFF\xD8\xFF")) return decode_jpeg(name, bytes);
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n")) return decode_png(name, bytes);
  throw DamagedImage("{}: truncated, or neither JPEG nor PNG: {}; convert it to one of them", name,
                     describe_content(bytes));
}

}  // namespace reshift
