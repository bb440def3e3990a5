// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/op_report.hpp"

#include <algorithm>
#include <array>

#include "base/json_fields.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

/// Calls visit(key, member) for all of a report.
template <typename Report, typename Visit>
void for_each_member(Report& r, Visit visit) {
  visit("name", r.name);
  visit("kind", r.kind);
  visit("note", r.note);
  visit("terms", r.terms);
  visit("entries", r.uops);
  visit("pixel_groups", r.groups);
  visit("m_groups", r.m_blocks);
  visit("execs", r.execs);
  visit("in_place", r.in_place);
  visit("macs", r.macs);
  visit("array_cycles", r.array_cycles);
  visit("post_cycles", r.post_cycles);
  visit("exec_cycles", r.exec_cycles);
  visit("memory_cycles", r.memory_cycles);
  visit("cycles", r.cycles);
  visit("first_cycles", r.first_cycles);
  visit("weight_bytes_bus", r.weight_bytes_bus);
  visit("weight_bytes_dense", r.weight_bytes_dense);
  visit("file_bytes", r.file_bytes);
  visit("strips", r.strips);
  visit("feature_bytes_read", r.feature_bytes_read);
  visit("feature_bytes_written", r.feature_bytes_written);
  visit("buffer_bytes", r.buffer_bytes);
  visit("bound", r.bound);
}

void read_member(const Json& entry, const char* key, std::string& member) {
  member = text_field(entry, key);
}
void read_member(const Json& entry, const char* key, bool& member) {
  member = flag_field(entry, key);
}
template <typename T>
void read_member(const Json& entry, const char* key, T& member) {
  constexpr std::int64_t kMost = std::int64_t{1}
                                 << 44;  // sums over all operations are whole numbers
  member = static_cast<T>(to_integer(field(entry, key), key, 0,
                                     std::min<std::int64_t>(kMost, std::numeric_limits<T>::max())));
}

}  // namespace

std::string_view to_string(Support::Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames{"accepted", "rewritten", "unsupported"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Json ops_to_json(const std::vector<OpReport>& ops) {
  Json json = Json::array();
  for (const OpReport& op : ops) {
    Json& entry = json.emplace_back(Json::object());
    for_each_member(op, [&](const char* key, const auto& member) { entry[key] = member; });
  }
  return json;
}

std::vector<OpReport> ops_from_json(const Json& json) {
  std::vector<OpReport> ops;
  for (const Json& entry : json) {
    for_each_member(ops.emplace_back(),
                    [&](const char* key, auto& member) { read_member(entry, key, member); });
  }
  return ops;
}

Json support_to_json(const std::vector<Support>& support) {
  Json json = Json::array();
  for (const Support& s : support) {
    json.push_back({{"name", s.op}, {"verdict", to_string(s.verdict)}, {"reason", s.reason}});
  }
  return json;
}

std::vector<Support> support_from_json(const Json& json) {
  std::vector<Support> support;
  for (const Json& j : json) {
    const bool rewritten = text_field(j, "verdict") == to_string(Support::Verdict::kRewritten);
    support.push_back({text_field(j, "name"),
                       rewritten ? Support::Verdict::kRewritten : Support::Verdict::kAccepted,
                       text_field(j, "reason")});
  }
  return support;
}

}  // namespace reshift
