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

/// The same of the content of the container at `path`, which is written again with the lengths and
/// the checksum that it then has; calls `read()`.
template <typename Read>
std::size_t read_damaged_content(const std::string& path, std::string_view kind, Read read) {
  return read_damaged(container_content(path, kind), [&](const std::vector<std::uint8_t>& bytes) {
    write_file(path, container_of(kind, bytes));
    read();
  });
}

inline std::string_view as_text(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::vector<std::uint8_t> as_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace reshift
