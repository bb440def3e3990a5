// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The control program on the model of its processor: every routine with all its branches, its
// verdicts against bounds written here by hand, the commands that it works out.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/random.hpp"
#include "isa/descriptors.hpp"
#include "unit/models/control_host.hpp"

namespace reshift::ctrl {
namespace {

using isa::Descriptor;
using isa::Error;
using isa::Field;
using isa::Hardware;
using Failure = ControlHost::Failure;

const Hardware& hardware(std::string_view name) {
  return *std::ranges::find(isa::kConfigurations, name, &Hardware::name);
}

/// Windows and frames of a run.
struct Windows {
  std::uint64_t program = 0x1'0000'1240, input = 0x12'ffff'f010, output = 0x7'1000'0008;
  std::uint32_t program_size = 0x100000, input_stride = 0x4000000, output_stride = 0x5000000;
  std::uint32_t frames = 1, watchdog = 0;
};

void set_windows(ControlHost& host, const Windows& w) {
  const auto base = [&](std::uint8_t lo, std::uint8_t hi, std::uint64_t address) {
    host.word(lo) = static_cast<std::uint32_t>(address);
    host.word(hi) = static_cast<std::uint32_t>(address >> 32);
  };
  base(word::kProgBaseLo, word::kProgBaseHi, w.program);
  base(word::kInBaseLo, word::kInBaseHi, w.input);
  base(word::kOutBaseLo, word::kOutBaseHi, w.output);
  host.word(word::kProgSize) = w.program_size;
  host.word(word::kInStride) = w.input_stride;
  host.word(word::kOutStride) = w.output_stride;
  host.word(word::kFrames) = w.frames;
  host.word(word::kWatchdog) = w.watchdog;
}

Descriptor of(isa::Opcode opcode) {
  Descriptor d{};
  isa::put(d, isa::common::kOpcode, static_cast<std::uint32_t>(opcode));
  return d;
}

Descriptor init(const Hardware& hw) {
  namespace f = isa::init;
  Descriptor d = of(isa::Opcode::kInit);
  const auto set = [&](const Field& field, int value) { isa::set(d, field, value); };
  d[1] = isa::kProgramMagic;
  set(f::kM, hw.m);
  set(f::kC, hw.c);
  set(f::kP, hw.p);
  set(f::kActW, hw.act_w);
  set(f::kWeightFormat, hw.weight_format);
  set(f::kMultW, hw.mult_w);
  set(f::kLoadCredits, 1);
  set(f::kExecCredits, 2);
  set(f::kReloadCredits, 3);
  set(f::kFbDepth, hw.fb_depth);
  set(f::kWmDepth, hw.wm_depth);
  set(f::kPmDepth, hw.pm_depth);
  set(f::kTables, hw.tables);
  set(f::kNeighbours, hw.neighbours);
  set(f::kRequantise, hw.requantise);
  return d;
}

/// An EXEC in which any field can be at the least or the most that it may be by itself.
Descriptor exec(const Hardware& hw, bool residual) {
  namespace f = isa::exec;
  Descriptor d = of(isa::Opcode::kExec);
  isa::set(d, f::kResidual, residual);
  isa::set(d, f::kUops, 0xfffff);
  for (const Field& one : {f::kGroups, f::kMBlocks, f::kInHeight, f::kInWidth, f::kOutHeight,
                           f::kOutWidth, f::kDstWords, f::kResWords}) {
    isa::set(d, one, 1);
  }
  isa::set(d, f::kPitch, 4095);
  const int half = 1 << (hw.act_w - 1);
  isa::set_signed(d, f::kLo, -half);
  isa::set_signed(d, f::kHi, half - 1);
  return d;
}

Descriptor features(isa::Opcode opcode, unsigned words, unsigned groups, std::uint32_t offset) {
  namespace f = isa::load_features;
  Descriptor d = of(opcode);
  isa::set(d, f::kWords, words);
  isa::set(d, f::kGroups, groups);
  isa::put(d, f::kOffset, offset);
  return d;
}

std::int64_t weight_bytes(const Hardware& hw, std::int64_t uops, std::int64_t param_blocks,
                          std::int64_t items) {
  int tile = 4;
  const int bits = hw.weight_format >= 128 ? hw.weight_format - 128 : hw.weight_format == 7 ? 4 : 5;
  while (tile * 8 < hw.m * hw.c * bits) tile *= 2;
  int lane_bits = 0;
  while (1 << lane_bits < hw.c) ++lane_bits;
  const std::int64_t entry = lane_bits + bits > 8 ? 2 : 1;
  const std::int64_t tiles = items > 0 ? items * hw.m * entry : uops * tile;
  return param_blocks * hw.m * (hw.mult_w > 16 ? 16 : 8) + (uops * 4 + 31) / 32 * 32 +
         (tiles + 31) / 32 * 32;
}

Descriptor weights(const Hardware& hw, unsigned uops, unsigned blocks, std::uint32_t offset,
                   unsigned items = 0) {
  namespace f = isa::load_weights;
  Descriptor d = of(isa::Opcode::kLoadWeights);
  isa::set(d, f::kUops, uops);
  isa::set(d, f::kParamBlocks, blocks);
  isa::put(d, f::kOffset, offset);
  isa::set(d, f::kStreamItems, items);
  isa::put(d, f::kBytes, static_cast<std::uint32_t>(weight_bytes(hw, uops, blocks, items)));
  return d;
}

Descriptor table(std::int64_t number, std::uint32_t offset) {
  Descriptor d = of(isa::Opcode::kLoadTable);
  isa::set(d, isa::load_table::kNumber, number);
  isa::put(d, isa::load_table::kOffset, offset);
  return d;
}

/// A program of good descriptors: init first, end last.
std::vector<Descriptor> program(const Hardware& hw, std::vector<Descriptor> middle) {
  middle.insert(middle.begin(), init(hw));
  middle.push_back(of(isa::Opcode::kEnd));
  for (Descriptor& d : middle) isa::seal(d);
  return middle;
}

// ---- The bounds, by hand.

struct Bound {
  Field field;
  std::int64_t least, most;
  bool is_signed = false;
};

std::vector<Bound> exec_bounds(const Hardware& hw) {
  namespace f = isa::exec;
  const std::int64_t fb = hw.fb_depth, words = std::min<std::int64_t>(fb, 32767);
  const std::int64_t c_blocks = fb * (hw.m / hw.c), steps = std::min<std::int64_t>(c_blocks, 32767);
  const std::int64_t half = std::int64_t{1} << (hw.act_w - 1);
  // Fields of 12 bits are tested with the reserved bits above them.
  return {{f::kUops, 1, 0xfffff},
          {f::kGroups, 1, 0xfffff},
          {{"m_blocks", 3, 0, 16}, 1, 4095},
          {{"pitch", 3, 16, 16}, 1, 4095},
          {f::kInHeight, 1, 4095},
          {f::kInWidth, 1, 4095},
          {f::kOutHeight, 1, 4095},
          {f::kOutWidth, 1, 4095},
          {f::kSrc0Base, 0, c_blocks - 1},
          {f::kSrc0Step, 0, steps},
          {f::kSrc1Base, 0, c_blocks - 1},
          {f::kSrc1Step, 0, steps},
          {f::kDstBase, 0, fb - 1},
          {f::kDstWords, 1, words},
          {f::kDstPhase, 0, words},
          {f::kDstRowBank, 0, hw.p - 1},
          {f::kDstRowAddr, 0, words},
          {f::kDstBank, 0, hw.p - 1},
          {f::kTableIndex, 0, hw.tables},
          {f::kRoundMode, 0, 2},
          {f::kLo, -half, half - 1, true},
          {f::kHi, -half, half - 1, true},
          {f::kInZero, -half, half - 1, true},
          {f::kOutZero, -half, half - 1, true},
          {{"round_mode", 16, 16, 4}, 0, 2}};
}

std::vector<Bound> residual_bounds(const Hardware& hw) {
  namespace f = isa::exec;
  const std::int64_t fb = hw.fb_depth, words = std::min<std::int64_t>(fb, 32767);
  const std::int64_t half = std::int64_t{1} << (hw.act_w - 1);
  return {{f::kResBase, 0, fb - 1},
          {f::kResWords, 1, words},
          {f::kResPhase, 0, words},
          {f::kResRowBank, 0, hw.p - 1},
          {f::kResRowAddr, 0, words},
          {f::kResBank, 0, hw.p - 1},
          {f::kResZero, -half, half - 1, true}};
}

std::int64_t value(const Descriptor& d, const Bound& b) {
  if (b.is_signed) return isa::get_signed(d, b.field);
  return isa::get(d, b.field);
}

bool within(const Descriptor& d, const std::vector<Bound>& bounds) {
  return std::ranges::all_of(
      bounds, [&](const Bound& b) { return value(d, b) >= b.least && value(d, b) <= b.most; });
}

std::optional<Error> exec_verdict(const Hardware& hw, const Descriptor& d) {
  namespace f = isa::exec;
  const auto get = [&](const Field& field) { return std::int64_t{isa::get(d, field)}; };
  const bool many = get(f::kGroups) > 1;
  const bool good = within(d, exec_bounds(hw)) && get(f::kOutWidth) <= get(f::kPitch) &&
                    get(f::kMBlocks) <= get(f::kUops) && (!many || get(f::kUops) <= hw.wm_depth) &&
                    (!many || get(f::kMBlocks) <= hw.pm_depth) &&
                    isa::get_signed(d, f::kLo) <= isa::get_signed(d, f::kHi) &&
                    (get(f::kResidual) == 0 || within(d, residual_bounds(hw)));
  return good ? std::nullopt : std::optional(Error::kBadField);
}

std::optional<Error> window_verdict(std::int64_t offset, std::int64_t bytes, std::int64_t size) {
  return offset + bytes <= size ? std::nullopt : std::optional(Error::kBadWindow);
}

/// The bytes that features take, nothing when a field is bad.
std::optional<std::int64_t> feature_bytes(const Hardware& hw, const Descriptor& d) {
  namespace f = isa::load_features;
  const std::int64_t base = isa::get(d, f::kBase), words = isa::get(d, f::kWords),
                     groups = isa::get(d, f::kGroups), most = std::min(hw.fb_depth, 32767);
  const bool good = base < hw.fb_depth && words >= 1 && words <= most && groups >= 1 &&
                    groups <= most && words * groups <= most;
  if (!good) return std::nullopt;
  return words * groups * hw.p * hw.m * (hw.act_w > 8 ? 2 : 1);
}

std::optional<Error> feature_verdict(const Hardware& hw, const Descriptor& d, std::int64_t window) {
  const auto bytes = feature_bytes(hw, d);
  if (!bytes) return Error::kBadField;
  return window_verdict(isa::get(d, isa::load_features::kOffset), *bytes, window);
}

std::optional<Error> weight_verdict(const Hardware& hw, const Descriptor& d, std::int64_t window) {
  namespace f = isa::load_weights;
  if (isa::get(d, f::kStreamItems) > 32767u * static_cast<unsigned>(hw.weight_streams))
    return Error::kBadField;
  const std::int64_t bytes = weight_bytes(hw, isa::get(d, f::kUops), isa::get(d, f::kParamBlocks),
                                          isa::get(d, f::kStreamItems));
  if (bytes == 0 || bytes != isa::get(d, f::kBytes)) return Error::kBadField;
  return window_verdict(isa::get(d, f::kOffset), bytes, window);
}

// ---- Runs.

/// Everything that ran of the program in the tests of this file, by configuration.
std::map<std::string_view, Coverage>& covered() {
  static std::map<std::string_view, Coverage> all;
  return all;
}

class ControlProgram : public testing::TestWithParam<std::string_view> {
 protected:
  ControlProgram() : hw(hardware(GetParam())), host(hw) { host.reset(false); }
  ~ControlProgram() override {
    const auto [at, fresh] = covered().try_emplace(hw.name, host.model.coverage);
    if (!fresh) at->second.add(host.model.coverage);
  }

