// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "data/codec.hpp"

namespace reshift {
namespace {

struct PngDecoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::uint8_t> rest;
  std::jmp_buf failed = {};
  char message[200] = {};
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& decoder = *static_cast<PngDecoder*>(png_get_error_ptr(png));
  std::snprintf(decoder.message, sizeof decoder.message, "%s", message);
  std::longjmp(decoder.failed, 1);
}

/// What libpng warns of concerns no pixel: profiles, texts, times.
void ignore(png_structp, png_const_charp) {}

void read(png_structp png, png_bytep to, std::size_t size) {
  auto& decoder = *static_cast<PngDecoder*>(png_get_io_ptr(png));
  if (size > decoder.rest.size()) png_error(png, "it ends too early");
  std::memcpy(to, decoder.rest.data(), size);
  decoder.rest = decoder.rest.subspan(size);
}

// The functions with setjmp have no object that needs a destructor: longjmp would not call it.

bool read_header(PngDecoder& decoder) {
  if (setjmp(decoder.failed) != 0) return false;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, fail, ignore);
  if (decoder.png == nullptr) return false;
  decoder.info = png_create_info_struct(decoder.png);
  if (decoder.info == nullptr) return false;
  png_set_read_fn(decoder.png, &decoder, read);
  png_read_info(decoder.png, decoder.info);
  return true;
}

/// Rows of three bytes a pixel.
bool read_rows(PngDecoder& decoder, std::uint8_t* pixels, std::size_t stride) {
  png_structp png = decoder.png;
  if (setjmp(decoder.failed) != 0) return false;
  const int colours = png_get_color_type(png, decoder.info);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (colours == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if ((colours & PNG_COLOR_MASK_COLOR) == 0) {
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
  if (png_get_rowbytes(png, decoder.info) != stride) png_error(png, "rows of an unknown form");
  const png_uint_32 height = png_get_image_height(png, decoder.info);
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) png_read_row(png, pixels + y * stride, nullptr);
  }
  png_read_end(png, nullptr);  // to the end of the picture
  return true;
}

}  // namespace

Image decode_png(const std::string& name, std::span<const std::uint8_t> bytes) {
  PngDecoder decoder;
  decoder.rest = bytes;
  const struct Closer {
    PngDecoder& decoder;
    ~Closer() { png_destroy_read_struct(&decoder.png, &decoder.info, nullptr); }
  } closer{decoder};
  if (!read_header(decoder))
    throw DamagedImage("{}: damaged or truncated PNG: {}", name, decoder.message);
  Image image = image_of_size(name, png_get_image_width(decoder.png, decoder.info),
                              png_get_image_height(decoder.png, decoder.info));
  if (!read_rows(decoder, image.pixels.data(), 3 * static_cast<std::size_t>(image.width))) {
    throw DamagedImage("{}: damaged or truncated PNG: {}", name, decoder.message);
  }
  return image;
}

}  // namespace reshift
