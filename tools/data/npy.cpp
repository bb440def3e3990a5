// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <cstring>
#include <regex>
#include <utility>

#include "base/error.hpp"

namespace reshift {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // of the values

template <typename T>
double read_value(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return static_cast<double>(value);
}

struct Type {
  std::string_view name;
  std::size_t size;
  double (*read)(const std::uint8_t*);
};
constexpr std::array kTypes{
    Type{"<f4", 4, read_value<float>},        Type{"<f8", 8, read_value<double>},
    Type{"|i1", 1, read_value<std::int8_t>},  Type{"|u1", 1, read_value<std::uint8_t>},
    Type{"<i2", 2, read_value<std::int16_t>}, Type{"<u2", 2, read_value<std::uint16_t>},
    Type{"<i4", 4, read_value<std::int32_t>}, Type{"<u4", 4, read_value<std::uint32_t>},
    Type{"<i8", 8, read_value<std::int64_t>}, Type{"<u8", 8, read_value<std::uint64_t>},
    Type{"|b1", 1, read_value<std::uint8_t>}};

/// The header's text and what follows it.
std::pair<std::string, std::span<const std::uint8_t>> split(const std::string& name,
                                                            std::span<const std::uint8_t> bytes) {
  if (!is_npy(bytes) || bytes.size() < 12) throw Error("{}: not a NumPy file, or truncated", name);
  const int version = bytes[6];
  if (version < 1 || version > 3) throw Error("{}: NumPy format version {}", name, version);
  std::size_t length = bytes[8] + 256u * bytes[9], start = 10;
  if (version > 1) {
    length += (std::size_t{bytes[10]} << 16) + (std::size_t{bytes[11]} << 24);
    start = 12;
  }
  if (length > bytes.size() - start) throw Error("{}: truncated in its header", name);
  const auto rest = bytes.subspan(start);
  return {std::string(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length)),
          rest.subspan(length)};
}

std::string header_field(const std::string& name, const std::string& header,
                         const char* expression) {
  std::smatch match;
  if (header.size() > 4096 || !std::regex_search(header, match, std::regex(expression))) {
    throw Error("{}: damaged: not the header of an array of numbers", name);
  }
  return match[1];
}

std::vector<std::size_t> parse_shape(const std::string& name, const std::string& text) {
  std::vector<std::size_t> shape;
  const std::regex number("[0-9]+");
  for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at) {
    if (at->length() > 15) throw Error("{}: impossible shape ({})", name, text);
    shape.push_back(std::stoull(at->str()));
  }
  return shape;
}

}  // namespace

bool is_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

NpyArray parse_npy(const std::string& name, std::span<const std::uint8_t> bytes) {
  const auto [header, data] = split(name, bytes);
  const auto type_name = header_field(name, header, "'descr': *'([^']*)'");
  if (header_field(name, header, "'fortran_order': *(True|False)") == "True") {
    throw Error("{}: columns first; save it with numpy.ascontiguousarray", name);
  }
  NpyArray array;
  array.shape = parse_shape(name, header_field(name, header, "'shape': *\\(([0-9, ]*)\\)"));
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const Type& t) { return t.name == type_name; });
  if (type == kTypes.end()) {
    throw Error("{}: values of type {}; float32 and integers are read", name, type_name);
  }
  std::size_t count = 1;
  for (const std::size_t extent : array.shape) {
    // Dividing keeps the product from overflowing on a damaged header.
    if (extent == 0 || extent > data.size() / count) {
      throw Error("{}: truncated or damaged: {} bytes for a shape of ({})", name, data.size(),
                  fmt::join(array.shape, ", "));
    }
    count *= extent;
  }
  if (count * type->size != data.size()) {
    throw Error("{}: truncated or damaged: {} bytes for {} values of {}", name, data.size(), count,
                type_name);
  }
  array.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) array.values[i] = type->read(&data[i * type->size]);
  return array;
}

NpyWriter::NpyWriter(std::string path, std::string_view type, std::size_t rows,
                     const std::vector<std::size_t>& shape)
    : path_(std::move(path)), file_(path_) {
  left_ = rows * (type == "<f4" ? sizeof(float) : sizeof(std::int16_t));
  for (const std::size_t extent : shape) left_ *= extent;
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}{}), }}", type, rows,
                  fmt::join(shape, ", "), shape.empty() ? "" : ",");
  const std::size_t start = kMagic.size() + 4;
  header.resize((start + header.size() + kAlignment) / kAlignment * kAlignment - start - 1, ' ');
  header += '\n';
  std::string begin(kMagic);
  begin +=
      {'\1', '\0', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  begin += header;
  file_.write(begin.data(), begin.size());
}

void NpyWriter::write(const void* bytes, std::size_t size) {
  if (size > left_) throw Error("{}: more values than its shape says", path_);
  left_ -= size;
  file_.write(bytes, size);
}

void NpyWriter::add(std::span<const float> row) { write(row.data(), row.size_bytes()); }
void NpyWriter::add(std::span<const std::int16_t> row) { write(row.data(), row.size_bytes()); }

void NpyWriter::close() {
  if (left_ > 0) throw Error("{}: {} bytes are missing", path_, left_);
  file_.close();
}

}  // namespace reshift
