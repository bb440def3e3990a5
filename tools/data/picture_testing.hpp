// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <png.h>

#include <cstdlib>
#include <random>
#include <string>

#include "data/image.hpp"
#include "data/jpeg_library.hpp"

namespace reshift {

/// For tests: an image of noise, the same everywhere.
inline Image noise_image(int height, int width, int channels) {
  std::mt19937 random(7);
  Image image{height, width, channels, {}, -1, "noise"};
  image.pixels.resize(static_cast<std::size_t>(height * width * channels));
  for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(random());
  return image;
}

/// For tests: an image as the libraries encode it, "" when they cannot.
inline std::string encode_png(const Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&header, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  const int good =
      png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  bytes.resize(good ? size : 0);
  return bytes;
}

inline std::string encode_jpeg(const Image& image, bool progressive = false) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  const auto stride = static_cast<std::size_t>(image.width * image.channels);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(&image.pixels[info.next_scanline * stride]);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const std::string bytes(reinterpret_cast<char*>(memory), size);
  std::free(memory);
  return bytes;
}

}  // namespace reshift
