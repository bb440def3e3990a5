// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace reshift {

/// JSON and CBOR of a file are nested this deep at most.
constexpr int kMostNesting = 64;
/// And have at most so many values, each of which takes much more memory than in the file.
constexpr std::size_t kMostValues = std::size_t{1} << 23;

/// Parses JSON text. Throws Error that begins with `name` when it is none, is nested deeper than
/// kMostNesting or has more than kMostValues values.
nlohmann::json parse_json(const std::string& name, std::span<const std::uint8_t> text);
/// The same of a file.
nlohmann::json read_json(const std::string& path);

/// JSON as text, in which bytes that are not UTF-8 (of a file's name) are U+FFFD: the one way in
/// which results are written, for the library's own ends with an exception there.
std::string json_text(const nlohmann::json& json, int indent = 2);

// Typed reading of fields. The library converts numbers in silence, and 1e300 to an int is
// undefined. All throw Error that names the field and what it is when it is absent or of another
// kind.

/// A field by name, or a place in an array.
const nlohmann::json& field(const nlohmann::json& json, const std::string& key);
const nlohmann::json& field(const nlohmann::json& json, std::size_t place);

/// A whole number of [least, most], which `name` has.
std::int64_t to_integer(const nlohmann::json& value, const std::string& name, std::int64_t least,
                        std::int64_t most);

/// A whole number that T holds.
template <std::integral T>
T to_integer(const nlohmann::json& value, const std::string& name) {
  static_assert(sizeof(T) < 8 || std::signed_integral<T>);
  return static_cast<T>(
      to_integer(value, name, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

template <std::integral T>
T integer_field(const nlohmann::json& json, const std::string& key) {
  return to_integer<T>(field(json, key), key);
}

/// An array of exactly N whole numbers.
template <std::integral T, std::size_t N>
std::array<T, N> to_integers(const nlohmann::json& value, const std::string& name) {
  std::array<T, N> numbers;
  to_integer(value.is_array() ? value.size() : 0, "count of " + name, N, N);
  for (std::size_t i = 0; i < N; ++i) numbers[i] = to_integer<T>(value[i], name);
  return numbers;
}

template <std::integral T, std::size_t N>
std::array<T, N> integers_field(const nlohmann::json& json, const std::string& key) {
  return to_integers<T, N>(field(json, key), key);
}

/// A number that is not infinite and not NaN, which `name` has.
double to_number(const nlohmann::json& value, const std::string& name);
double number_field(const nlohmann::json& json, const std::string& key);
bool flag_field(const nlohmann::json& json, const std::string& key);
std::string to_text(const nlohmann::json& value, const std::string& name);
std::string text_field(const nlohmann::json& json, const std::string& key);
/// An array, whose entries are for the caller to read.
const nlohmann::json& array_field(const nlohmann::json& json, const std::string& key);

/// Numbers of a binary value, little endian, as pack_numbers makes it; T is trivially copyable.
template <typename T>
std::vector<T> numbers_field(const nlohmann::json& json, const std::string& key);

/// The bytes of a binary value whose size is a multiple of `unit`.
const std::vector<std::uint8_t>& binary_field(const nlohmann::json& json, const std::string& key,
                                              std::size_t unit);

template <typename T>
std::vector<T> numbers_field(const nlohmann::json& json, const std::string& key) {
  const std::vector<std::uint8_t>& bytes = binary_field(json, key, sizeof(T));
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(values.data()));
  return values;
}

}  // namespace reshift
