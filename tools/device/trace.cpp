// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/trace.hpp"

#include <array>
#include <ostream>
#include <string>

#include "base/json_fields.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

/// The threads of the viewer: the engines in their order, then the stalls.
constexpr std::array<const char*, kEngines + 1> kTracks{"LOAD", "EXEC", "STORE", "EXEC waits for"};

Json slice(std::size_t track, const CycleRange& range, const std::string& name) {
  return {{"ph", "X"},
          {"pid", 1},
          {"tid", track + 1},
          {"ts", range.first},
          {"dur", range.end - range.first},
          {"name", name}};
}

/// "exec conv1" as conv1: the track says that it is an exec; LOAD and STORE have several kinds.
std::string name_of(const Program& program, const TimeSpan& span) {
  const std::string& name = program.descriptors[span.descriptor];
  return span.engine == Engine::kExec ? name.substr(name.find(' ') + 1) : name;
}

}  // namespace

void write_trace(const Program& program, const Timeline& timeline, std::ostream& out) {
  // Piece by piece: a large network has a million slices.
  out << R"({"otherData":{"unit":"1 us is a clock cycle"},"traceEvents":[)" << '\n';
  const auto write = [&out](const Json& event) { out << json_text(event, -1); };
  write({{"ph", "M"},
         {"pid", 1},
         {"name", "process_name"},
         {"args", {{"name", "ReShift " + std::string(program.hw.name)}}}});
  for (std::size_t track = 0; track < kTracks.size(); ++track) {
    out << ",\n";
    write({{"ph", "M"},
           {"pid", 1},
           {"tid", track + 1},
           {"name", "thread_name"},
           {"args", {{"name", kTracks[track]}}}});
    out << ",\n";
    write({{"ph", "M"},
           {"pid", 1},
           {"tid", track + 1},
           {"name", "thread_sort_index"},
           {"args", {{"sort_index", track}}}});
  }
  for (const TimeSpan& span : timeline.spans) {
    Json event = slice(static_cast<std::size_t>(span.engine), span, name_of(program, span));
    Json& args = event["args"] = {{"frame", span.frame}, {"descriptor", span.descriptor}};
    if (span.engine == Engine::kExec) {
      args["complete"] = span.complete;
      for (std::size_t c = 0; c <= kBusy; ++c) {
        if (span.causes[c] > 0) args[std::string(cause_name(c))] = span.causes[c];
      }
    }
    out << ",\n";
    write(event);
  }
  for (const StallRun& stall : timeline.stalls) {
    out << ",\n";
    write(slice(kEngines, stall, std::string(cause_name(stall.cause))));
  }
  out << "\n]}\n";
}

}  // namespace reshift