  /// Runs a program after a soft reset.
  void run(const std::vector<Descriptor>& descriptors, const Windows& windows = {},
           const Behaviour& behaviour = {}) {
    host.reset(true);
    set_windows(host, windows);
    host.run(descriptors, behaviour);
  }

  /// Whether the one descriptor between init and end is refused, and why.
  std::optional<Error> verdict(const Descriptor& d, const Windows& windows = {}) {
    run(program(hw, {d}), windows);
    if (!host.failure) {
      EXPECT_EQ(host.dispatched.size(), 2u);
      return std::nullopt;
    }
    EXPECT_EQ(host.failure->index, 1u);
    return host.failure->cause;
  }

  /// The values around the bounds of a field that fit into it.
  static std::vector<std::int64_t> edges(const Bound& b) {
    const std::int64_t top = b.is_signed ? (std::int64_t{1} << (b.field.width - 1)) - 1
                                         : std::int64_t{isa::field_mask(b.field)};
    const std::int64_t bottom = b.is_signed ? -top - 1 : 0;
    std::vector<std::int64_t> values{bottom,     b.least - 1, b.least,    b.least + 1,
                                     b.most - 1, b.most,      b.most + 1, top};
    std::erase_if(values, [&](std::int64_t v) { return v < bottom || v > top; });
    return values;
  }
  static void put(Descriptor& d, const Bound& b, std::int64_t v) {
    isa::put(d, b.field, static_cast<std::uint32_t>(v) & isa::field_mask(b.field));
  }

