// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <verilated.h>
#include <verilated_fst_c.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "harness/random.hpp"
#include "harness/sim_hooks.hpp"

namespace reshift {

/// A participant at the pins of a model.
class Agent {
 public:
  virtual ~Agent() = default;
  /// Just before the rising edge, all signals settled: see which handshakes this edge completes.
  virtual void sample() = 0;
  /// Just after the rising edge: set the model's inputs for the next cycle, from own state only.
  virtual void drive() = 0;
};

/// A verilated model with clock (`clk_i`, or `clk` at the top) and synchronous reset, active low
/// (`rst_ni` or `rst_n`), registers and memories starting with random values. One context a bench,
/// so that benches are independent.
///
/// A trace is written to the file that the environment variable RESHIFT_TRACE names (for a second
/// bench of the process with `.1` after the name, and so on).
/// Throws Error when the model stops itself: failed assertion, $fatal, $finish.
template <typename Model>
class Bench {
 public:
  explicit Bench(uint64_t seed = run_seed())
      : random_(seed),
        context_(make_context(seed)),
        model_(std::make_unique<Model>(context_.get(), "dut")) {
    open_trace();
    set_reset(1);
  }
  ~Bench() {
    if (trace_) trace_->close();
    model_->final();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Model* operator->() { return model_.get(); }
  Model& dut() { return *model_; }
  Random& random() { return random_; }
  uint64_t cycle() const { return cycle_; }

  /// The agent must live as long as the bench is ticked.
  void add(Agent& agent) { agents_.push_back(&agent); }

  /// Holds reset for `cycles` edges, enough for pipelines without one to get empty; agents see
  /// nothing of it.
  void reset(int cycles = 256) {
    set_reset(0);
    for (int i = 0; i < cycles; ++i) {
      fall();
      rise();
    }
    set_reset(1);
  }

  /// One clock cycle. Inputs set before the call are seen by its rising edge; outputs read after
  /// it are registered values (call settle() for outputs that depend on inputs directly).
  void tick() {
    fall();
    for (Agent* agent : agents_) agent->sample();
    rise();
    for (Agent* agent : agents_) agent->drive();
  }

  void run(uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; ++i) tick();
  }

  /// Ticks until `done()`; throws Error after `max_cycles`.
  template <typename Condition>
  void run_until(Condition done, uint64_t max_cycles = 100000) {
    for (uint64_t i = 0; i < max_cycles; ++i) {
      if (done()) return;
      tick();
    }
    if (!done()) throw Error("the condition did not come within {} cycles", max_cycles);
  }

  /// Combinational outputs follow the inputs, without an edge.
  void settle() {
    model_->eval();
    check();
  }

 private:
  static std::unique_ptr<VerilatedContext> make_context(uint64_t seed) {
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(2);
    context->randSeed(static_cast<int>(seed & 0x7fffffff));
    context->traceEverOn(std::getenv("RESHIFT_TRACE") != nullptr);
    return context;
  }

  void open_trace() {
    const char* name = std::getenv("RESHIFT_TRACE");
    if (!name) return;
    static int count = 0;
    std::string file = name;
    if (count > 0) file.append(".").append(std::to_string(count));
    ++count;
    trace_ = std::make_unique<VerilatedFstC>();
    model_->trace(trace_.get(), 99);
    trace_->open(file.c_str());
  }

  // A combinational module has neither.
  void set_clock(uint8_t value) {
    if constexpr (requires { model_->clk_i; }) {
      model_->clk_i = value;
    } else if constexpr (requires { model_->clk; }) {
      model_->clk = value;
    }
  }
  void set_reset(uint8_t value) {
    if constexpr (requires { model_->rst_ni; }) {
      model_->rst_ni = value;
    } else if constexpr (requires { model_->rst_n; }) {
      model_->rst_n = value;
    }
  }

  void fall() {
    set_clock(0);
    step();
  }
  void rise() {
    set_clock(1);
    step();
    ++cycle_;
    check();
  }
  void step() {
    model_->eval();
    if (trace_) trace_->dump(context_->time());
    context_->timeInc(1);
  }
  void check() {
    if (!context_->gotFinish()) return;
    if (trace_) trace_->flush();
    if (!context_->gotError()) throw Error("the model called $finish in cycle {}", cycle_);
    const SimFailure& failure = last_sim_failure();
    throw Error("simulation stopped in cycle {}: {}:{}: {}", cycle_, failure.file, failure.line,
                failure.message);
  }

  Random random_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<VerilatedFstC> trace_;
  std::vector<Agent*> agents_;
  uint64_t cycle_ = 0;
};

}  // namespace reshift
