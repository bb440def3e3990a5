// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csetjmp>
#include <mutex>

#include "data/codec.hpp"
#include "data/jpeg_library.hpp"

namespace reshift {
namespace {

constexpr int kMostScans = 100;  // of a progressive file: each is a pass over all coefficients
constexpr long kMostMemory = 512L << 20;

/// What libjpeg calls an error ends the decoding, and so does a warning that pixels are missing.
struct JpegDecoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
};

JpegDecoder& decoder_of(j_common_ptr info) { return *static_cast<JpegDecoder*>(info->client_data); }

[[noreturn]] void fail(j_common_ptr info) {
  JpegDecoder& decoder = decoder_of(info);
  info->err->format_message(info, decoder.message);
  std::longjmp(decoder.failed, 1);
}

/// Warnings that concern no pixel: bytes between segments, markers of another version, the order of
/// coefficients in a file that is not progressive.
bool is_harmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
         code == JWRN_NOT_SEQUENTIAL;
}

void warn(j_common_ptr info, int level) {
  if (level < 0 && !is_harmless(info->err->msg_code)) fail(info);
}

void count_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  JpegDecoder& decoder = decoder_of(info);
  std::snprintf(decoder.message, sizeof decoder.message, "more than %d scans", kMostScans);
  std::longjmp(decoder.failed, 1);
}

// The functions with setjmp have no object that needs a destructor: longjmp would not call it.

bool read_header(JpegDecoder& decoder, std::span<const std::uint8_t> bytes) {
  jpeg_decompress_struct& info = decoder.info;
  info.err = jpeg_std_error(&decoder.errors);
  info.client_data = &decoder;
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = warn;
  if (setjmp(decoder.failed) != 0) return false;
  jpeg_create_decompress(&info);
  info.mem->max_memory_to_use = kMostMemory;
  decoder.progress.progress_monitor = count_scans;
  info.progress = &decoder.progress;
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_read_header(&info, TRUE);
  return true;
}

/// Rows of `info.output_components` bytes a pixel.
bool read_rows(JpegDecoder& decoder, std::uint8_t* pixels) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.failed) != 0) return false;
  info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  info.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&info);
  const std::size_t stride = static_cast<std::size_t>(info.output_width) *
                             static_cast<std::size_t>(info.output_components);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);  // reads to the end of the picture
  return true;
}

/// Inks as Adobe writes them, inverted: 255 is none.
void cmyk_to_rgb(std::span<const std::uint8_t> inks, std::uint8_t* pixels) {
  for (std::size_t i = 0; i < inks.size(); i += 4) {
    const int black = inks[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      *pixels++ = static_cast<std::uint8_t>(black - ((255 - inks[i + c]) * black >> 8));
    }
  }
}

}  // namespace

Image decode_jpeg(const std::string& name, std::span<const std::uint8_t> bytes) {
  JpegDecoder decoder{};
  const struct Closer {
    jpeg_decompress_struct& info;
    ~Closer() { jpeg_destroy_decompress(&info); }
  } closer{decoder.info};
  if (!read_header(decoder, bytes))
    throw DamagedImage("{}: damaged or truncated JPEG: {}", name, decoder.message);
  // Coefficients of a progressive file take much memory: one large one at a time.
  static std::mutex large;
  constexpr std::int64_t kLarge = 1 << 22;
  std::unique_lock lock(large, std::defer_lock);
  if (std::int64_t{decoder.info.image_width} * decoder.info.image_height > kLarge) lock.lock();
  Image image = image_of_size(name, decoder.info.image_width, decoder.info.image_height);
  const bool cmyk = decoder.info.num_components == 4;
  std::vector<std::uint8_t> inks(cmyk ? image.pixels.size() / 3 * 4 : 0);
  if (!read_rows(decoder, cmyk ? inks.data() : image.pixels.data())) {
    throw DamagedImage("{}: damaged or truncated JPEG: {}", name, decoder.message);
  }
  if (cmyk) cmyk_to_rgb(inks, image.pixels.data());
  return image;
}

}  // namespace reshift
