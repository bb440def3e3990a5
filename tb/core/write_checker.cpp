// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "core/write_checker.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "golden/program_interpreter.hpp"

namespace reshift {

WriteChecker::WriteChecker(const Program& program, std::span<const std::uint8_t> inputs)
    : descriptors_(program.descriptors),
      m_(static_cast<std::size_t>(program.hw.m)),
      ahead_(isa::post_pixels(program.hw) > 1 ? kMostInFlight : 1) {
  ProgramInterpreter interpreter(program.hw, program.image);
  interpreter.observe_writes([this](const FeatureWrite& w) {
    of(w.engine).expected.push_back(
        {w.frame, w.descriptor, w.bank, w.addr, w.y, w.x, w.m_block, codes_.size()});
    codes_.insert(codes_.end(), w.codes.begin(), w.codes.end());
  });
  interpreter.run(inputs, program.frame_in_stride(), program.frame_out_stride());
}

std::string WriteChecker::text(Engine engine, const Expected& e) const {
  const std::string operation = fmt::format("{} (descriptor {}, frame {})",
                                            descriptors_.at(e.descriptor), e.descriptor, e.frame);
  if (engine == Engine::kLoad) return operation;
  return fmt::format("{}, pixel y {} x {}, M-block {}", operation, e.y, e.x, e.m_block);
}

void WriteChecker::check(const CoreWrite& write) {
  Writes& writes = of(write.engine);
  const std::string_view engine = kEngineNames[static_cast<std::size_t>(write.engine)];
  if (writes.done == writes.expected.size()) {
    throw Error("cycle {}: {} writes bank {} address {} after the last of its {} writes",
                write.cycle, engine, write.bank, write.addr, writes.done);
  }
  // Of several pixels at a time each way keeps its order, but one may be ahead of another.
  const auto next = writes.expected.begin() + static_cast<std::ptrdiff_t>(writes.done);
  const auto last =
      std::min(next + (write.engine == Engine::kExec ? ahead_ : 1), writes.expected.end());
  const auto found = std::find_if(
      next, last, [&](const Expected& e) { return e.bank == write.bank && e.addr == write.addr; });
  if (found != last) std::rotate(next, found, found + 1);
  const Expected& e = writes.expected[writes.done++];
  if (write.bank != e.bank || write.addr != e.addr) {
    throw Error("cycle {}: {}: the core writes bank {} address {}, the model bank {} address {}",
                write.cycle, text(write.engine, e), write.bank, write.addr, e.bank, e.addr);
  }
  for (std::size_t channel = 0; channel < m_; ++channel) {
    const std::int16_t core = write.codes[channel], model = codes_[e.codes + channel];
    if (core == model) continue;
    throw Error("cycle {}: {}, channel {} of the word: bank {} address {}: core {}, model {}",
                write.cycle, text(write.engine, e), channel, e.bank, e.addr, core, model);
  }
}

void WriteChecker::check_complete() const {
  for (const Engine engine : {Engine::kLoad, Engine::kExec}) {
    const Writes& writes = writes_[static_cast<std::size_t>(engine)];
    if (writes.done == writes.expected.size()) continue;
    throw Error("the core made {} of {} writes; the next one is that of {}", writes.done,
                writes.expected.size(), text(engine, writes.expected[writes.done]));
  }
}

std::size_t WriteChecker::count() const {
  std::size_t count = 0;
  for (const Writes& writes : writes_) count += writes.done;
  return count;
}

}  // namespace reshift
