// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "net/host_tail.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

constexpr std::array kKinds{"reshape", "transpose", "gather", "concat", "expand", "unary",
                            "binary",  "where",     "reduce", "along",  "matmul"};

const Json& field(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name)) throw Error("host tail: {} is missing", name);
  return json.at(name);
}

const Json& list(const Json& json, const char* name) {
  const Json& value = field(json, name);
  if (!value.is_array()) throw Error("host tail: {} is no list", name);
  return value;
}

std::string string_of(const Json& json, const char* name) {
  const Json& value = field(json, name);
  if (!value.is_string()) throw Error("host tail: {} is no text", name);
  return value.get<std::string>();
}

template <typename T>
std::vector<T> integers(const Json& json, const char* name) {
  std::vector<T> result;
  for (const Json& value : list(json, name)) {
    if (!value.is_number_integer())
      throw Error("host tail: {} has a value that is no integer", name);
    const auto i = value.get<std::int64_t>();
    if (static_cast<std::int64_t>(static_cast<T>(i)) != i)
      throw Error("host tail: {} has {}, which is out of range", name, i);
    result.push_back(static_cast<T>(i));
  }
  return result;
}

/// JSON has no infinity: a text stands for it.
Json number(double v) {
  if (v == std::numeric_limits<double>::infinity()) return "inf";
  if (v == -std::numeric_limits<double>::infinity()) return "-inf";
  return v;
}

std::vector<double> numbers(const Json& json, const char* name) {
  std::vector<double> result;
  for (const Json& value : list(json, name)) {
    if (value == "inf" || value == "-inf") {
      const double infinity = std::numeric_limits<double>::infinity();
      result.push_back(value == "inf" ? infinity : -infinity);
    } else if (value.is_number()) {
      result.push_back(value.get<double>());
    } else {
      throw Error("host tail: {} has a value that is no number", name);
    }
  }
  return result;
}

Json to_list(const std::vector<double>& values) {
  Json result = Json::array();
  for (const double v : values) result.push_back(number(v));
  return result;
}

}  // namespace

Json to_json(const HostTail& tail) {
  Json json{{"inputs", tail.inputs},
            {"constants", Json::array()},
            {"steps", Json::array()},
            {"outputs", Json::array()}};
  for (const Array& a : tail.constants) {
    json["constants"].push_back(
        {{"dims", a.dims}, {"values", to_list(a.values)}, {"integer", a.is_integer}});
  }
  for (const HostStep& s : tail.steps) {
    json["steps"].push_back({{"kind", kKinds[static_cast<std::size_t>(s.kind)]},
                             {"function", s.function},
                             {"ints", s.ints},
                             {"numbers", to_list(s.numbers)},
                             {"inputs", s.inputs}});
  }
  for (const HostTail::Output& o : tail.outputs) {
    json["outputs"].push_back({{"name", o.name}, {"value", o.value}, {"dims", o.dims}});
  }
  return json;
}

HostTail host_tail_from_json(const Json& json) {
  HostTail tail;
  for (const Json& dims : list(json, "inputs")) {
    tail.inputs.push_back(integers<std::int64_t>(Json{{"dims", dims}}, "dims"));
  }
  for (const Json& a : list(json, "constants")) {
    const Json& integer = field(a, "integer");
    if (!integer.is_boolean()) throw Error("host tail: integer is neither true nor false");
    Array array{integers<std::int64_t>(a, "dims"), numbers(a, "values"), integer.get<bool>()};
    const Dims dims = array.dims;
    tail.constants.push_back(reshape(std::move(array), dims));
  }
  for (const Json& s : list(json, "steps")) {
    const std::string kind = string_of(s, "kind");
    const auto found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end()) throw Error("host tail: a step of unknown kind {}", kind);
    tail.steps.push_back({static_cast<HostStep::Kind>(found - kKinds.begin()),
                          string_of(s, "function"), integers<std::int64_t>(s, "ints"),
                          numbers(s, "numbers"), integers<int>(s, "inputs")});
  }
  for (const Json& o : list(json, "outputs")) {
    const Json& value = field(o, "value");
    if (!value.is_number_integer()) throw Error("host tail: value is no integer");
    tail.outputs.push_back(
        {string_of(o, "name"), value.get<int>(), integers<std::int64_t>(o, "dims")});
  }
  tail.check();
  return tail;
}

}  // namespace reshift
