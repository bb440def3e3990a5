// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/program_interpreter.hpp"

#include <array>
#include <optional>

#include "base/error.hpp"
#include "golden/array_model.hpp"
#include "golden/decoded_program.hpp"
#include "golden/feature_memory.hpp"
#include "golden/post_model.hpp"
#include "golden/scheduling.hpp"
#include "golden/weight_rings.hpp"
#include "golden/windows.hpp"

namespace reshift {

using namespace golden;

class ProgramInterpreter::Impl {
 public:
  Impl(const isa::Hardware& hw, std::span<const std::uint8_t> image, Timing timing)
      : hw_(hw),
        late_(timing == Timing::kLate),
        program_(decode_program(hw_, image)),
        memory_(hw_, late_),
        tables_(static_cast<std::size_t>(hw_.tables) + 1),
        array_(hw_, memory_) {}

  std::vector<std::uint8_t> run(std::span<const std::uint8_t> input, std::int64_t in_stride,
                                std::int64_t out_stride) {
    Windows windows(hw_, input, in_stride, out_stride);
    windows_ = &windows;
    run_.emplace(hw_, program_.init);
    memory_.drop_results();
    std::size_t task = 0, frame = 0;
    while (true) {
      progress_ = false;
      while (frame < windows.frames() && run_->ring.fetch(task + 1, program_.tasks[task].engine)) {
        progress_ = true;
        if (++task < program_.tasks.size()) continue;
        task = 0;
        ++frame;
      }
      step(Engine::kLoad);
      step(Engine::kExec);
      // The store comes last, when nothing else can go on: whoever must not overtake it has to
      // wait.
      if (!progress_ || !late_) step(Engine::kStore);
      if (progress_) continue;
      if (frame == windows.frames() && run_->ring.idle()) return windows.take_output();
      throw Error("the engines wait for each other: {}", run_->ring.text());
    }
  }

  void observe(ArrayObserver observer) { array_.observe(std::move(observer)); }
  void observe_writes(WriteObserver observer) { observer_ = std::move(observer); }

 private:
  /// What begins anew with each run.
  struct Run {
    Run(const isa::Hardware& hw, const isa::Init& init) : tokens(init), weights(hw) {}
    DescriptorRing ring;
    TokenCounters tokens;
    WeightRings weights;
    bool exec_started = false;     ///< the EXEC that is next has its tokens
    std::int64_t exec_number = 0;  ///< of that EXEC, over all frames
    /// Of each engine's transfers or operations: the descriptors come in the same order each frame,
    /// so that an index that does not grow is a new frame.
    std::array<std::int64_t, kEngines> frame{};
    std::array<std::size_t, kEngines> last{};
  };

  void step(Engine engine) {
    const auto descriptor = run_->ring.at(engine);
    if (!descriptor) return;
    try {
      if (!carry_out(*descriptor, program_.tasks[*descriptor - 1])) return;
    } catch (const Error& e) {
      throw Error("descriptor {}: {}", *descriptor, e.what());
    }
    run_->ring.complete(engine);
    progress_ = true;
  }

  /// Whether the task is complete.
  bool carry_out(std::size_t descriptor, const Task& task) {
    if (const auto* x = std::get_if<isa::Exec>(&task.work)) return exec(descriptor, task, *x);
    if (!run_->tokens.ready(task)) return false;
    if (const auto* block = std::get_if<Block>(&task.work)) {
      if (!run_->weights.has_room(*block)) return false;
      run_->weights.load(*block);
    } else if (const auto* table = std::get_if<Table>(&task.work)) {
      tables_[table->number] = table->codes;
    } else {
      transfer(descriptor, task, std::get<Transfer>(task.work));
    }
    run_->tokens.take(task);
    run_->tokens.give(task);
    return true;
  }

  std::int64_t frame_of(Engine engine, std::size_t descriptor) {
    const auto i = static_cast<std::size_t>(engine);
    if (descriptor <= run_->last[i]) ++run_->frame[i];
    run_->last[i] = descriptor;
    return run_->frame[i];
  }

