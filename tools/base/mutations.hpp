// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {

/// For tests of a reader: calls `read(bytes)` with every beginning of a small file, and with every
/// byte changed in five ways. It may throw Error and nothing else; a crash is for the sanitizers to
/// tell. Returns how many were accepted.
template <typename Read>
std::size_t read_damaged(const std::vector<std::uint8_t>& file, Read read) {
  std::size_t accepted = 0;
  const auto attempt = [&](const std::vector<std::uint8_t>& bytes, std::size_t place,
                           const char* how) {
    try {
      read(bytes);
      ++accepted;
    } catch (const Error&) {
    } catch (const std::exception& e) {
      ADD_FAILURE() << "byte " << place << " " << how << ": not an Error but " << e.what();
    }
  };
  for (std::size_t size = 0; size < file.size(); ++size) {
    attempt({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)}, size, "and on cut");
  }
  std::vector<std::uint8_t> bytes = file;
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const std::uint8_t flip : {0x01, 0x10, 0x80, 0xFF}) {
      bytes[i] = static_cast<std::uint8_t>(file[i] ^ flip);
      attempt(bytes, i, "flipped");
    }
    bytes[i] = 0;
    attempt(bytes, i, "zero");
    bytes[i] = file[i];
  }
  return accepted;
}

/// The same of a container's content: with the length and the checksum that it then has.
template <typename Read>
std::size_t read_damaged_content(const std::vector<std::uint8_t>& container, Read read) {
  constexpr std::ptrdiff_t kHeader = 32, kChecksum = 20, kLength = 24;
  const std::vector<std::uint8_t> content(container.begin() + kHeader, container.end());
  return read_damaged(content, [&](const std::vector<std::uint8_t>& bytes) {
    std::vector<std::uint8_t> file(container.begin(), container.begin() + kHeader);
    const std::uint32_t checksum = crc32(bytes);
    const std::uint64_t length = bytes.size();
    std::memcpy(file.data() + kChecksum, &checksum, sizeof checksum);
    std::memcpy(file.data() + kLength, &length, sizeof length);
    file.insert(file.end(), bytes.begin(), bytes.end());
    read(file);
  });
}

inline std::string_view as_text(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::vector<std::uint8_t> as_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace reshift