  Hardware hw;
  ControlHost host;
};

TEST_P(ControlProgram, ShowsWhatTheCoreIs) {
  EXPECT_EQ(host.word(word::kId), isa::kRegisterId);
  EXPECT_EQ(host.word(word::kVersion), isa::kVersion);
  EXPECT_EQ(host.word(word::kCapShape),
            static_cast<std::uint32_t>(hw.m | hw.c << 8 | hw.p << 16 | hw.act_w << 24));
  EXPECT_EQ(host.word(word::kCapFormat),
            static_cast<std::uint32_t>(hw.weight_format | hw.acc_w << 8 | hw.mult_w << 16 |
                                       hw.axi_data_w / 8 << 24));
  EXPECT_EQ(host.word(word::kCapFbDepth), static_cast<std::uint32_t>(hw.fb_depth));
  EXPECT_EQ(host.word(word::kCapWmDepth), static_cast<std::uint32_t>(hw.wm_depth));
  EXPECT_EQ(host.word(word::kCapPost),
            static_cast<std::uint32_t>(hw.pm_depth | hw.requantise << 16));
  for (std::uint8_t at = word::kErrCause; at <= word::kWatchdog; ++at) EXPECT_EQ(host.word(at), 0u);
  host.steps(100);
  EXPECT_TRUE(host.dispatched.empty()) << "not started";
}

TEST_P(ControlProgram, ASoftResetForgetsTheErrorAndKeepsTheWindows) {
  run(program(hw, {of(isa::Opcode::kExec)}));
  EXPECT_EQ(host.failure, (Failure{Error::kBadField, 1}));
  host.reset(true);
  EXPECT_EQ(host.word(word::kErrCause), 0u);
  EXPECT_EQ(host.word(word::kErrDescriptor), 0u);
  EXPECT_EQ(host.word(word::kProgSize), Windows{}.program_size);
  host.run(program(hw, {}));
  EXPECT_FALSE(host.failure);
  host.reset(false);
  EXPECT_EQ(host.word(word::kProgSize), 0u);
}

TEST_P(ControlProgram, ExecFieldsAtTheirBounds) {
  for (const bool residual : {false, true}) {
    const std::vector<Bound> bounds = residual ? residual_bounds(hw) : exec_bounds(hw);
    for (const Bound& bound : bounds) {
      for (const std::int64_t v : edges(bound)) {
        Descriptor d = exec(hw, residual);
        put(d, bound, v);
        const bool fits = v >= bound.least && v <= bound.most;
        // A long list is refused for another reason when there are several groups.
        if (bound.field.name == "groups" && v > 1) isa::set(d, isa::exec::kUops, 1);
        EXPECT_EQ(!verdict(d).has_value(), fits) << bound.field.name << " " << v;
        EXPECT_EQ(exec_verdict(hw, d).has_value(), !fits) << bound.field.name << " " << v;
      }
    }
    // Without a residual its fields mean nothing.
    Descriptor d = exec(hw, residual);
    isa::put(d, isa::exec::kResWords, 0);
    EXPECT_EQ(verdict(d).has_value(), residual);
  }
}

TEST_P(ControlProgram, ExecFieldsTogether) {
  namespace f = isa::exec;
  const auto with = [&](std::vector<std::pair<Field, std::int64_t>> fields) {
    Descriptor d = exec(hw, false);
    for (const auto& [field, v] : fields) isa::set(d, field, v);
    const auto actual = verdict(d);
    EXPECT_EQ(actual, exec_verdict(hw, d));
    return !actual;
  };
  EXPECT_TRUE(with({{f::kPitch, 17}, {f::kOutWidth, 17}}));
  EXPECT_FALSE(with({{f::kPitch, 17}, {f::kOutWidth, 18}}));
  EXPECT_TRUE(with({{f::kUops, 9}, {f::kMBlocks, 9}}));
  EXPECT_FALSE(with({{f::kUops, 9}, {f::kMBlocks, 10}}));
  EXPECT_TRUE(with({{f::kGroups, 2}, {f::kUops, hw.wm_depth}}));
  EXPECT_FALSE(with({{f::kGroups, 2}, {f::kUops, hw.wm_depth + 1}}));
  EXPECT_TRUE(with({{f::kGroups, 1}, {f::kUops, hw.wm_depth + 1}}));
  const int many = std::min(hw.pm_depth + 1, hw.wm_depth);
  EXPECT_TRUE(with({{f::kGroups, 2}, {f::kUops, many}, {f::kMBlocks, hw.pm_depth}}));
  EXPECT_FALSE(with({{f::kGroups, 2}, {f::kUops, many}, {f::kMBlocks, hw.pm_depth + 1}}));
  for (const int difference : {-1, 0, 1}) {
    Descriptor d = exec(hw, false);
    isa::set_signed(d, f::kHi, -3);
    isa::set_signed(d, f::kLo, -3 + difference);
    EXPECT_EQ(verdict(d).has_value(), difference > 0);
  }
}

/// What the contract's C++ side says of a descriptor.
template <typename D>
bool valid(const Descriptor& d, const Hardware& hw) {
  try {
    isa::validate(isa::decode<D>(d), hw);
  } catch (const reshift::Error&) {
    return false;
  }
  return true;
}

TEST_P(ControlProgram, RandomExecAndSoftwareAgrees) {
  Random random(run_seed());
  std::vector<Bound> bounds = exec_bounds(hw);
  std::ranges::copy(residual_bounds(hw), std::back_inserter(bounds));
  int good = 0, bad = 0;
  for (int i = 0; i < 3000; ++i) {
    Descriptor d = exec(hw, random.chance(50));
    for (auto n = random.uniform(0, 3); n > 0; --n) {
      const Bound& b = bounds[static_cast<std::size_t>(random.uniform(0, std::ssize(bounds) - 1))];
      const std::vector<std::int64_t> values = edges(b);
      put(d, b,
          random.chance(50)
              ? values[static_cast<std::size_t>(random.uniform(0, std::ssize(values) - 1))]
              : random.uniform(b.least, b.most));
    }
    const auto expected = exec_verdict(hw, d);
    ++(expected ? bad : good);
    ASSERT_EQ(verdict(d), expected) << i;
    isa::seal(d);
    if (isa::encode(isa::decode<isa::Exec>(d)) == d) {  // no reserved bit is set
      ASSERT_EQ(valid<isa::Exec>(d, hw), !expected) << i;
    }
  }
  EXPECT_GT(good, 300);
  EXPECT_GT(bad, 300);
}

TEST_P(ControlProgram, Features) {
  using isa::Opcode;
  const Windows windows;
  const unsigned most = static_cast<unsigned>(std::min(hw.fb_depth, 32767));
  const std::vector<unsigned> counts{0,   1,        2,        3,    17,       255,  256,
                                     257, most / 2, most - 1, most, most + 1, 65535};
  for (const Opcode opcode :
       {Opcode::kLoadFeatures, Opcode::kReloadFeatures, Opcode::kStoreFeatures}) {
    const bool input = opcode == Opcode::kLoadFeatures;
    const std::uint32_t window = input ? windows.input_stride : windows.output_stride;
    const auto check = [&](const Descriptor& d) {
      const auto expected = feature_verdict(hw, d, window);
      EXPECT_EQ(verdict(d), expected);
      if (expected) return;
      const auto& given = host.dispatched.front();
      EXPECT_EQ(given.event,
                opcode == Opcode::kStoreFeatures ? Event::kStore : Event::kLoadFeatures);
      EXPECT_EQ(given.value, d[0]);
      const std::uint64_t address =
          (input ? windows.input : windows.output) + isa::get(d, isa::load_features::kOffset);
      const std::uint64_t burst = static_cast<std::uint64_t>(hw.axi_data_w) * 2;
      EXPECT_EQ(given.words[3], static_cast<std::uint32_t>(address));
      EXPECT_EQ(given.words[4], static_cast<std::uint32_t>(address >> 32));
      EXPECT_EQ(given.words[5],
                static_cast<std::uint32_t>(
                    -(*feature_bytes(hw, d) + static_cast<std::int64_t>(address % burst))));
    };
    for (const unsigned words : counts) {
      for (const unsigned groups : counts) check(features(opcode, words, groups, 4711));
      check(features(opcode, words, 0xfffff, 0));
    }
    for (const int base : {hw.fb_depth - 1, hw.fb_depth}) {
      Descriptor d = features(opcode, 1, 1, 0);
      isa::set(d, isa::load_features::kBase, base % 65536);
      check(d);
    }
    const auto bytes = static_cast<std::uint32_t>(*feature_bytes(hw, features(opcode, 3, 2, 0)));
    for (const std::uint32_t offset : {0u, window - bytes, window - bytes + 1, window, 0xffffffffu,
                                       0u - bytes, 0u - bytes + 1, 0u - bytes - 1}) {
      check(features(opcode, 3, 2, offset));
    }
  }
}

TEST_P(ControlProgram, Weights) {
  namespace f = isa::load_weights;
  const Windows windows;
  const auto check = [&](const Descriptor& d) {
    const auto expected = weight_verdict(hw, d, windows.program_size);
    EXPECT_EQ(verdict(d), expected);
    if (expected) return;
    const auto& given = host.dispatched.front();
    const std::uint64_t address = windows.program + isa::get(d, f::kOffset);
    const std::uint64_t burst = static_cast<std::uint64_t>(hw.axi_data_w) * 2;
    EXPECT_EQ(given.event, Event::kLoadWeights);
    EXPECT_EQ(given.value, d[0]);
    EXPECT_EQ(given.words[3], static_cast<std::uint32_t>(address));
    EXPECT_EQ(given.words[4], static_cast<std::uint32_t>(address >> 32));
    EXPECT_EQ(given.words[5],
              -(isa::get(d, f::kBytes) + static_cast<std::uint32_t>(address % burst)));
  };
  for (const unsigned uops : {0u, 1u, 2u, 7u, 8u, 9u, 31u, 33u, 1000u, 0xfffffu}) {
    for (const unsigned blocks : {0u, 1u, 3u, 100u, 4095u}) {
      for (const unsigned items : {0u, 1u, 15u, 32767u}) {
        Descriptor d = weights(hw, uops, blocks, 0x1000, items);
        check(d);
        for (const int more : {-32, -1, 1, 32}) {
          Descriptor other = d;
          other[4] += static_cast<std::uint32_t>(more);
          check(other);
        }
      }
    }
  }
  const auto bytes = static_cast<std::uint32_t>(weight_bytes(hw, 5, 2, 0));
  for (const std::uint32_t offset :
       {0u, windows.program_size - bytes, windows.program_size - bytes + 1, 0u - bytes,
        0u - bytes - 1}) {
    check(weights(hw, 5, 2, offset));
  }
}

TEST_P(ControlProgram, Tables) {
  const Windows windows;
  for (const std::int64_t number : {0, 1, hw.tables, hw.tables + 1, 255}) {
    for (const std::uint32_t offset :
         {0u, 64u, windows.program_size - 256, windows.program_size - 255, 0u - 256, 0u - 257}) {
      const Descriptor d = table(number, offset);
      const auto expected = number < 1 || number > hw.tables
                                ? std::optional(Error::kBadField)
                                : window_verdict(offset, 256, windows.program_size);
      EXPECT_EQ(verdict(d), expected) << number << " at " << offset;
      if (expected) continue;
      const auto& given = host.dispatched.front();
      const std::uint64_t address = windows.program + offset;
      const std::uint64_t burst = static_cast<std::uint64_t>(hw.axi_data_w) * 2;
      EXPECT_EQ(given.event, Event::kLoadTable);
      EXPECT_EQ(given.value, d[0]);
      EXPECT_EQ(given.words[3], static_cast<std::uint32_t>(address));
      EXPECT_EQ(given.words[4], static_cast<std::uint32_t>(address >> 32));
      EXPECT_EQ(given.words[5], -(256 + static_cast<std::uint32_t>(address % burst)));
    }
  }
}

TEST_P(ControlProgram, InitIsTheCores) {
  namespace f = isa::init;
  const auto failure =
      [&](const std::function<void(Descriptor&)>& change) -> std::optional<Failure> {
    std::vector<Descriptor> p = program(hw, {});
    change(p[0]);
    isa::seal(p[0]);
    run(p);
    return host.failure;
  };
  const auto config = Failure{Error::kBadConfig, 0};
  EXPECT_EQ(failure([](Descriptor&) {}), std::nullopt);
  EXPECT_EQ(host.credits, std::vector<std::uint32_t>{0x321});
  EXPECT_EQ(host.skipped, 1);
  for (const Field& field : {f::kM, f::kC, f::kP, f::kActW, f::kWeightFormat, f::kMultW}) {
    for (const unsigned bit : {0u, 7u}) {
      EXPECT_EQ(failure([&](Descriptor& d) { isa::put(d, field, isa::get(d, field) ^ 1u << bit); }),
                config)
          << field.name;
    }
  }
  for (const auto& [field, depth] : {std::pair{f::kFbDepth, hw.fb_depth},
                                     {f::kWmDepth, hw.wm_depth},
                                     {f::kPmDepth, hw.pm_depth},
                                     {f::kTables, hw.tables},
                                     {f::kNeighbours, hw.neighbours},
                                     {f::kRequantise, hw.requantise}}) {
    EXPECT_EQ(failure([&](Descriptor& d) { isa::put(d, field, 0); }), std::nullopt);
    for (const std::uint32_t more : {1u, 1u << (field.width - 1)}) {
      EXPECT_EQ(failure([&](Descriptor& d) {
                  isa::put(d, field, static_cast<std::uint32_t>(depth) + more);
                }),
                config)
          << field.name;
    }
  }
  for (const unsigned bit : {0u, 8u, 23u}) {
    EXPECT_EQ(failure([&](Descriptor& d) { d[1] ^= 1u << bit; }), config) << "letters, bit " << bit;
    EXPECT_EQ(failure([&](Descriptor& d) { d[1] ^= 1u << bit | 1u << 31; }), config);
  }
  for (unsigned version = 0; version < 256; ++version) {
    const auto actual = failure([&](Descriptor& d) { isa::set(d, f::kVersion, version); });
    if (version == isa::kVersion) {
      EXPECT_EQ(actual, std::nullopt);
    } else {
      EXPECT_EQ(actual, (Failure{Error::kBadVersion, 0})) << version;
    }
  }
}

TEST_P(ControlProgram, ChecksumsAndOpcodes) {
  const std::vector<Descriptor> good = program(hw, {exec(hw, false), exec(hw, true)});
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::size_t at : {0u, 20u, 31u}) {
      std::vector<Descriptor> p = good;
      p[i][at] ^= 0x80000000;
      run(p);
      EXPECT_EQ(host.failure, (Failure{Error::kBadChecksum, static_cast<std::uint32_t>(i)}));
    }
  }
  for (const std::size_t i : {0u, 2u}) {
    for (unsigned opcode = 0; opcode < 16; ++opcode) {
      const bool known = i == 0 ? opcode == 1 : opcode >= 2 && opcode <= 8;
      if (known) continue;
      std::vector<Descriptor> p = good;
      isa::put(p[i], isa::common::kOpcode, opcode);
      isa::seal(p[i]);
      run(p);
      EXPECT_EQ(host.failure, (Failure{Error::kBadOpcode, static_cast<std::uint32_t>(i)}))
          << opcode;
    }
  }
}

