// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/emit.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compile/hardware.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

namespace common = spec::common;
using spec::Descriptor;
using spec::Opcode;

constexpr std::int64_t kAlignment = 64;
/// Loads are emitted at least this many EXECs ahead.
constexpr std::size_t kLookAhead = 2;
/// Cycles from the last issue to the first of the next operation, roughly: pipeline depth and
/// fetch.
constexpr std::int64_t kFillCycles = 24;

std::int64_t align(std::int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// A part of an EXEC's list that one LOAD_WEIGHTS brings.
struct Chunk {
  std::size_t exec = 0;
  std::size_t entries = 0;
  int param_groups = 0;
  std::int64_t offset = 0, bytes = 0;
  std::int64_t cycles = 0;
};

class Emitter {
 public:
  Emitter(const Lowered& lowered, const Placement& placement, const std::vector<ExecPlan>& execs,
          bool store_all, Program& program)
      : lowered_(lowered),
        net_(lowered.net),
        placement_(placement),
        execs_(execs),
        store_all_(store_all),
        program_(program),
        hw_(program.hw) {}

  void run() {
    for (std::size_t e = 0; e < execs_.size(); ++e) make_chunks(e);
    begin();
    load_image();
    emit_loads_for(std::min(kLookAhead, execs_.size()));
    std::int64_t exec_time = 0;
    for (std::size_t e = 0; e < execs_.size(); ++e) {
      exec(e);
      exec_time += estimate(hw_, execs_[e]).exec + kFillCycles;
      emit_loads_for(e + 1);  // the rest of a list longer than the memory: it is walked as it comes
      emit_loads_for(std::min(e + 1 + kLookAhead, execs_.size()));
      while (next_chunk_ < chunks_.size() &&
             load_time_ + chunks_[next_chunk_].cycles <= exec_time && fits(e == 0 ? 0 : e - 1)) {
        load_weights();
      }
    }
    add(Opcode::kEnd, "end");
    finish();
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  const QOp& op_of(std::size_t e) const { return net_.ops[execs_[e].op]; }

  Descriptor& add(Opcode opcode, std::string name) {
    descriptors_.push_back({});
    program_.descriptors.push_back(std::move(name));
    spec::set(descriptors_.back(), common::kOpcode, static_cast<std::int64_t>(opcode));
    return descriptors_.back();
  }

  // The weight blocks of one EXEC: all channel parameters come with the first chunk.
  void make_chunks(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    const std::size_t half = index(hw_.wm_depth / 2), total = plan.list.entries();
    for (std::size_t done = 0; done < total; done += half) {
      Chunk chunk{.exec = e, .entries = std::min(half, total - done)};
      chunk.param_groups = done == 0 ? plan.m_groups : 0;
      blocks_.resize(index(static_cast<int>(align(static_cast<std::int64_t>(blocks_.size())))), 0);
      chunk.offset = static_cast<std::int64_t>(blocks_.size());
      if (done == 0) append_params(plan);
      const auto* headers = reinterpret_cast<const std::uint8_t*>(plan.list.headers.data() + done);
      append_section({headers, chunk.entries * 4});
      const std::size_t tile = plan.list.tiles.size() / total;
      append_section({plan.list.tiles.data() + done * tile, chunk.entries * tile});
      chunk.bytes = static_cast<std::int64_t>(blocks_.size()) - chunk.offset;
      chunk.cycles = chunk.bytes * 8 / hw_.axi_data_w;
      op_report(execs_[e].op).weight_bytes += chunk.bytes;
      chunks_.push_back(chunk);
    }
  }

  OpReport& op_report(std::size_t op) { return program_.ops[op]; }

  void append_section(std::span<const std::uint8_t> bytes) {
    blocks_.insert(blocks_.end(), bytes.begin(), bytes.end());
    const std::int64_t pad = spec::pad_section(static_cast<std::int64_t>(bytes.size())) -
                             static_cast<std::int64_t>(bytes.size());
    blocks_.insert(blocks_.end(), static_cast<std::size_t>(pad), 0);
  }

  void append_params(const ExecPlan& plan) {
    const QOp& op = net_.ops[plan.op];
    const int channels = net_.written_channels(op);
    std::vector<std::uint32_t> records;
    for (int row = plan.first_m_group * hw_.m; row < (plan.first_m_group + plan.m_groups) * hw_.m;
         ++row) {
      ChannelParams p;
      if (op.kind == QKind::kMaxPool) {
        p = {-op.post.out_zero, 1, 0};  // the code itself
      } else if (row < channels) {
        p = op.params[index(row)];
      }
      std::array<std::uint32_t, 2> words{};
      spec::set_signed(words, spec::params::kBias, p.bias);
      spec::set(words, spec::params::kMult, p.mult);
      spec::set(words, spec::params::kShift, p.shift);
      records.insert(records.end(), words.begin(), words.end());
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(records.data());
    blocks_.insert(blocks_.end(), bytes, bytes + records.size() * 4);
  }

  void begin() {
    Descriptor& d = add(Opcode::kBegin, "begin");
    spec::set(d, spec::begin::kMagic, spec::kProgramMagic);
    spec::set(d, spec::begin::kM, hw_.m);
    spec::set(d, spec::begin::kC, hw_.c);
    spec::set(d, spec::begin::kP, hw_.p);
    spec::set(d, spec::begin::kActW, hw_.act_w);
    spec::set(d, spec::begin::kExponents, hw_.exponents);
    spec::set(d, spec::begin::kLoadCredits, 1);
    spec::set(d, spec::begin::kExecCredits, 1);
    spec::set(d, spec::begin::kFbDepth, placement_.words);
    spec::set(d, spec::begin::kWmDepth, hw_.wm_depth);
    spec::set(d, spec::begin::kPmDepth, hw_.pm_depth);
  }

  // Waits until the operations of the frame before have read the image.
  void load_image() {
    const Layout& layout = placement_.layouts[0];
    Descriptor& d = add(Opcode::kLoadFeatures, "load_features image");
    spec::set(d, common::kWaitExec, 1);
    spec::set(d, common::kPostExec, 1);
    spec::set(d, spec::load_features::kBase, layout.base);
    spec::set(d, spec::load_features::kWords, layout.words);
    spec::set(d, spec::load_features::kGroups, layout.groups(hw_));
    program_.in_stride = align(layout.bytes(hw_));
    load_time_ += layout.bytes(hw_) * 8 / hw_.axi_data_w;
  }

  /// Whether the next chunk has room beside the lists of EXEC `oldest` and later ones.
  bool fits(std::size_t oldest) const {
    std::size_t entries = chunks_[next_chunk_].entries;
    int params = chunks_[next_chunk_].param_groups;
    for (std::size_t i = 0; i < next_chunk_; ++i) {
      if (chunks_[i].exec < oldest) continue;
      entries += chunks_[i].entries;
      params += chunks_[i].param_groups;
    }
    return entries <= index(hw_.wm_depth) && params <= hw_.pm_depth;
  }

  /// Emits loads up to those of EXEC `end` - 1, as far as they find room without an EXEC that is
  /// not yet emitted: else the fetcher could wait for a load that waits for an EXEC behind it.
  void emit_loads_for(std::size_t end) {
    while (next_chunk_ < chunks_.size() && chunks_[next_chunk_].exec < end && fits(next_exec_)) {
      load_weights();
    }
  }

  void load_weights() {
    const Chunk& chunk = chunks_[next_chunk_++];
    Descriptor& d = add(Opcode::kLoadWeights, "load_weights " + op_of(chunk.exec).name);
    spec::set(d, spec::load_weights::kEntries, static_cast<std::int64_t>(chunk.entries));
    spec::set(d, spec::load_weights::kParamGroups, chunk.param_groups);
    spec::set(d, spec::load_weights::kOffset, chunk.offset);  // finish() adds the descriptors
    spec::set(d, spec::load_weights::kBytes, chunk.bytes);
    load_time_ += chunk.cycles;
  }

  /// Whether an operation is the first, or the last, that writes its output tensor.
  bool opens(std::size_t op) const {
    return std::none_of(net_.ops.begin(), net_.ops.begin() + static_cast<std::ptrdiff_t>(op),
                        [&](const QOp& o) { return o.output == net_.ops[op].output; });
  }
  bool completes(std::size_t op) const {
    return std::none_of(net_.ops.begin() + static_cast<std::ptrdiff_t>(op) + 1, net_.ops.end(),
                        [&](const QOp& o) { return o.output == net_.ops[op].output; });
  }

  /// Whether a store follows an operation.
  bool stores(std::size_t op) const {
    return completes(op) && (store_all_ || net_.ops[op].output == net_.output);
  }

  /// Whether a store of before must be complete when an operation starts: that of the output in the
  /// frame before; with all tensors stored, that of the tensor completed last.
  bool waits_for_store(std::size_t op) const {
    if (!store_all_) return net_.ops[op].output == net_.output && opens(op);
    return op == 0 || completes(op - 1);
  }

  bool reads_image(std::size_t op) const {
    return net_.ops[op].input == 0 || net_.ops[op].residual == 0;
  }

  void tokens(const ExecPlan& plan, Descriptor& d) const {
    const auto reads = [&](std::size_t op) { return reads_image(op); };
    spec::set(d, common::kWaitStore, plan.first_of_op && waits_for_store(plan.op));
    spec::set(d, common::kPostStore, plan.last_of_op && stores(plan.op));
    if (!reads(plan.op)) return;
    bool earlier = false, later = false;
    for (std::size_t op = 0; op < net_.ops.size(); ++op) {
      earlier |= op < plan.op && reads(op);
      later |= op > plan.op && reads(op);
    }
    spec::set(d, common::kWaitLoad, plan.first_of_op && !earlier);
    spec::set(d, common::kPostLoad, plan.last_of_op && !later);
  }

  void exec(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    const QOp& op = net_.ops[plan.op];
    const Layout& in = placement_.layouts[index(op.input)];
    const Layout& out = placement_.layouts[index(op.output)];
    Descriptor& d = add(Opcode::kExec, "exec " + op.name);
    try {
      namespace x = spec::exec;
      tokens(plan, d);
      spec::set(d, x::kMaxMode, op.kind == QKind::kMaxPool);
      spec::set(d, x::kWaitPrevious, plan.wait_previous);
      spec::set(d, x::kEntries, static_cast<std::int64_t>(plan.list.entries()));
      spec::set(d, x::kGroups, plan.groups);
      spec::set(d, x::kMGroups, plan.m_groups);
      spec::set(d, x::kPitch, in.pitch);
      spec::set(d, x::kInHeight, in.phase_height());
      spec::set(d, x::kInWidth, in.phase_width());
      spec::set(d, x::kOutHeight, out.height);
      spec::set(d, x::kOutWidth, out.width);
      const int slices = hw_.m / hw_.c;
      spec::set(d, x::kSrc0Base, in.base * slices);
      spec::set(d, x::kSrc0Step, in.words * slices);
      spec::set(d, x::kDstPhased, out.phased);
      spec::set(d, x::kDstBase, out.base + op.first_channel / hw_.m + plan.first_m_group);
      spec::set(d, x::kDstWords, out.words);
      spec::set(d, x::kDstPhase, out.phase_words(hw_));
      spec::set(d, x::kDstRowBank, out.pitch % hw_.p);
      spec::set(d, x::kDstRowAddr, out.pitch / hw_.p * out.words);
      if (op.residual >= 0) {
        const Layout& res = placement_.layouts[index(op.residual)];
        if (!residual_factor_ok(op.post)) {
          throw Error("the scale of its residual is more than 8 times that of its output");
        }
        spec::set(d, x::kResidual, 1);
        spec::set(d, x::kResPhased, res.phased);
        spec::set(d, x::kResBase, res.base + plan.first_m_group);
        spec::set(d, x::kResWords, res.words);
        spec::set(d, x::kResPhase, res.phase_words(hw_));
        spec::set(d, x::kResRowBank, res.pitch % hw_.p);
        spec::set(d, x::kResRowAddr, res.pitch / hw_.p * res.words);
        spec::set_signed(d, x::kResZero, op.post.res_zero);
        spec::set(d, x::kResShift, op.post.res_shift);
        spec::set(d, x::kResMult, op.post.res_mult);
      }
      spec::set_signed(d, x::kLo, op.post.lo);
      spec::set_signed(d, x::kHi, op.post.hi);
      spec::set_signed(
          d, x::kInZero,
          op.kind == QKind::kMaxPool ? code_min(net_.act_w) : net_.tensors[index(op.input)].zero);
      spec::set_signed(d, x::kOutZero, op.post.out_zero);
      spec::set(d, x::kNeedFirst, plan.need.first);
      spec::set(d, x::kNeedStep, plan.need.step);
    } catch (const Error& error) {
      throw Error("operation {}: {}", op.name, error.what());
    }
    next_exec_ = e + 1;
    if (plan.last_of_op && stores(plan.op)) store(plan.op);
  }

  void store(std::size_t op_index) {
    const QOp& op = net_.ops[op_index];
    const Layout& layout = placement_.layouts[index(op.output)];
    const QTensor& tensor = net_.tensors[index(op.output)];
    Descriptor& d = add(Opcode::kStoreFeatures, "store_features " + tensor.name);
    spec::set(d, common::kWaitExec, 1);
    spec::set(d, common::kPostExec, 1);
    spec::set(d, spec::store_features::kBase, layout.base);
    spec::set(d, spec::store_features::kWords, layout.words);
    spec::set(d, spec::store_features::kGroups, layout.groups(hw_));
    spec::set(d, spec::store_features::kOffset, program_.out_stride);
    program_.stored.push_back({tensor.name, lowered_.source_op[op_index],
                               lowered_.source_tensor[index(op.output)], program_.out_stride,
                               layout});
    program_.out_stride += align(layout.bytes(hw_));
  }

  void finish() {
    const auto start =
        align(static_cast<std::int64_t>(descriptors_.size()) * spec::kDescriptorBytes);
    program_.image.assign(static_cast<std::size_t>(start), 0);
    for (std::size_t i = 0; i < descriptors_.size(); ++i) {
      Descriptor& d = descriptors_[i];
      if (spec::get(d, common::kOpcode) == static_cast<std::uint32_t>(Opcode::kLoadWeights)) {
        spec::set(d, spec::load_weights::kOffset,
                  spec::get(d, spec::load_weights::kOffset) + start);
      }
      spec::seal(d);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(d.data()), spec::kDescriptorBytes,
                  program_.image.begin() + static_cast<std::ptrdiff_t>(i) * spec::kDescriptorBytes);
    }
    program_.image.insert(program_.image.end(), blocks_.begin(), blocks_.end());
  }

  const Lowered& lowered_;
  const QNet& net_;
  const Placement& placement_;
  const std::vector<ExecPlan>& execs_;
  bool store_all_;
  Program& program_;
  const spec::Hardware& hw_;
  std::vector<Descriptor> descriptors_;
  std::vector<std::uint8_t> blocks_;
  std::vector<Chunk> chunks_;
  std::size_t next_chunk_ = 0, next_exec_ = 0;
  std::int64_t load_time_ = 0;
};

}  // namespace

ExecCycles estimate(const spec::Hardware& hw, const ExecPlan& exec) {
  ExecCycles cycles;
  for (const std::size_t entries : exec.m_group_entries) {
    const auto array = static_cast<std::int64_t>(entries);
    cycles.array += array;
    cycles.post += post_cycles(hw);
    cycles.exec += std::max(array, post_cycles(hw));
  }
  cycles.array *= exec.groups;
  cycles.post *= exec.groups;
  cycles.exec *= exec.groups;
  return cycles;
}

void emit(const Lowered& lowered, const Placement& placement, const std::vector<ExecPlan>& execs,
          bool store_all, Program& program) {
  Emitter(lowered, placement, execs, store_all, program).run();
}

}  // namespace reshift
