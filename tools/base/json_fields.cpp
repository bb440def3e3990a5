// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/json_fields.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/file_kind.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

/// A value for a message: a short one itself, of others the kind.
std::string shown(const Json& value) {
  constexpr std::size_t kMost = 60;
  if (value.is_structured() || value.is_binary())
    return fmt::format("of type {}", value.type_name());
  const std::string text = json_text(value, -1);
  return text.size() <= kMost ? text : fmt::format("of type {}", value.type_name());
}

[[noreturn]] void fail(const Json& value, const std::string& name, const std::string& expected) {
  throw Error("field {} is {}, expected {}", name, shown(value), expected);
}

const Json& typed_field(const Json& json, const std::string& key, bool (Json::*is)() const,
                        const char* expected) {
  const Json& value = field(json, key);
  if (!(value.*is)()) fail(value, key, expected);
  return value;
}

}  // namespace

Json parse_json(const std::string& name, std::span<const std::uint8_t> text) {
  std::size_t values = 0;
  const auto check = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostNesting) throw Error("{}: nested deeper than {} levels", name, kMostNesting);
    if (++values > kMostValues) throw Error("{}: more than {} values", name, kMostValues);
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& e) {
    throw Error("{}: not JSON but {}, or damaged: {}", name, describe_content(text), e.what());
  }
}

Json read_json(const std::string& path) { return parse_json(path, read_file(path)); }

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

const Json& field(const Json& json, const std::string& key) {
  if (!json.is_object()) throw Error("field {} is missing: there is no object for it", key);
  const auto found = json.find(key);
  if (found == json.end()) throw Error("field {} is missing", key);
  return *found;
}

const Json& field(const Json& json, std::size_t place) {
  if (!json.is_array() || place >= json.size())
    throw Error("entry {} of an array is missing", place);
  return json[place];
}

std::int64_t to_integer(const Json& value, const std::string& name, std::int64_t least,
                        std::int64_t most) {
  const bool fits = value.is_number_unsigned()
                        ? std::in_range<std::int64_t>(value.get<std::uint64_t>())
                        : value.is_number_integer();
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most) {
    fail(value, name, fmt::format("a whole number, {} to {}", least, most));
  }
  return value.get<std::int64_t>();
}

double to_number(const Json& value, const std::string& name) {
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    fail(value, name, "a finite number");
  return value.get<double>();
}

double number_field(const Json& json, const std::string& key) {
  return to_number(field(json, key), key);
}

bool flag_field(const Json& json, const std::string& key) {
  return typed_field(json, key, &Json::is_boolean, "true or false").get<bool>();
}

std::string to_text(const Json& value, const std::string& name) {
  if (!value.is_string()) fail(value, name, "a text");
  return value.get<std::string>();
}

std::string text_field(const Json& json, const std::string& key) {
  return to_text(field(json, key), key);
}

const Json& array_field(const Json& json, const std::string& key) {
  return typed_field(json, key, &Json::is_array, "an array");
}

const std::vector<std::uint8_t>& binary_field(const Json& json, const std::string& key,
                                              std::size_t unit) {
  const auto& bytes = typed_field(json, key, &Json::is_binary, "a binary value").get_binary();
  if (bytes.size() % unit != 0) {
    throw Error("field {} has {} bytes, expected a multiple of {}", key, bytes.size(), unit);
  }
  return bytes;
}

}  // namespace reshift
