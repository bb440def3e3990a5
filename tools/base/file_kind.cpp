// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/file_kind.hpp"

#include <algorithm>
#include <string_view>

namespace reshift {
namespace {

using namespace std::string_view_literals;

struct Known {
  std::string_view name;
  std::size_t place;  ///< of the bytes that show it
  std::string_view bytes;
};

constexpr Known kKnown[]{
    {"a quantised network of `reshift quantize`", 0, "RSHIFT\r\nNET "sv},
    {"a program of `reshift compile`", 0, "RSHIFT\r\nPROGRAM "sv},
    {"a file of reshift", 0, "RSHIFT"sv},
    {"a JPEG image", 0, "\xFF\xD8\xFF"sv},
    {"a PNG image", 0, "\x89PNG\r\n\x1A\n"sv},
    {"a GIF image", 0, "GIF8"sv},
    {"a WebP image", 8, "WEBP"sv},
    {"a TIFF image", 0, "II*\0"sv},
    {"a TIFF image", 0, "MM\0*"sv},
    {"a JPEG 2000 image", 0, "\0\0\0\x0CjP  "sv},
    {"a JPEG 2000 image", 0, "\xFF\x4F\xFF\x51"sv},
    {"a JPEG XL image", 0, "\0\0\0\x0CJXL "sv},
    {"a JPEG XL image", 0, "\xFF\x0A"sv},
    {"an AVIF image", 4, "ftypavif"sv},
    {"a HEIF image", 4, "ftyphei"sv},
    {"a HEIF image", 4, "ftypmif"sv},
    {"an OpenEXR image", 0, "\x76\x2F\x31\x01"sv},
    {"a Photoshop image", 0, "8BPS"sv},
    {"a Radiance image", 0, "#?RADIANCE"sv},
    {"a Sun raster image", 0, "\x59\xA6\x6A\x95"sv},
    {"a PNM image", 0, "P1"sv},
    {"a PNM image", 0, "P2"sv},
    {"a PNM image", 0, "P3"sv},
    {"a PNM image", 0, "P4"sv},
    {"a PNM image", 0, "P5"sv},
    {"a PNM image", 0, "P6"sv},
    {"a PNM image", 0, "P7"sv},
    {"a BMP image", 0, "BM"sv},
    {"a TensorFlow Lite network", 4, "TFL3"sv},
    {"an HDF5 file (Keras)", 0, "\x89HDF"sv},
    {"a ZIP archive (PyTorch, Keras and NumPy's .npz are such)", 0, "PK\x03\x04"sv},
    {"a NumPy array", 0, "\x93NUMPY"sv},
    {"an archive of tar", 257, "ustar"sv},
    {"compressed by gzip", 0, "\x1F\x8B"sv},
    {"compressed by xz", 0, "\xFD\x37zXZ\0"sv},
    {"compressed by bzip2", 0, "BZh"sv},
    {"compressed by Zstandard", 0, "\x28\xB5\x2F\xFD"sv},
    {"a Python pickle (PyTorch)", 0, "\x80\x02"sv},
    {"a PDF document", 0, "%PDF"sv},
    {"text in UTF-16", 0, "\xFF\xFE"sv},
    {"text in UTF-16", 0, "\xFE\xFF"sv},
};

bool has_bytes(std::span<const std::uint8_t> bytes, const Known& known) {
  return bytes.size() >= known.place + known.bytes.size() &&
         std::equal(known.bytes.begin(), known.bytes.end(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(known.place),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

bool is_text(std::span<const std::uint8_t> bytes) {
  return std::all_of(
      bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), 512),
      [](std::uint8_t c) { return c >= ' ' || c == '\n' || c == '\r' || c == '\t'; });
}

}  // namespace

std::string describe_content(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return "an empty file";
  for (const Known& known : kKnown) {
    if (has_bytes(bytes, known)) return std::string(known.name);
  }
  // The field ir_version of ONNX, then another field of its model.
  constexpr int kMostVersion = 30;
  if (bytes.size() > 2 && bytes[0] == 0x08 && bytes[1] <= kMostVersion && bytes[2] >= 0x10) {
    return "an ONNX network";
  }
  if (!is_text(bytes)) return "something of an unknown format";
  const auto first =
      std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t c) { return c > ' '; });
  return first != bytes.end() && (*first == '{' || *first == '[') ? "JSON" : "text";
}

std::string describe_json(const nlohmann::json& json) {
  struct Result {
    std::string_view name, key;
  };
  static constexpr Result kResults[]{
      {"the result of `reshift run`", "backend"},
      {"the result of `reshift eval`", "top1"},
      {"the result of `reshift quantize`", "calibration_images"},
      {"the report of `reshift compile`", "descriptors"},
      {"the result of `reshift fit`", "part"},
      {"a timeline of `reshift run --timeline`", "traceEvents"},
      {"preprocessing", "mean"},
      {"preprocessing", "channels"},
  };
  for (const auto& [name, key] : kResults) {
    if (json.is_object() && json.contains(key)) return std::string(name);
  }
  return "JSON of another kind";
}

}  // namespace reshift