TEST_P(ControlProgram, FramesMoveTheWindows) {
  using isa::Opcode;
  for (const std::uint32_t frames : {1u, 2u, 5u}) {
    for (const int length : {1, 2, 3, 7, 40}) {
      for (const int latency : {1, 30, 300}) {
        SCOPED_TRACE(fmt::format("{} frames of {}, latency {}", frames, length, latency));
        std::vector<Descriptor> middle;
        for (int i = 0; i < length; ++i) {
          const std::array kinds{
              features(Opcode::kLoadFeatures, 1, 2, static_cast<std::uint32_t>(i)),
              exec(hw, i % 2 != 0),
              features(Opcode::kStoreFeatures, 2, 1, static_cast<std::uint32_t>(i))};
          middle.push_back(kinds[static_cast<std::size_t>(i) % 3]);
        }
        Windows windows;
        windows.frames = frames;
        const std::vector<Descriptor> p = program(hw, middle);
        run(p, windows, {.latency = latency});
        ASSERT_FALSE(host.failure);
        ASSERT_EQ(host.dispatched.size(), frames * (middle.size() + 1));
        for (std::uint32_t frame = 0, at = 0; frame < frames; ++frame) {
          for (std::size_t i = 1; i < p.size(); ++i, ++at) {
            const auto& given = host.dispatched[at];
            const std::array events{Event::kStore, Event::kLoadFeatures, Event::kExec};
            const bool end = i == p.size() - 1;
            const Event expected = !end                  ? events[i % 3]
                                   : frame == frames - 1 ? Event::kLastEnd
                                                         : Event::kEnd;
            ASSERT_EQ(given.event, expected);
            ASSERT_EQ(given.index, i);
            if (end || given.event == Event::kExec) continue;
            const bool load = given.event == Event::kLoadFeatures;
            const std::uint64_t address =
                (load ? windows.input + std::uint64_t{frame} * windows.input_stride
                      : windows.output + std::uint64_t{frame} * windows.output_stride) +
                i - 1;
            EXPECT_EQ(given.words[3] | std::uint64_t{given.words[4]} << 32, address);
          }
        }
        host.steps(2000);  // what was asked for too much comes, and is dropped
        EXPECT_FALSE(host.failure);
        EXPECT_EQ(host.dispatched.size(), frames * (middle.size() + 1));
      }
    }
  }
}

