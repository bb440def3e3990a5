// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/scheduling.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace reshift::golden {
namespace {

constexpr std::size_t kSlots = isa::kSmallRingSlots;
constexpr unsigned kMaxTokens = 255;  // of a counter

constexpr std::size_t index(Engine engine) { return static_cast<std::size_t>(engine); }

/// The pairs of engines that have a counter: STORE reads only what EXEC writes.
constexpr bool has_tokens(std::size_t from, Engine to) {
  return from != index(to) && !(from == index(Engine::kLoad) && to == Engine::kStore);
}

}  // namespace

bool DescriptorRing::fetch(std::size_t descriptor, Engine engine) {
  while (!slots_.empty() && slots_.front().passed) slots_.pop_front();
  std::optional<std::size_t>& queue = queues_[index(engine)];
  if (queue || slots_.size() == kSlots) return false;
  queue = descriptor;
  slots_.push_back({engine, engine == Engine::kExec});
  return true;
}

void DescriptorRing::complete(Engine engine) {
  queues_[index(engine)].reset();
  if (engine == Engine::kExec) return;
  std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) {
    return s.engine == engine && !s.passed;
  })->passed = true;
}

bool DescriptorRing::idle() const {
  return std::none_of(queues_.begin(), queues_.end(), [](const auto& q) { return q.has_value(); });
}

std::string DescriptorRing::text() const {
  std::string text;
  for (std::size_t engine = 0; engine < kEngines; ++engine) {
    text += fmt::format(
        "{}{} {}", engine > 0 ? ", " : "", kEngineNames[engine],
        queues_[engine] ? fmt::format("descriptor {}", *queues_[engine]) : std::string("idle"));
  }
  return text;
}

TokenCounters::TokenCounters(const isa::Init& init) {
  const auto credits = [](std::int64_t n) { return static_cast<unsigned>(n); };
  count(index(Engine::kExec), Engine::kLoad) = credits(init.load_credits);
  count(index(Engine::kStore), Engine::kExec) = credits(init.exec_credits);
  count(index(Engine::kStore), Engine::kLoad) = credits(init.reload_credits);
}

bool TokenCounters::ready(const Task& task) const {
  for (std::size_t from = 0; from < kEngines; ++from) {
    if (has_tokens(from, task.engine) && task.wait[from] &&
        counts_[from][index(task.engine)] == 0) {
      return false;
    }
  }
  return true;
}

void TokenCounters::take(const Task& task) {
  for (std::size_t from = 0; from < kEngines; ++from) {
    if (has_tokens(from, task.engine)) count(from, task.engine) -= task.wait[from];
  }
}

void TokenCounters::give(const Task& task) {
  for (const Engine to : {Engine::kLoad, Engine::kExec, Engine::kStore}) {
    if (!task.post[index(to)] || !has_tokens(index(task.engine), to)) continue;
    if (++count(index(task.engine), to) > kMaxTokens) {
      throw Error("too many tokens for {}", kEngineNames[index(to)]);
    }
  }
}

}  // namespace reshift::golden
