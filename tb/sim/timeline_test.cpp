// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// What a simulated core tells of itself, against its own counters and the order of the engines.

#include "device/timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "compile/compile.hpp"
#include "device/layer_times.hpp"
#include "device/runtime.hpp"
#include "device/sim.hpp"
#include "device/trace.hpp"
#include "golden/random_network.hpp"
#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

struct Measured {
  Program program;
  Counters counters;
  Timeline timeline;
};

Measured run(const QNet& net, bool store_all, std::size_t frames) {
  Measured run{compile(find_hardware("4x4x3"), net, {store_all}), {}, {}};
  Recorder recorder;
  SimOptions options;
  options.memory_bytes = 1 << 24;
  options.probe = &recorder;
  const auto device = open_sim_device("4x4x3", options);
  std::vector<std::uint8_t> inputs;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const auto window = run.program.input_window(random_image(net, frame));
    inputs.insert(inputs.end(), window.begin(), window.end());
  }
  run.counters = Runtime(*device, run.program).run(inputs).counters;
  run.timeline = recorder.timeline(run.program);
  return run;
}

void check(const Measured& r, std::size_t frames) {
  const Timeline& t = r.timeline;
  EXPECT_EQ(t.frames, frames);
  EXPECT_EQ(t.cycles, r.counters.cycles);
  EXPECT_EQ(t.causes[kBusy], r.counters.exec_busy);
  std::uint64_t sum = 0;
  for (std::size_t c = 0; c < kBusy; ++c) {
    EXPECT_EQ(t.causes[c], r.counters.stalls.at(std::string(cause_name(c)))) << cause_name(c);
  }
  for (const std::uint64_t cycles : t.causes) sum += cycles;
  EXPECT_EQ(sum, t.cycles);

  // Every engine does one thing after the other; operations issue micro-ops in each of theirs.
  std::array<const TimeSpan*, kEngines> last{};
  std::uint64_t busy = 0, features = 0;
  for (const TimeSpan& s : t.spans) {
    const TimeSpan*& before = last[static_cast<std::size_t>(s.engine)];
    const std::string& name = r.program.descriptors[s.descriptor];
    ASSERT_LT(s.first, s.end) << name;
    ASSERT_LE(s.end, t.cycles) << name;
    if (before) {
      ASSERT_GE(s.first, before->end) << name;
    }
    if (s.engine == Engine::kExec) {
      ASSERT_GT(s.complete, s.end) << name;
      if (before) {
        ASSERT_GT(s.complete, before->complete) << name;
      }
      // A micro-op a cycle, each once a pixel group: no cycle of a neighbour's is among them.
      isa::Descriptor d{};
      std::memcpy(d.data(), r.program.image.data() + s.descriptor * isa::kDescriptorBytes,
                  isa::kDescriptorBytes);
      ASSERT_EQ(s.causes[kBusy],
                std::uint64_t{isa::get(d, isa::exec::kUops)} * isa::get(d, isa::exec::kGroups))
          << name;
      std::uint64_t cycles = 0;
      for (const std::uint64_t c : s.causes) cycles += c;
      ASSERT_EQ(cycles, s.end - (before ? before->end : 0)) << name;
      ASSERT_GE(s.first, features) << name;  // the first that came
      busy += s.causes[kBusy];
    } else if (features == 0 && name.starts_with("load_features")) {
      features = s.end;
    }
    before = &s;
  }
  EXPECT_EQ(busy, t.causes[kBusy]);
  // The result is stored when it is there.
  EXPECT_GE(last[2]->first, last[1]->complete);
  EXPECT_LE(last[2]->end, t.cycles);

  std::ostringstream text;
  write_trace(r.program, t, text);
  std::size_t slices = 0;
  const auto trace = nlohmann::json::parse(text.str());
  for (const auto& event : trace.at("traceEvents")) slices += event.at("ph") == "X";
  EXPECT_EQ(slices, t.spans.size() + t.stalls.size());
}

TEST(SimTimeline, AgreesWithTheCounters) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(seed);
    check(run(random_qnet(seed), seed % 2 == 0, 3), 3);
  }
}

TEST(SimTimeline, GoesOnThroughFurtherStarts) {
  const QNet net = random_qnet(5);
  const Program program = compile(find_hardware("4x4x3"), net, {false});
  Recorder recorder;
  SimOptions options;
  options.memory_bytes = 1 << 24;
  options.probe = &recorder;
  const auto device = open_sim_device("4x4x3", options);
  Runtime runtime(*device, program);
  const auto window = program.input_window(random_image(net, 1));
  const std::uint64_t first = runtime.run(window).counters.cycles;
  const std::uint64_t second = runtime.run(window).counters.cycles;
  const Timeline timeline = recorder.timeline(program);
  EXPECT_EQ(timeline.frames, 2u);
  EXPECT_EQ(timeline.cycles, first + second);
  for (const TimeSpan& s : timeline.spans) {
    EXPECT_EQ(s.frame, s.first < first ? 0u : 1u) << program.descriptors[s.descriptor];
  }
}

TEST(SimTimeline, SeesStripsComeBackFromMemory) {
  QNet net;
  net.name = "strips";
  net.tensors = {{"image", 16, 112, 112, 0.1, -128},
                 {"a", 16, 112, 112, 0.1, -128},
                 {"b", 4, 112, 112, 0.1, -128}};
  for (const auto& [name, input, output] : {std::tuple("conv1", 0, 1), std::tuple("conv2", 1, 2)}) {
    QOp op;
    op.name = name;
    op.input = input;
    op.output = output;
    const auto outputs =
        static_cast<std::size_t>(net.tensors[static_cast<std::size_t>(output)].channels);
    op.term_values.assign(16 * outputs, 1);
    op.params.assign(outputs, {0, 1, 4});
    op.post = {-128, -128, 127};
    net.ops.push_back(op);
  }
  net.outputs = {{"scores", 2}};
  const Measured r = run(net, true, 2);  // every tensor is stored, so no chain keeps the first map
  check(r, 2);
  const auto reloads =
      std::count_if(r.timeline.spans.begin(), r.timeline.spans.end(), [&](auto& s) {
        return r.program.descriptors[s.descriptor].starts_with("reload_features a");
      });
  EXPECT_GT(reloads, 2);
  const auto layers = layer_times(r.program, r.timeline);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_GT(layers[0].cycles(), layers[1].cycles());  // four times as many micro-ops
}

}  // namespace
}  // namespace reshift
