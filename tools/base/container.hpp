// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reshift {

/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), the one of gzip.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// Container file of the tools, little endian: the 8 bytes "RSHIFT\r\n", kind as 8 characters
/// padded with spaces, format version, CRC-32 of the payload (32 bits each), payload length (64
/// bits), payload: CBOR (RFC 8949) of `content`. Large arrays are binary values. Written to a
/// temporary file beside `path` and renamed, so that no half-written file is ever seen.
void write_container(const std::string& path, std::string_view kind, const nlohmann::json& content);

/// Reads it back. Throws Error when the file is absent, foreign, of another kind or version,
/// truncated or damaged.
nlohmann::json read_container(const std::string& path, std::string_view kind);

/// Kind of the container at `path`, empty when it is not a container. Throws Error when unreadable.
std::string container_kind(const std::string& path);

/// Whole file in memory; throws Error when it cannot be read.
std::vector<std::uint8_t> read_file(const std::string& path);

/// Writes through a temporary file and rename; throws Error when that fails.
void write_file(const std::string& path, std::string_view content);

/// The same for content that `write` makes piece by piece.
void write_file(const std::string& path, const std::function<void(std::ostream&)>& write);

/// Numbers as a binary value, little endian; T is a trivially copyable number.
template <typename T>
nlohmann::json pack_numbers(std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
  return nlohmann::json::binary(std::vector<std::uint8_t>(bytes, bytes + values.size_bytes()));
}

/// The inverse; throws nlohmann::json::exception when `packed` is not a whole number of T.
template <typename T>
std::vector<T> unpack_numbers(const nlohmann::json& packed) {
  const auto& bytes = packed.get_binary();
  if (bytes.size() % sizeof(T) != 0) {
    throw nlohmann::json::other_error::create(501, "array length is not whole", &packed);
  }
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(values.data()));
  return values;
}

}  // namespace reshift
