// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/error.hpp"
#include "device/layer_times.hpp"
#include "device/trace.hpp"
#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::size_t kIdle = 0, kLoad = 1, kDepend = 3;  // of isa::kStalls

/// Two layers, the second in two operations; of it all only what a timeline looks at.
Program two_layers() {
  using isa::Opcode;
  Program program;
  program.hw = find_hardware("4x4x3");
  const std::vector<std::pair<Opcode, std::string>> descriptors{
      {Opcode::kInit, "init"},
      {Opcode::kLoadWeights, "load_weights a"},
      {Opcode::kLoadFeatures, "load_features image"},
      {Opcode::kExec, "exec a"},
      {Opcode::kReloadFeatures, "reload_features x"},
      {Opcode::kExec, "exec b"},
      {Opcode::kExec, "exec b"},
      {Opcode::kStoreFeatures, "store_features y"},
      {Opcode::kEnd, "end"}};
  for (const auto& [opcode, name] : descriptors) {
    isa::Descriptor d{};
    isa::set(d, isa::common::kOpcode, static_cast<std::int64_t>(opcode));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(d.data());
    program.image.insert(program.image.end(), bytes, bytes + isa::kDescriptorBytes);
    program.descriptors.push_back(name);
  }
  OpReport a, b;
  a.name = "a";
  a.execs = 1;
  a.macs = 48 * 10;
  a.exec_cycles = 20;
  a.memory_cycles = 5;
  a.cycles = 30;
  a.first_cycles = 35;
  b.name = "b";
  b.execs = 2;
  b.exec_cycles = 10;
  b.memory_cycles = 16;
  b.cycles = 18;
  b.first_cycles = 17;
  program.ops = {a, b};
  return program;
}

/// 100 cycles of a frame. Causes: load in 0..19, busy in 20..39, depend in 40..79, busy in 80..89,
/// idle to the end.
void play_frame(Recorder& recorder) {
  std::map<int, ProbeCycle> events;
  events[2].load_given = true;
  events[4].load_given = true;  // ahead of its turn
  events[9].load_done = true;
  events[14].load_done = true;
  events[19].exec_start = true;
  events[30].load_given = true;
  events[33].load_done = true;
  events[39].exec_end = events[39].exec_start = true;  // one after the other
  events[45].exec_complete = true;
  events[84].exec_end = events[84].exec_start = true;
  events[86].exec_complete = true;
  events[89].exec_end = true;
  events[92].exec_complete = true;
  events[93].store_given = true;
  events[98].store_done = true;
  for (int t = 0; t < 100; ++t) {
    ProbeCycle cycle = events[t];
    cycle.cause = t < 20 ? kLoad : t < 40 || (t >= 80 && t < 90) ? kBusy : t < 80 ? kDepend : kIdle;
    recorder.cycle(cycle);
  }
}

/// Engine, descriptor, first cycle, end.
std::vector<std::array<std::uint64_t, 4>> spans_of(const Timeline& timeline) {
  std::vector<std::array<std::uint64_t, 4>> spans;
  for (const TimeSpan& s : timeline.spans) {
    spans.push_back({static_cast<std::uint64_t>(s.engine), s.descriptor, s.first, s.end});
  }
  return spans;
}

TEST(Timeline, NamesTheDescriptorOfEachEvent) {
  Recorder recorder;
  play_frame(recorder);
  const Timeline timeline = recorder.timeline(two_layers());
  EXPECT_EQ(timeline.cycles, 100u);
  EXPECT_EQ(timeline.frames, 1u);
  using Row = std::array<std::uint64_t, 4>;
  EXPECT_THAT(spans_of(timeline),
              ElementsAre(Row{0, 1, 2, 10}, Row{0, 2, 10, 15}, Row{0, 4, 30, 34}, Row{1, 3, 20, 40},
                          Row{1, 5, 40, 85}, Row{1, 6, 85, 90}, Row{2, 7, 93, 99}));
  EXPECT_EQ(timeline.causes, (Causes{10, 20, 0, 40, 0, 0, 0, 30}));
  // The wait before an operation is its own.
  EXPECT_EQ(timeline.spans[3].causes, (Causes{0, 20, 0, 0, 0, 0, 0, 20}));
  EXPECT_EQ(timeline.spans[4].causes, (Causes{0, 0, 0, 40, 0, 0, 0, 5}));
  EXPECT_EQ(timeline.spans[5].causes, (Causes{0, 0, 0, 0, 0, 0, 0, 5}));
  EXPECT_EQ(timeline.spans[3].complete, 46u);
  EXPECT_EQ(timeline.spans[5].complete, 93u);
  ASSERT_EQ(timeline.stalls.size(), 1u);  // the others are shorter than 32 cycles
  EXPECT_EQ(timeline.stalls[0].first, 40u);
  EXPECT_EQ(timeline.stalls[0].end, 80u);
  EXPECT_EQ(timeline.stalls[0].cause, kDepend);
}

