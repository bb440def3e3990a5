// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Compiled programs with one thing changed and right checksums: whatever the core makes of them, no
// assertion fails, nothing outside the windows is read or written, the run ends in about the time
// of the program as it was, and after a soft reset that program runs and gives what it should, with
// nothing of the run before.

#include <cstring>
#include <optional>

#include "base/random.hpp"
#include "core/core_case.hpp"
#include "golden/program_interpreter.hpp"
#include "isa/descriptors.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

using Core = CoreBench<RESHIFT_MODEL>;
constexpr int kMutations = 50;  // of a network

/// Changes a program in one place and says which.
class Mutator {
 public:
  Mutator(const Program& program, std::uint64_t seed) : program_(program), random_(seed) {
    while (isa::opcode(get(count_)) != isa::Opcode::kEnd) ++count_;
  }

  std::string mutate() {
    image_ = program_.image;
    const int kind = static_cast<int>(random_.uniform(0, 9));
    return kind < 6 ? change_field() : kind < 8 ? exchange() : change_header();
  }
  const std::vector<std::uint8_t>& image() const { return image_; }

 private:
  isa::Descriptor get(std::int64_t index) const {
    isa::Descriptor words;
    std::memcpy(words.data(), program_.image.data() + index * isa::kDescriptorBytes, sizeof words);
    return words;
  }
  void put(std::int64_t index, isa::Descriptor words) {
    isa::seal(words);
    std::memcpy(image_.data() + index * isa::kDescriptorBytes, words.data(), sizeof words);
  }

  template <typename D>
  static std::vector<isa::Field> fields() {
    std::vector<isa::Field> fields{isa::common::kOpcode};
    const D d;
    D::each(d, [&](const isa::Field& field, auto, bool = false) { fields.push_back(field); });
    return fields;
  }
  static std::vector<isa::Field> fields(isa::Opcode opcode) {
    switch (opcode) {
      case isa::Opcode::kInit:
        return fields<isa::Init>();
      case isa::Opcode::kLoadWeights:
        return fields<isa::LoadWeights>();
      case isa::Opcode::kLoadTable:
        return fields<isa::LoadTable>();
      case isa::Opcode::kExec:
        return fields<isa::Exec>();
      case isa::Opcode::kEnd:
        return fields<isa::End>();
      default:
        return fields<isa::LoadFeatures>();
    }
  }

  /// A field becomes random, extreme, or a little different.
  std::string change_field() {
    const std::int64_t index = random_.uniform(0, count_);
    isa::Descriptor words = get(index);
    const auto candidates = fields(isa::opcode(words));
    const isa::Field& field =
        candidates[static_cast<std::size_t>(random_.uniform(0, std::ssize(candidates) - 1))];
    const std::uint32_t mask = isa::field_mask(field), old = isa::get(words, field);
    std::uint32_t value = 0;
    switch (random_.uniform(0, 4)) {
      case 0:
        value = static_cast<std::uint32_t>(random_()) & mask;
        break;
      case 1:
        value = random_.chance(50) ? mask : 0;
        break;
      case 2:
        value = (random_.chance(50) ? old + 1 : old - 1) & mask;
        break;
      case 3:
        value = old ^ (1u << random_.uniform(0, field.width - 1));
        break;
      default:
        value = (random_.chance(50) ? 2 * old : old / 2) & mask;
    }
    isa::put(words, field, value);
    put(index, words);
    return fmt::format("descriptor {}, {}: {} becomes {}", index, field.name, old, value);
  }

  std::string exchange() {
    const std::int64_t a = random_.uniform(1, count_ - 1), b = random_.uniform(1, count_ - 1);
    put(a, get(b));
    put(b, get(a));
    return fmt::format("descriptors {} and {} exchanged", a, b);
  }

  /// A bit of a header of a weight block.
  std::string change_header() {
    while (true) {
      const std::int64_t index = random_.uniform(1, count_ - 1);
      const isa::Descriptor words = get(index);
      if (isa::opcode(words) != isa::Opcode::kLoadWeights) continue;
      const auto d = isa::decode<isa::LoadWeights>(words);
      if (d.uops == 0) continue;
      const std::int64_t uop = random_.uniform(0, d.uops - 1), bit = random_.uniform(0, 31);
      const std::int64_t headers =
          d.offset + d.param_blocks * program_.hw.m * isa::param_bytes(program_.hw);
      image_[static_cast<std::size_t>(headers + 4 * uop + bit / 8)] ^=
          static_cast<std::uint8_t>(1 << bit % 8);
      return fmt::format("descriptor {}, header {}: bit {}", index, uop, bit);
    }
  }

  const Program& program_;
  Random random_;
  std::int64_t count_ = 0;  ///< descriptors before `end`
  std::vector<std::uint8_t> image_;
};

