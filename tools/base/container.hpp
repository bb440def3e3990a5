// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace reshift {

/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), the one of gzip.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// Container file of the tools, little endian: the 8 bytes "RSHIFT\r\n", kind as 8 characters
/// padded with spaces, format version, CRC-32 of the payload (32 bits each), payload length,
/// content length (64 bits each), payload: the content in zlib's format (RFC 1950), which is CBOR
/// (RFC 8949). Large arrays are binary values. Written as write_file does.
void write_container(const std::string& path, std::string_view kind, const nlohmann::json& content);

/// The bytes of a container with this CBOR as its content, and the CBOR of one; for tests of
/// readers.
std::string container_of(std::string_view kind, std::span<const std::uint8_t> cbor);
std::vector<std::uint8_t> container_content(const std::string& path, std::string_view kind);

/// Reads it back. Throws Error when the file is absent, foreign, of another kind or version,
/// truncated or damaged, or its content is not as check_cbor wants it.
nlohmann::json read_container(const std::string& path, std::string_view kind);

/// Kind of the container at `path`, empty when it is not a container. Throws Error when unreadable.
std::string container_kind(const std::string& path);

/// Numbers as a binary value, little endian; T is a trivially copyable number.
template <typename T>
nlohmann::json pack_numbers(std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
  return nlohmann::json::binary(std::vector<std::uint8_t>(bytes, bytes + values.size_bytes()));
}

}  // namespace reshift