TEST(Timeline, GivesLayersTheMeanOfLaterFrames) {
  Recorder recorder;
  play_frame(recorder);
  const auto one = layer_times(two_layers(), recorder.timeline(two_layers()));
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].cycles(), 40);
  EXPECT_EQ(one[1].cycles(), 50);
  EXPECT_EQ(one[0].estimate, 35);
  EXPECT_EQ(one[1].estimate, 17);

  play_frame(recorder);
  play_frame(recorder);
  const Timeline timeline = recorder.timeline(two_layers());
  EXPECT_EQ(timeline.frames, 3u);
  EXPECT_EQ(timeline.spans[5].frame, 1u);
  EXPECT_EQ(timeline.spans[5].descriptor, 4u);
  EXPECT_EQ(timeline.spans[5].first, 130u);
  const auto layers = layer_times(two_layers(), timeline);
  EXPECT_EQ(layers[0].cycles(), 50);  // the last ten of the frame before with it
  EXPECT_EQ(layers[0].estimate, 30);
  EXPECT_EQ(layers[0].main_stall(), kLoad);
  EXPECT_EQ(layers[1].cycles(), 50);
  EXPECT_EQ(layers[1].estimate, 18);
  EXPECT_EQ(layers[1].main_stall(), kDepend);
  const Json json = layers_json(layers, 48);
  EXPECT_EQ(json[0]["stalls"]["load"], 20);
  EXPECT_EQ(json[0]["stalls"]["idle"], 10);
  EXPECT_EQ(json[0]["busy"], 20);
  EXPECT_DOUBLE_EQ(json[0]["mac_utilization"].get<double>(), 0.2);  // 10 cycles' worth of 50
  EXPECT_THAT(layers_text(layers, 48), HasSubstr("+66.7 %  20.0 %  40.0 %  load (40.0 %)"));
}

TEST(Timeline, KnowsLayersThatTakeTurns) {
  Program program = two_layers();
  program.descriptors[6] = "exec a";  // after b, which has one operation then
  program.ops[0].execs = 2;
  program.ops[1].execs = 1;
  Recorder recorder;
  play_frame(recorder);
  const auto layers = layer_times(program, recorder.timeline(program));
  EXPECT_EQ(layers[0].cycles(), 45);
  EXPECT_EQ(layers[1].cycles(), 45);
}

TEST(Timeline, RefusesPartsOfAFrame) {
  Recorder recorder;
  play_frame(recorder);
  ProbeCycle given;
  given.load_given = true;
  recorder.cycle(given);
  try {
    recorder.timeline(two_layers());
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "the core began 4 descriptors of LOAD and completed 3, 1 frames have 3");
  }
  ProbeCycle done;
  done.store_done = true;
  EXPECT_THROW(recorder.cycle(done), Error);
}

TEST(Trace, IsWhatTheViewerReads) {
  Recorder recorder;
  play_frame(recorder);
  std::ostringstream text;
  write_trace(two_layers(), recorder.timeline(two_layers()), text);
  const Json events = Json::parse(text.str()).at("traceEvents");
  std::vector<Json> slices;
  std::map<int, std::string> tracks;
  for (const Json& event : events) {
    if (event.at("ph") == "X") slices.push_back(event);
    if (event.at("name") == "thread_name") tracks[event.at("tid")] = event.at("args").at("name");
  }
  EXPECT_EQ(tracks, (std::map<int, std::string>{
                        {1, "LOAD"}, {2, "EXEC"}, {3, "STORE"}, {4, "EXEC waits for"}}));
  ASSERT_EQ(slices.size(), 8u);
  const Json load = {{"ph", "X"},
                     {"pid", 1},
                     {"tid", 1},
                     {"ts", 10},
                     {"dur", 5},
                     {"name", "load_features image"},
                     {"args", {{"frame", 0}, {"descriptor", 2}}}};
  EXPECT_EQ(slices[1], load);
  const Json exec = {
      {"ph", "X"},
      {"pid", 1},
      {"tid", 2},
      {"ts", 40},
      {"dur", 45},
      {"name", "b"},
      {"args", {{"frame", 0}, {"descriptor", 5}, {"complete", 87}, {"depend", 40}, {"busy", 5}}}};
  EXPECT_EQ(slices[4], exec);
  const Json stall = {{"ph", "X"}, {"pid", 1},  {"tid", 4},
                      {"ts", 40},  {"dur", 40}, {"name", "depend"}};
  EXPECT_EQ(slices[7], stall);
}

}  // namespace
}  // namespace reshift
