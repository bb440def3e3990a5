// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/timeline.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

std::size_t index(Engine engine) { return static_cast<std::size_t>(engine); }

/// The descriptors of each engine in the order of the program.
std::array<std::vector<std::size_t>, kEngines> descriptors_by_engine(const Program& program) {
  std::array<std::vector<std::size_t>, kEngines> lists;
  for (std::size_t i = 0; i < program.descriptors.size(); ++i) {
    isa::Descriptor d{};
    std::memcpy(d.data(), program.image.data() + i * isa::kDescriptorBytes, isa::kDescriptorBytes);
    if (const auto engine = engine_of(isa::opcode(d))) lists[index(*engine)].push_back(i);
  }
  return lists;
}

}  // namespace

std::string_view cause_name(std::size_t cause) {
  return cause == kBusy ? "busy" : isa::kStalls.at(cause).name;
}

void Recorder::end(Work& work, std::uint64_t cycle) {
  if (work.done == work.spans.size()) throw Error("an engine is done with what it never began");
  TimeSpan& span = work.spans[work.done];
  // What LOAD is asked for ahead begins when the transfer before is complete.
  if (work.done > 0) span.first = std::max(span.first, work.spans[work.done - 1].end);
  span.end = cycle;
  ++work.done;
}

void Recorder::end_stall() {
  stall_.end = now_;
  if (stall_.cause != kBusy && stall_.end - stall_.first >= kShortestStall) {
    stalls_.push_back(stall_);
  }
}

void Recorder::cycle(const ProbeCycle& c) {
  if (c.cause != stall_.cause) {
    end_stall();
    stall_ = {{now_, now_}, c.cause};
  }
  ++causes_[c.cause];
  ++since_last_[c.cause];
  ++now_;
  auto& [load, exec, store] = work_;
  const auto give = [&](Work& work, Engine engine, std::uint64_t first) {
    TimeSpan span;
    span.engine = engine;
    span.first = first;
    work.spans.push_back(span);
  };
  if (c.load_given) give(load, Engine::kLoad, now_ - 1);
  if (c.store_given) give(store, Engine::kStore, now_ - 1);
  if (c.load_done) end(load, now_);
  if (c.store_done) end(store, now_);
  if (c.exec_end) {
    end(exec, now_);
    exec.spans.back().causes = since_last_;
    since_last_ = {};
  }
  if (c.exec_start) give(exec, Engine::kExec, now_);  // its first micro-op comes in the next cycle
  if (c.exec_complete) {
    if (completed_ == exec.spans.size()) throw Error("an operation is complete that never began");
    exec.spans[completed_++].complete = now_;
  }
}

Timeline Recorder::timeline(const Program& program) const {
  Timeline timeline;
  timeline.cycles = now_;
  timeline.causes = causes_;
  timeline.stalls = stalls_;
  if (stall_.cause != kBusy && now_ - stall_.first >= kShortestStall) {
    timeline.stalls.push_back({{stall_.first, now_}, stall_.cause});
  }
  const auto lists = descriptors_by_engine(program);
  const auto& execs = lists[index(Engine::kExec)];
  if (execs.empty()) throw Error("the program has no operation");
  timeline.frames = completed_ / execs.size();
  for (std::size_t engine = 0; engine < kEngines; ++engine) {
    const Work& work = work_[engine];
    const auto& list = lists[engine];
    if (work.done != timeline.frames * list.size() || work.spans.size() != work.done) {
      throw Error("the core began {} descriptors of {} and completed {}, {} frames have {}",
                  work.spans.size(), kEngineNames[engine], work.done, timeline.frames,
                  timeline.frames * list.size());
    }
    for (std::size_t i = 0; i < work.spans.size(); ++i) {
      TimeSpan span = work.spans[i];
      span.frame = i / list.size();
      span.descriptor = list[i % list.size()];
      timeline.spans.push_back(span);
    }
  }
  return timeline;
}

}  // namespace reshift