TEST_P(ControlProgram, AWindowWithoutAnEnd) {
  for (const unsigned length : {1u, 2u, 4u, 5u, 9u}) {
    std::vector<Descriptor> p = program(hw, std::vector<Descriptor>(length, exec(hw, false)));
    p.pop_back();
    for (const int latency : {1, 200}) {
      Windows windows;
      windows.program_size = static_cast<std::uint32_t>(p.size()) * isa::kDescriptorBytes + 127;
      run(p, windows, {.latency = latency});
      EXPECT_EQ(host.failure, (Failure{Error::kBadWindow, static_cast<std::uint32_t>(p.size())}));
    }
  }
  Windows windows;
  windows.program_size = isa::kDescriptorBytes - 1;
  run(program(hw, {}), windows);
  EXPECT_EQ(host.failure, (Failure{Error::kBadWindow, 0}));
}

TEST_P(ControlProgram, Watchdog) {
  // More than the ring holds, and nothing of it is ever done.
  const std::vector<Descriptor> p = program(hw, std::vector<Descriptor>(60, exec(hw, false)));
  Windows windows;
  windows.watchdog = 500;
  run(p, windows, {.hang = true});
  ASSERT_TRUE(host.failure);
  EXPECT_EQ(host.failure->cause, Error::kWatchdog);
  EXPECT_GT(host.failure->index, 0u);
  EXPECT_LT(host.failure->index, 60u);

  // Off.
  host.reset(true);
  windows.watchdog = 0;
  set_windows(host, windows);
  host.start(p, {.hang = true});
  host.steps(20000);
  EXPECT_FALSE(host.failure);

  // Slow, but something moves.
  windows.watchdog = 500;
  run(p, windows, {.latency = 100, .hold = 300});
  EXPECT_FALSE(host.failure);

  // After the run nothing moves, and nothing has to.
  host.steps(20000);
  EXPECT_FALSE(host.failure);
}

