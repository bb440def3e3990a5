// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/emit.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.hpp"
#include "compile/post_cycles.hpp"
#include "compile/tokens.hpp"
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
  std::size_t uops = 0;
  int param_blocks = 0;
  std::int64_t offset = 0, bytes = 0;
};

/// Rows of a tensor that go between memory and the buffer, one descriptor for each phase.
struct Transfer {
  int tensor = -1, image = 0;
  Rows rows;
  int phases = 1;  ///< that are moved, from the first one on
  Layout layout;   ///< where they lie in the buffer
};

/// What LOAD brings for an EXEC: weights, or features.
struct Load {
  std::size_t exec = 0;   ///< needs it
  std::size_t last = 0;   ///< weights: the last EXEC that walks them
  std::size_t after = 0;  ///< as many EXECs as stand before it in the program, at least
  bool features = false;
  Chunk chunk;
  Transfer transfer;
  std::int64_t cycles = 0;
};

class Emitter {
 public:
  Emitter(const Lowered& lowered, const Allocation& allocation, const std::vector<ExecPlan>& execs,
          bool store_all, Program& program)
      : lowered_(lowered),
        net_(lowered.net),
        allocation_(allocation),
        schedule_(allocation.schedule),
        execs_(execs),
        store_all_(store_all),
        program_(program),
        hw_(program.hw) {}