  /// Moves pixels between a window and the feature buffer.
  void transfer(std::size_t descriptor, const Task& task, const Transfer& t) {
    const std::int64_t frame = frame_of(task.engine, descriptor);
    const std::int64_t end = t.base + t.groups * t.words;
    if (end > hw_.fb_depth) throw Error("words up to {} leave the feature buffer", end);
    std::int64_t offset = windows_->begin(t, frame);
    const std::size_t codes = static_cast<std::size_t>(hw_.m);
    for (std::int64_t addr = t.base; addr < end; ++addr) {
      for (int bank = 0; bank < hw_.p; ++bank, offset += isa::word_bytes(hw_)) {
        const std::span word(memory_.word(bank, addr), codes);
        if (task.engine == Engine::kStore) {
          windows_->write(offset, word);
          continue;
        }
        windows_->read(t.opcode, offset, word);
        if (observer_) {
          observer_({.engine = Engine::kLoad,
                     .frame = static_cast<std::size_t>(frame),
                     .descriptor = descriptor,
                     .bank = bank,
                     .addr = static_cast<int>(addr),
                     .codes = word});
        }
      }
    }
  }

  bool exec(std::size_t descriptor, const Task& task, const isa::Exec& x) {
    if (!run_->exec_started) {
      if (!run_->tokens.ready(task)) return false;
      run_->tokens.take(task);
      run_->exec_started = true;
    }
    if (run_->weights.take_list(x)) progress_ = true;
    if (!run_->weights.complete(x)) return false;
    compute(descriptor, x);
    run_->weights.finish(x);
    run_->exec_started = false;
    ++run_->exec_number;
    if (x.post_load || x.post_store) memory_.complete(run_->exec_number);
    run_->tokens.give(task);
    return true;
  }

  void compute(std::size_t descriptor, const isa::Exec& x) {
    const auto frame = static_cast<std::size_t>(frame_of(Engine::kExec, descriptor));
    PostModel::Observer observer;
    if (observer_) {
      observer = [&](const PostModel::Word& w) {
        observer_({Engine::kExec, frame, descriptor, w.bank, w.addr, w.codes, w.y, w.x, w.m_block});
      };
    }
    const auto number = static_cast<std::size_t>(x.table_index);
    if (number > 0 && tables_[number].empty()) throw Error("table {} was not loaded", number);
    PostModel post(hw_, x, run_->exec_number, run_->weights, tables_[number], memory_, observer);
    // Everything before the previous EXEC is complete, that one only as far as each group needs it.
    if (x.wait_previous) memory_.complete(run_->exec_number);
    std::int64_t need = x.need_first;
    for (std::int64_t group = 0; group < x.groups; ++group, need += x.need_step) {
      memory_.complete_pixels(run_->exec_number - 1, need);
      post.write_group(array_.accumulate(descriptor, x, group, run_->weights.list()));
    }
  }

  const isa::Hardware hw_;
  const bool late_;
  const DecodedProgram program_;
  FeatureMemory memory_;
  std::vector<std::vector<std::int16_t>> tables_;  ///< by number; 0: none
  ArrayModel array_;
  WriteObserver observer_;
  Windows* windows_ = nullptr;  ///< of the run
  std::optional<Run> run_;
  bool progress_ = false;
};

ProgramInterpreter::ProgramInterpreter(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                                       Timing timing)
    : impl_(std::make_unique<Impl>(hw, image, timing)) {}
ProgramInterpreter::~ProgramInterpreter() = default;
ProgramInterpreter::ProgramInterpreter(ProgramInterpreter&&) noexcept = default;

std::vector<std::uint8_t> ProgramInterpreter::run(std::span<const std::uint8_t> input,
                                                  std::int64_t in_stride, std::int64_t out_stride) {
  return impl_->run(input, in_stride, out_stride);
}

void ProgramInterpreter::observe(ArrayObserver observer) { impl_->observe(std::move(observer)); }

void ProgramInterpreter::observe_writes(WriteObserver observer) {
  impl_->observe_writes(std::move(observer));
}

}  // namespace reshift