/// Sees that the bursts of the core lie in the windows.
class WindowGuard : public Agent {
 public:
  WindowGuard(RESHIFT_MODEL& model, const CoreCase& c) : m_(model) {
    const auto frames = static_cast<std::uint64_t>(c.frames);
    const auto out = static_cast<std::uint64_t>(c.program.frame_out_stride()) * frames;
    writes_ = {{Core::kOutBase, out}};
    reads_ = {{Core::kProgBase, c.program.image.size()},
              {Core::kInBase, c.inputs.size()},
              {Core::kOutBase, out}};
  }

  void sample() override {
    if (m_.m_axi_arvalid) check(reads_, m_.m_axi_araddr, m_.m_axi_arlen, "read");
    if (m_.m_axi_awvalid) check(writes_, m_.m_axi_awaddr, m_.m_axi_awlen, "write");
  }
  void drive() override {}

 private:
  struct Window {
    std::uint64_t base, bytes;
  };

  /// Whole beats: the windows begin at one, and end in one.
  static void check(const std::vector<Window>& windows, std::uint64_t address, unsigned length,
                    const char* what) {
    constexpr std::uint64_t kBeat = RESHIFT_AxiDataW / 8;
    const std::uint64_t first = address / kBeat * kBeat, end = first + kBeat * (length + 1);
    for (const Window& w : windows) {
      if (first >= w.base && end <= w.base + (w.bytes + kBeat - 1) / kBeat * kBeat) return;
    }
    ADD_FAILURE() << "a " << what << " of bytes " << first << " to " << end
                  << " leaves the windows";
  }

  RESHIFT_MODEL& m_;
  std::vector<Window> reads_, writes_;
};

/// A core with its guard, made anew after an assertion.
struct GuardedCore {
  GuardedCore(const CoreCase& c, std::uint64_t cycles)
      : core(kHardware, {.max_cycles = cycles}), guard(core.bench().dut(), c) {
    core.bench().add(guard);
  }
  Core core;
  WindowGuard guard;
};

constexpr int kFrames = 2;
constexpr std::int64_t kMostCycles = 20'000;  // of the programs that are changed

std::int64_t estimate(const Program& program) {
  return program.first_cycles + (kFrames - 1) * program.cycles;
}

/// The first network from `seed` on in steps of 1000 that fits the core and runs for a short time.
CoreCase short_case(std::uint64_t seed) {
  for (;; seed += 1000) {
    try {
      CoreCase c(seed, seed % 2 == 0, kFrames);
      if (estimate(c.program) <= kMostCycles) return c;
    } catch (const Error&) {
    }
  }
}

/// Whether the program interpreter runs it.
bool interpreted(const Program& program, const CoreCase& c) {
  try {
    ProgramInterpreter(kHardware, program.image)
        .run(c.inputs, program.frame_in_stride(), program.frame_out_stride());
    return true;
  } catch (const Error&) {
    return false;
  }
}

class Mutation : public testing::TestWithParam<int> {};

TEST_P(Mutation, StopsOrRunsAndIsRecovered) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  const CoreCase good = short_case(seed);
  const std::int64_t cycles = estimate(good.program);
  Mutator mutator(good.program, run_seed() * 1000 + seed);
  std::optional<GuardedCore> guarded;
  int refused = 0, still = 0, completed = 0, recovered = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string what = mutator.mutate();
    SCOPED_TRACE(what);
    // With the watchdog, which is the last estimate of the ten.
    if (!guarded) guarded.emplace(good, static_cast<std::uint64_t>(10 * cycles));
    Core& core = guarded->core;
    Program program = good.program;
    program.image = mutator.image();
    try {
      core.set(isa::reg::kWatchdog, static_cast<std::uint32_t>(cycles));
      core.run(program, good.inputs, good.frames);
      const std::uint32_t cause = core.get(isa::reg::kErrCause);
      EXPECT_TRUE(cause == 0 || !interpreted(program, good)) << "cause " << cause;
      ++(cause == 0                                                   ? completed
         : cause == static_cast<std::uint32_t>(isa::Error::kWatchdog) ? still
                                                                      : refused);
      core.set(isa::reg::kIrqStatus, 3);
      core.set(isa::reg::kCtrl, 2);
      for (int t = 0; core.get(isa::reg::kStatus) & isa::reg::status::kResetting.mask(); ++t)
        ASSERT_LT(t, kHardware.fb_depth);
      good.run_and_compare(core);
      if (HasFatalFailure()) return;
      ++recovered;
      core.set(isa::reg::kIrqStatus, 3);
    } catch (const Error& e) {
      ADD_FAILURE() << e.what();
      guarded.reset();
    }
  }
  fmt::print(
      "{} network {:>2}: {} programs: {} refused, {} stopped by the watchdog, {} completed; "
      "{} recovered\n",
      RESHIFT_CONFIG, GetParam(), kMutations, refused, still, completed, recovered);
}

INSTANTIATE_TEST_SUITE_P(Quick, Mutation, testing::Range(0, 2));
INSTANTIATE_TEST_SUITE_P(Full, Mutation, testing::Range(2, 20));  // make core-test

}  // namespace
}  // namespace reshift