  void run() {
    give_memory();
    for (std::size_t e = 0; e < execs_.size(); ++e) {
      load_features_for(e);
      make_chunks(e);
    }
    begin();
    emit_loads_for(std::min(kLookAhead, execs_.size()));
    std::int64_t exec_time = 0;
    for (std::size_t e = 0; e < execs_.size(); ++e) {
      exec(e);
      exec_time += estimate(hw_, execs_[e]).exec + kFillCycles;
      emit_loads_for(e + 1);  // the rest of a list longer than the memory: it is walked as it comes
      store_results(e);       // behind all that they wait for: the ring of descriptors is short
      emit_loads_for(std::min(e + 1 + kLookAhead, execs_.size()));
      while (next_load_ < loads_.size() && load_time_ + loads_[next_load_].cycles <= exec_time &&
             fits(e == 0 ? 0 : e - 1)) {
        load();
      }
    }
    add(Opcode::kEnd, "end");
    set_tokens();
    finish();
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  const QOp& op_of(std::size_t e) const { return net_.ops[execs_[e].op]; }

  bool spilled(int tensor) const { return tensor >= 0 && allocation_.spilled[index(tensor)]; }

  /// Addresses in an image's output window: the output's and, for all to be stored, those of all
  /// tensors, in the order of the operations; spilled tensors have one anyway.
  void give_memory() {
    offsets_.assign(net_.tensors.size(), -1);
    image_loaded_.assign(index(schedule_.images), false);
    program_.in_stride = align(allocation_.layouts[0].bytes(hw_));
    for (std::size_t op = 0; op < net_.ops.size(); ++op) {
      const int t = net_.ops[op].output;
      if (!completes(op) || !(stored(t) || spilled(t))) continue;
      offsets_[index(t)] = program_.out_stride;
      const Layout& layout = allocation_.layouts[index(t)];
      program_.out_stride += align(layout.bytes(hw_));
      if (!stored(t)) continue;
      program_.stored.push_back({net_.tensors[index(t)].name, lowered_.source_op[op],
                                 lowered_.source_tensor[index(t)], offsets_[index(t)],
                                 allocation_.layout(t, 0)});
    }
  }

  Descriptor& add(Opcode opcode, std::string name) {
    accesses_.push_back({opcode == Opcode::kExec || opcode == Opcode::kInit ? Engine::kExec
                         : opcode == Opcode::kStoreFeatures || opcode == Opcode::kEnd
                             ? Engine::kStore
                             : Engine::kLoad,
                         {},
                         {},
                         {},
                         {}});
    descriptors_.push_back({});
    program_.descriptors.push_back(std::move(name));
    spec::set(descriptors_.back(), common::kOpcode, static_cast<std::int64_t>(opcode));
    return descriptors_.back();
  }

  /// Features that an EXEC needs and that are not in the buffer: the image, strips of spilled
  /// tensors.
  void load_features_for(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    const QOp& op = net_.ops[plan.op];
    const StepAllocation& area = allocation_.steps[plan.step];
    if (e > 0 && execs_[e - 1].step == plan.step && execs_[e - 1].turn == plan.turn) return;
    const Strip& strip = area.strips[plan.strip];
    // EXECs up to the last one of which something is true.
    const auto up_to = [&](auto condition) {
      std::size_t n = e;
      while (n > 0 && !condition(execs_[n - 1])) --n;
      return n;
    };
    const auto bring = [&](int tensor, Rows rows, int phases, const Layout& layout,
                           std::size_t buffers) {
      // Behind the strip that had the buffer before, or else what lay there before, which is of
      // steps before the last one, or also of the last; and behind the strips that made the rows.
      const std::size_t before =
          just_made(net_, schedule_, plan.step) && tensor == op.input ? 0 : 1;
      const std::size_t region_free =
          buffers == 0
              ? up_to([&](const ExecPlan& x) { return x.step < schedule_.loaded_from(plan.image); })
          : plan.turn >= buffers
              ? up_to([&](const ExecPlan& x) {
                  return x.step < plan.step || x.turn + buffers <= plan.turn;
                })
              : up_to([&](const ExecPlan& x) { return x.step + before < plan.step; });
      const std::size_t made = up_to([&](const ExecPlan& x) {
        return net_.ops[x.op].output == tensor && x.image == plan.image &&
               allocation_.steps[x.step].strips[x.strip].out.first < rows.first + rows.count;
      });
      Load load{.exec = e,
                .last = e,
                .after = std::max(region_free, made),
                .features = true,
                .chunk = {},
                .transfer = {tensor, plan.image, rows, phases, layout}};
      const std::int64_t bytes = bytes_of(load.transfer);
      load.cycles = bytes * 8 / hw_.axi_data_w;
      op_report(plan).feature_bytes_read += bytes;
      loads_.push_back(load);
    };
    const bool reads_image = op.input == 0 || op.shortcut == 0 || op.residual == 0;
    if (!image_loaded_[index(plan.image)] && !spilled(0) && reads_image) {
      image_loaded_[index(plan.image)] = true;
      const Layout whole = allocation_.layout(0, plan.image);
      bring(0, {0, whole.height}, whole.phases(), whole, 0);
    }
    if (!area.input_buffers.empty()) {
      bring(op.input, strip.in, phases_read(op, plan.source), plan.source,
            area.input_buffers.size());
    }
    if (!area.shortcut_buffers.empty()) {
      bring(op.shortcut, strip.shortcut, 1, plan.shortcut, area.shortcut_buffers.size());
    }
    if (!area.residual_buffers.empty()) {
      bring(op.residual, strip.out, plan.residual.phases(), plan.residual,
            area.residual_buffers.size());
    }
  }

  /// The weight blocks of one EXEC: all channel parameters come with the first chunk. Strips and
  /// images with the same list share them.
  void make_chunks(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    keeps_.push_back(false);
    if (e > 0 && keeps_list(execs_[e - 1], plan)) {
      keeps_[e - 1] = true;
      for (auto load = loads_.rbegin(); load != loads_.rend(); ++load) {
        if (load->features) continue;
        if (load->last + 1 != e) break;
        load->last = e;
      }
      return;
    }
    const auto [found, fresh] = chunks_.try_emplace(
        std::tuple(plan.op, plan.first_m_block, plan.m_blocks, plan.list->headers));
    if (fresh) found->second = write_blocks(plan);
    for (const Chunk& chunk : found->second) {
      Load load{
          .exec = e, .last = e, .after = 0, .features = false, .chunk = chunk, .transfer = {}};
      load.cycles = chunk.bytes * 8 / hw_.axi_data_w;
      op_report(plan).weight_bytes += chunk.bytes;
      loads_.push_back(load);
    }
  }

  /// Whether an EXEC can walk the list of the one before, which must be all in the weight memory.
  bool keeps_list(const ExecPlan& before, const ExecPlan& plan) const {
    const bool same_list =
        before.list == plan.list ||
        (before.list->headers == plan.list->headers && before.list->tiles == plan.list->tiles);
    return before.step == plan.step && before.list->uops() <= index(hw_.wm_depth) && same_list &&
           params_of(before) == params_of(plan);
  }

  std::vector<Chunk> write_blocks(const ExecPlan& plan) {
    std::vector<Chunk> chunks;
    const std::size_t half = index(hw_.wm_depth / 2), total = plan.list->uops();
    for (std::size_t done = 0; done < total; done += half) {
      Chunk chunk{.uops = std::min(half, total - done)};
      chunk.param_blocks = done == 0 ? plan.m_blocks : 0;
      blocks_.resize(static_cast<std::size_t>(align(static_cast<std::int64_t>(blocks_.size()))), 0);
      chunk.offset = static_cast<std::int64_t>(blocks_.size());
      if (done == 0) append_params(plan);
      const auto* headers = reinterpret_cast<const std::uint8_t*>(plan.list->headers.data() + done);
      append_section({headers, chunk.uops * 4});
      const std::size_t tile = plan.list->tiles.size() / total;
      append_section({plan.list->tiles.data() + done * tile, chunk.uops * tile});
      chunk.bytes = static_cast<std::int64_t>(blocks_.size()) - chunk.offset;
      chunks.push_back(chunk);
    }
    return chunks;
  }

  OpReport& op_report(const ExecPlan& plan) { return program_.ops[plan.step]; }

  /// Which image a descriptor is about, where there are several.
  std::string of_image(int image) const {
    return schedule_.images > 1 ? fmt::format(", image {}", image) : "";
  }

  void append_section(std::span<const std::uint8_t> bytes) {
    blocks_.insert(blocks_.end(), bytes.begin(), bytes.end());
    const std::int64_t pad = spec::pad_section(static_cast<std::int64_t>(bytes.size())) -
                             static_cast<std::int64_t>(bytes.size());
    blocks_.insert(blocks_.end(), static_cast<std::size_t>(pad), 0);
  }

  std::vector<std::uint32_t> params_of(const ExecPlan& plan) const {
    const QOp& op = net_.ops[plan.op];
    const int channels = net_.written_channels(op);
    std::vector<std::uint32_t> records;
    for (int row = plan.first_m_block * hw_.m; row < (plan.first_m_block + plan.m_blocks) * hw_.m;
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
    return records;
  }

  void append_params(const ExecPlan& plan) {
    const std::vector<std::uint32_t> records = params_of(plan);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(records.data());
    blocks_.insert(blocks_.end(), bytes, bytes + records.size() * 4);
  }

  void begin() {
    Descriptor& d = add(Opcode::kInit, "init");
    spec::set(d, spec::init::kMagic, spec::kMagicLetters);
    spec::set(d, spec::init::kVersion, spec::kVersion);
    spec::set(d, spec::init::kM, hw_.m);
    spec::set(d, spec::init::kC, hw_.c);
    spec::set(d, spec::init::kP, hw_.p);
    spec::set(d, spec::init::kActW, hw_.act_w);
    spec::set(d, spec::init::kExponents, hw_.exponents);
    spec::set(d, spec::init::kFbDepth, allocation_.words);
    spec::set(d, spec::init::kWmDepth, hw_.wm_depth);
    spec::set(d, spec::init::kPmDepth, hw_.pm_depth);
  }

  /// Whether the next load has room: weights beside the lists of EXEC `oldest` and later ones,
  /// features where EXECs that are emitted were before.
  bool fits(std::size_t oldest) const {
    const Load& next = loads_[next_load_];
    if (next.features) return next.after <= next_exec_;
    std::size_t uops = next.chunk.uops;
    int params = next.chunk.param_blocks;
    for (std::size_t i = 0; i < next_load_; ++i) {
      if (loads_[i].last < oldest) continue;
      uops += loads_[i].chunk.uops;
      params += loads_[i].chunk.param_blocks;
    }
    return uops <= index(hw_.wm_depth) && params <= hw_.pm_depth;
  }

  /// Emits loads up to those of EXEC `end` - 1, as far as they find room without an EXEC that is
  /// not yet emitted: else the fetcher could wait for a load that waits for an EXEC behind it.
  void emit_loads_for(std::size_t end) {
    while (next_load_ < loads_.size() && loads_[next_load_].exec < end && fits(next_exec_)) load();
  }

  void load() {
    const Load& load = loads_[next_load_++];
    load_time_ += load.cycles;
    if (load.features) {
      transfer(load.transfer,
               load.transfer.tensor == 0 ? Opcode::kLoadFeatures : Opcode::kReloadFeatures);
      return;
    }
    const Chunk& chunk = load.chunk;
    Descriptor& d = add(Opcode::kLoadWeights, "load_weights " + op_of(load.exec).name);
    spec::set(d, spec::load_weights::kUops, static_cast<std::int64_t>(chunk.uops));
    spec::set(d, spec::load_weights::kParamBlocks, chunk.param_blocks);
    spec::set(d, spec::load_weights::kOffset, chunk.offset);  // finish() adds the descriptors
    spec::set(d, spec::load_weights::kBytes, chunk.bytes);
  }

  /// A descriptor for each phase: what lies together in the buffer lies together in memory.
  void transfer(const Transfer& t, Opcode opcode) {
    const Layout& whole = allocation_.layouts[index(t.tensor)];
    const Layout part = whole.rows(hw_, t.rows.first, t.rows.count);
    const bool all = t.rows.count == whole.height;
    const std::int64_t word_bytes = std::int64_t{hw_.p} * hw_.m * spec::code_bytes(hw_);
    const char* const verb = opcode == Opcode::kStoreFeatures  ? "store_features "
                             : opcode == Opcode::kLoadFeatures ? "load_features "
                                                               : "reload_features ";
    for (int phase = 0; phase < (all ? 1 : t.phases); ++phase) {
      const int groups = t.layout.phase_groups(hw_) * (all ? t.phases : 1);
      const std::int64_t offset =
          (part.base - whole.base + std::int64_t{phase} * part.phase_words(hw_)) * word_bytes +
          (t.tensor == 0 ? t.image * program_.in_stride
                         : t.image * program_.out_stride + offsets_[index(t.tensor)]);
      const std::int64_t base = t.layout.base + std::int64_t{phase} * t.layout.phase_words(hw_);
      Descriptor& d = add(opcode, verb + net_.tensors[index(t.tensor)].name + of_image(t.image));
      namespace f = spec::load_features;  // the three kinds have the same fields
      spec::set(d, f::kBase, base);
      spec::set(d, f::kWords, whole.words);
      spec::set(d, f::kGroups, groups);
      spec::set(d, f::kOffset, offset);
      const std::int64_t words = std::int64_t{groups} * whole.words;
      const Span buffer{base, base + words}, memory{offset, offset + words * word_bytes};
      Access& access = accesses_.back();
      if (opcode == Opcode::kStoreFeatures) {
        access.buffer_reads = {buffer};
        access.memory_writes = {memory};
      } else {
        access.buffer_writes = {buffer};
        if (opcode == Opcode::kReloadFeatures) access.memory_reads = {memory};
      }
    }
  }

  /// Whether an operation is the last that writes its output tensor.
  bool completes(std::size_t op) const {
    return std::none_of(net_.ops.begin() + static_cast<std::ptrdiff_t>(op) + 1, net_.ops.end(),
                        [&](const QOp& o) { return o.output == net_.ops[op].output; });
  }

  /// Whether the host wants a tensor.
  bool stored(int tensor) const { return store_all_ || tensor == net_.output; }

  void exec(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    const QOp& op = net_.ops[plan.op];
    const bool flat = walks_flat(op, plan.source);
    const Layout in = flat ? plan.source.flat(hw_) : plan.source;
    const Layout out = flat ? plan.destination.flat(hw_) : plan.destination;
    Descriptor& d = add(Opcode::kExec, "exec " + op.name + of_image(plan.image));
    try {
      namespace x = spec::exec;
      spec::set(d, x::kMaxMode, op.kind == QKind::kMaxPool);
      spec::set(d, x::kWaitPrevious, plan.wait_previous);
      spec::set(d, x::kKeepList, keeps_[e]);
      spec::set(d, x::kUops, static_cast<std::int64_t>(plan.list->uops()));
      spec::set(d, x::kGroups, plan.groups);
      spec::set(d, x::kMBlocks, plan.m_blocks);
      spec::set(d, x::kPitch, in.pitch);
      spec::set(d, x::kInHeight, in.phase_height());
      spec::set(d, x::kInWidth, in.phase_width());
      spec::set(d, x::kOutHeight, out.height);
      spec::set(d, x::kOutWidth, out.width);
      const int c_blocks = hw_.m / hw_.c;
      spec::set(d, x::kSrc0Base, (in.base + plan.source_word) * c_blocks);
      spec::set(d, x::kSrc0Step, in.words * c_blocks);
      if (op.shortcut >= 0) {
        spec::set(d, x::kSrc1Base, plan.shortcut.base * c_blocks);
        spec::set(d, x::kSrc1Step, plan.shortcut.words * c_blocks);
      }
      spec::set(d, x::kDstPolyphase, out.polyphase);
      spec::set(d, x::kDstBase, out.base + op.first_channel / hw_.m + plan.first_m_block);
      spec::set(d, x::kDstWords, out.words);
      spec::set(d, x::kDstPhase, out.phase_words(hw_));
      spec::set(d, x::kDstRowBank, out.pitch % hw_.p);
      spec::set(d, x::kDstRowAddr, out.pitch / hw_.p * out.words);
      if (op.residual >= 0) {
        const Layout& res = plan.residual;
        if (!residual_factor_ok(op.post)) {
          throw Error("the scale of its residual is more than 8 times that of its output");
        }
        spec::set(d, x::kResidual, 1);
        spec::set(d, x::kResPolyphase, res.polyphase);
        spec::set(d, x::kResBase, res.base + plan.first_m_block);
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
    Access& access = accesses_.back();
    access.buffer_reads = {span(in, phases_read(op, in))};
    access.buffer_writes = {span(out)};
    if (op.shortcut >= 0) access.buffer_reads.push_back(span(plan.shortcut));
    if (op.residual >= 0) access.buffer_reads.push_back(span(plan.residual));
  }

  /// A spilled tensor strip by strip, another one when it is complete.
  void store_results(std::size_t e) {
    const ExecPlan& plan = execs_[e];
    const QOp& op = op_of(e);
    const StepAllocation& area = allocation_.steps[plan.step];
    if (!plan.last_of_strip) return;
    if (!area.output_buffers.empty()) {
      store(plan, {op.output, plan.image, area.strips[plan.strip].out, plan.destination.phases(),
                   plan.destination});
    } else if (stored(op.output) && completes(plan.op) && plan.strip + 1 == area.strips.size()) {
      const Layout whole = allocation_.layout(op.output, plan.image);
      store(plan, {op.output, plan.image, {0, whole.height}, whole.phases(), whole});
    }
  }

  /// The words between the first and the last of a tensor's rows in its first phases.
  Span span(const Layout& l, int phases) const { return {l.base, l.base + l.extent(hw_, phases)}; }
  Span span(const Layout& l) const { return span(l, l.phases()); }

  std::int64_t bytes_of(const Transfer& t) const {
    return t.layout.bytes(hw_) / t.layout.phases() * t.phases;
  }

  void store(const ExecPlan& plan, const Transfer& t) {
    op_report(plan).feature_bytes_written += bytes_of(t);
    transfer(t, Opcode::kStoreFeatures);
  }

  void set_tokens() {
    // `init` and `end` take part in nothing.
    const Tokens tokens = plan_tokens({accesses_.begin() + 1, accesses_.end() - 1});
    const std::array<const spec::Field*, kEngines> wait{&common::kWaitLoad, &common::kWaitExec,
                                                        &common::kWaitStore},
        post{&common::kPostLoad, &common::kPostExec, &common::kPostStore};
    for (std::size_t i = 0; i < tokens.wait.size(); ++i) {
      for (std::size_t engine = 0; engine < kEngines; ++engine) {
        spec::set(descriptors_[i + 1], *wait[engine], tokens.wait[i][engine]);
        spec::set(descriptors_[i + 1], *post[engine], tokens.post[i][engine]);
      }
    }
    const auto credits = [&](Engine from, Engine to) {
      return tokens.credits[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
    };
    spec::set(descriptors_[0], spec::init::kLoadCredits, credits(Engine::kExec, Engine::kLoad));
    spec::set(descriptors_[0], spec::init::kExecCredits, credits(Engine::kStore, Engine::kExec));
    spec::set(descriptors_[0], spec::init::kReloadCredits, credits(Engine::kStore, Engine::kLoad));
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
  const Allocation& allocation_;
  const Schedule& schedule_;
  const std::vector<ExecPlan>& execs_;
  bool store_all_;
  Program& program_;
  const spec::Hardware& hw_;
  std::vector<Descriptor> descriptors_;
  std::vector<std::uint8_t> blocks_;
  std::vector<Access> accesses_;       ///< of the descriptors
  std::vector<std::int64_t> offsets_;  ///< of tensors in an image's output window, -1: none
  std::vector<Load> loads_;            ///< in the order of the EXECs
  std::map<std::tuple<std::size_t, int, int, std::vector<std::uint32_t>>, std::vector<Chunk>>
      chunks_;
  std::vector<bool> keeps_;         ///< of EXECs: the next one walks the same list
  std::vector<bool> image_loaded_;  ///< by image
  std::size_t next_load_ = 0, next_exec_ = 0;
  std::int64_t load_time_ = 0;
};

}  // namespace

ExecCycles estimate(const spec::Hardware& hw, const ExecPlan& exec) {
  ExecCycles cycles;
  for (const std::size_t uops : exec.m_block_uops) {
    const auto array = static_cast<std::int64_t>(uops);
    cycles.array += array;
    cycles.post += post_cycles(hw);
    cycles.exec += std::max(array, post_cycles(hw));
  }
  cycles.array *= exec.groups;
  cycles.post *= exec.groups;
  cycles.exec *= exec.groups;
  return cycles;
}

void emit(const Lowered& lowered, const Allocation& allocation, const std::vector<ExecPlan>& execs,
          bool store_all, Program& program) {
  Emitter(lowered, allocation, execs, store_all, program).run();
}

}  // namespace reshift