TEST_P(ControlProgram, BusErrors) {
  const std::vector<Descriptor> p = program(hw, std::vector<Descriptor>(30, exec(hw, false)));
  for (const auto& [block, write, slverr, cause] :
       {std::tuple{false, false, true, Error::kReadSlverr},
        {false, false, false, Error::kReadDecerr},
        {false, true, true, Error::kWriteSlverr},
        {false, true, false, Error::kWriteDecerr},
        {true, false, false, Error::kBadBlock},
        {true, false, true, Error::kBadStream}}) {
    host.reset(true);
    set_windows(host, {});
    host.start(p, {});
    host.run_until([&] { return host.dispatched.size() == 17; });
    host.bus_error(block, write, slverr, host.last_slot());
    EXPECT_EQ(host.failure, (Failure{cause, 17}));
    const std::size_t given = host.dispatched.size();
    host.steps(500);
    EXPECT_EQ(host.dispatched.size(), given) << "it stops";
  }
}

/// Instructions from looking for a descriptor to handing it over: that is cycles, but for jumps and
/// for what else reads the memory. The cycles of every network depend on them.
TEST_P(ControlProgram, LengthOfThePaths) {
  using isa::Opcode;
  const auto length = [&](const Descriptor& d) {
    run(program(hw, {d}), {}, {.latency = 1});
    EXPECT_FALSE(host.failure);
    return static_cast<int>(host.dispatched.front().instructions);
  };
  Descriptor list = exec(hw, false);
  isa::set(list, isa::exec::kGroups, 2);
  isa::set(list, isa::exec::kUops, 2);
  EXPECT_EQ(length(exec(hw, false)), 92);
  EXPECT_EQ(length(list), 94);
  EXPECT_EQ(length(exec(hw, true)), 103);
  EXPECT_EQ(length(weights(hw, 3, 1, 0)),
            94 + isa::clog2(hw.m * 8) + isa::clog2(isa::tile_bytes(hw)));
  const int repeated = hw.p + isa::clog2(isa::word_bytes(hw));
  EXPECT_EQ(length(features(Opcode::kLoadFeatures, 1, 2, 0)), 91 + repeated);
  EXPECT_EQ(length(features(Opcode::kLoadFeatures, 2, 1, 0)), 90 + repeated);
  EXPECT_EQ(length(features(Opcode::kReloadFeatures, 1, 2, 0)), 97 + repeated);
  EXPECT_EQ(length(features(Opcode::kStoreFeatures, 1, 2, 0)), 95 + repeated);
}

INSTANTIATE_TEST_SUITE_P(Core, ControlProgram,
                         testing::Values("4x4x2", "4x4x3", "16x16x8", "32x16x7"),
                         [](const auto& test) { return "core" + std::string(test.param); });

/// After all tests above: everything ran.
class CoverageOfAll : public testing::Environment {
 public:
  void TearDown() override {
    const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
    if (tests.test_to_run_count() != tests.total_test_count()) return;
    for (const auto& [name, coverage] : covered()) {
      const std::vector<std::string> missing = coverage.missing();
      fmt::print("{}: {} of {} outcomes of {} instructions, {} of them conditional jumps\n", name,
                 coverage.outcomes() - missing.size(), coverage.outcomes(), coverage.instructions(),
                 coverage.jumps());
      EXPECT_THAT(missing, testing::ElementsAreArray(unreachable(name))) << name;
    }
  }

 private:
  /// A core that asks for one descriptor at a time has no second test of the end and no second
  /// round; in its feature buffer 256 groups leave room for one word per pixel.
  static std::vector<std::string> unreachable(std::string_view core) {
    std::vector<std::string> all;
    if (core == "4x4x2") all = {"main + 12 never went on", "ask_slot + 9 never jumped"};
    // Cores without tables refuse them all.
    if (hardware(core).tables == 0) {
      std::ranges::copy(
          std::array{"program_window + 15 never jumped", "table_loaded + 1 was never carried out",
                     "table_loaded + 2 was never carried out", "load_table + 1 never went on",
                     "load_table + 3 was never carried out",
                     "load_table + 4 was never carried out"},
          std::back_inserter(all));
    }
    // A field of 15 bits has no more; cores without row streams refuse them all.
    if (hardware(core).weight_streams) {
      all.insert(all.begin(), "load_weights + 0 never jumped");
    } else {
      const auto at = std::ranges::find_if(
          all, [](const std::string& what) { return what.starts_with("program_window"); });
      std::vector<std::string> more{"load_weights + 16 never went on"};
      for (int i = 18; i <= 22; ++i) {
        more.push_back(fmt::format("load_weights + {} was never carried out", i));
      }
      all.insert(at, more.begin(), more.end());
    }
    if (core == "4x4x2") all.push_back("by_groups + 0 never jumped");
    return all;
  }
};
const testing::Environment* const environment =
    testing::AddGlobalTestEnvironment(new CoverageOfAll);

}  // namespace
}  // namespace reshift::ctrl
