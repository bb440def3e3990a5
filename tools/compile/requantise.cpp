// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/requantise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "base/integer.hpp"
#include "compile/reduction_list.hpp"

namespace reshift {
namespace {

/// What an element-wise operation makes of a code, if that is min(code, highest) + offset.
struct Bound {
  int highest, offset;
};

/// An element-wise operation as what the operation that makes one of its operands does besides.
struct Early {
  std::size_t maker;
  int early;  ///< PostParams::early
  int residual;
  std::uint32_t res_factor;
  std::int32_t res_zero;
};

/// A network some of whose operations are taken out.
class Thinned {
 public:
  explicit Thinned(const QNet& net)
      : net_(net),
        removed_(net.ops.size()),
        refined_(net.tensors.size()),
        source_op_(net.ops.size()),
        notes_(net.ops.size()) {
    std::iota(source_op_.begin(), source_op_.end(), 0);
  }

 protected:
  bool is_live(std::size_t op) const { return !removed_[op]; }

  int reads(int tensor) const {
    int count = net_.is_output(tensor);
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      const QOp& op = net_.ops[i];
      if (!is_live(i)) continue;
      count += (op.input == tensor) + (op.shortcut == tensor) + (op.residual == tensor);
    }
    return count;
  }

  /// The operation that makes all of a tensor by itself.
  std::optional<std::size_t> maker_of(int tensor) const {
    std::optional<std::size_t> maker;
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      if (!is_live(i) || net_.ops[i].output != tensor) continue;
      if (!writes_all(net_.ops[i])) return std::nullopt;
      maker = i;
    }
    return maker;
  }

  bool writes_all(const QOp& op) const {
    return op.out_stride == 1 &&
           net_.written_channels(op) == net_.tensors[index(op.output)].channels;
  }

  /// Each code by itself, and all alike.
  bool is_elementwise(const QOp& op) const {
    const int channels = net_.tensors[index(op.input)].channels;
    if (op.kind != QKind::kConv || op.groups != channels || op.kernel_h * op.kernel_w != 1 ||
        op.shortcut >= 0 || op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0 ||
        op.stride_h * op.stride_w > 1 || !writes_all(op) || net_.written_channels(op) != channels ||
        op.in_cut > 0 || op.post.early > 0) {
      return false;
    }
    for (std::size_t c = 1; c < index(channels); ++c) {
      if (op.weight(c) != op.weight(0) || op.params[c] != op.params[0]) return false;
    }
    return true;
  }

  int lowest_code(int tensor) const {
    int lowest = tensor == 0 ? code_min(net_.act_w) : code_max(net_.act_w);
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      const QOp& op = net_.ops[i];
      if (!is_live(i) || op.output != tensor) continue;
      lowest = std::min(lowest, op.table.empty()
                                    ? op.post.lo
                                    : int{*std::min_element(op.table.begin(), op.table.end())});
    }
    return lowest;
  }

  /// The sum of an output channel's weights; of an average its taps.
  std::int64_t weights_of_channel(const QOp& op, std::size_t channel) const {
    if (op.kind != QKind::kConv) return std::int64_t{op.kernel_h} * op.kernel_w;
    const auto row = index(net_.row_size(op));
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < row; ++i) sum += op.weight(channel * row + i);
    return sum;
  }

  RequantisedNet compact() {
    RequantisedNet result{net_, {}, {}, {}, {}};
    QNet& net = result.net;
    net.ops.clear();
    net.tensors.clear();
    std::vector<bool> made(net_.tensors.size());
    made[0] = true;
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      if (!is_live(i)) {
        result.taken_over.push_back(index(source_op_[i]));
        continue;
      }
      made[index(net_.ops[i].output)] = true;
      net.ops.push_back(net_.ops[i]);
      result.source_op.push_back(source_op_[i]);
      result.notes.push_back(notes_[i]);
    }
    std::vector<int> number(net_.tensors.size(), -1);
    for (std::size_t t = 0; t < net_.tensors.size(); ++t) {
      if (!made[t]) continue;
      number[t] = static_cast<int>(net.tensors.size());
      net.tensors.push_back(net_.tensors[t]);
      result.source_tensor.push_back(refined_[t] ? -1 : static_cast<int>(t));
    }
    for (QOp& op : net.ops) {
      for (int* tensor : {&op.input, &op.shortcut, &op.residual, &op.output}) {
        if (*tensor >= 0) *tensor = number[index(*tensor)];
      }
    }
    for (NetOutput& o : net.outputs) o.tensor = number[index(o.tensor)];
    return result;
  }

  QNet net_;
  std::vector<bool> removed_;       ///< by operation
  std::vector<bool> refined_;       ///< by tensor: its codes are not those of the original
  std::vector<int> source_op_;      ///< by operation
  std::vector<std::string> notes_;  ///< by operation
};

class Requantiser : Thinned {
 public:
  Requantiser(const isa::Hardware& hw, const QNet& net) : Thinned(net), hw_(hw) {}

  RequantisedNet run() {
    // A core with more bits has other highest codes.
    if (hw_.requantise != 0 && hw_.act_w == net_.act_w) {
      for (std::size_t i = 0; i < net_.ops.size(); ++i) round_early(i);
      for (std::size_t i = 0; i < net_.ops.size(); ++i) refine(i);
      for (std::size_t i = 0; i < net_.ops.size(); ++i) bound_readers(i);
    }
    return compact();
  }

 private:
  /// What an element-wise operation without a residual makes of a code.
  int result(const QOp& op, int code) const {
    const int made =
        post_process(std::int64_t{op.weight(0)} * code, 0, op.params[0], op.post, net_.act_w);
    return op.table.empty() ? made : int{op.table[index(made - code_min(net_.act_w))]};
  }

  std::optional<Bound> bound_of(const QOp& op) const {
    if (!is_elementwise(op) || op.residual >= 0) return std::nullopt;
    const int lowest = lowest_code(op.input), most = code_max(net_.act_w);
    Bound bound{lowest, result(op, lowest) - lowest};
    while (bound.highest < most &&
           result(op, bound.highest + 1) == bound.highest + 1 + bound.offset) {
      ++bound.highest;
    }
    for (int code = bound.highest; code <= most; ++code) {
      if (result(op, code) != bound.highest + bound.offset) return std::nullopt;
    }
    // Padding is the zero point of what is read.
    const int zero = net_.tensors[index(op.input)].zero;
    if (net_.tensors[index(op.output)].zero != zero + bound.offset || zero > bound.highest) {
      return std::nullopt;
    }
    return bound;
  }

  /// The reader with the input of a bounded copy in place of the copy, if that is equal.
  std::optional<QOp> with_bound(const QOp& reader, const QOp& copy, const Bound& bound) const {
    if (reader.kind == QKind::kMaxPool || reader.shortcut >= 0 || reader.in_cut > 0 ||
        reader.residual == copy.output) {
      return std::nullopt;
    }
    QOp op = reader;
    op.input = copy.input;
    op.in_cut = code_max(net_.act_w) - bound.highest;
    for (std::size_t c = 0; c < op.params.size(); ++c) {
      const std::int64_t bias = op.params[c].bias + bound.offset * weights_of_channel(op, c);
      if (std::abs(bias) > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
      op.params[c].bias = static_cast<std::int32_t>(bias);
    }
    if (!overflow(hw_, net_, op).empty()) return std::nullopt;
    return op;
  }

  void bound_readers(std::size_t number) {
    const QOp copy = net_.ops[number];
    if (!is_live(number)) return;
    const std::optional<Bound> bound = bound_of(copy);
    if (!bound) return;
    for (std::size_t i = number + 1; i < net_.ops.size(); ++i) {
      if (!is_live(i) || net_.ops[i].input != copy.output) continue;
      if (std::optional<QOp> op = with_bound(net_.ops[i], copy, *bound)) {
        net_.ops[i] = *std::move(op);
        notes_[i] += fmt::format("takes codes above {0} as {0}; ", bound->highest);
      }
    }
    if (reads(copy.output) == 0) removed_[number] = true;
  }

  /// An operation as it reads a tensor whose codes count 2^log2 times as many steps, with the same
  /// zero point, if it makes the same of it.
  std::optional<QOp> with_finer(const QOp& reader, int tensor, int log2) const {
    const int zero = net_.tensors[index(tensor)].zero;
    QOp op = reader;
    if (op.shortcut == tensor) return std::nullopt;
    if (op.residual == tensor) {
      if (op.post.product || op.post.res_factor >> log2 << log2 != op.post.res_factor) {
        return std::nullopt;
      }
      op.post.res_factor >>= log2;
    }
    if (op.input != tensor) return op;
    if (op.kind == QKind::kMaxPool || op.shortcut >= 0 || op.in_cut > 0) return std::nullopt;
    for (std::size_t c = 0; c < op.params.size(); ++c) {
      ChannelParams& p = op.params[c];
      const std::int64_t more = (std::int64_t{1} << log2) - 1;
      const std::int64_t bias = p.bias + more * (p.bias + zero * weights_of_channel(op, c));
      if (std::abs(bias) > std::numeric_limits<std::int32_t>::max() ||
          p.shift + log2 > max_shift(net_.mult_w)) {
        return std::nullopt;
      }
      p.bias = static_cast<std::int32_t>(bias);
      p.shift = static_cast<std::uint8_t>(p.shift + log2);
    }
    if (!overflow(hw_, net_, op).empty()) return std::nullopt;
    return op;
  }

  /// What comes of a table whose entries count 2^log2 times as many steps, if they are codes.
  std::optional<std::vector<std::int16_t>> finer_table(const QOp& maker, int zero, int log2) const {
    std::vector<std::int16_t> table;
    for (const std::int16_t code : maker.table) {
      const int finer = zero + (code - zero) * (1 << log2);
      if (finer < code_min(net_.act_w) || finer > code_max(net_.act_w)) return std::nullopt;
      table.push_back(static_cast<std::int16_t>(finer));
    }
    return table;
  }

  /// Such a copy as a bound of codes that count 2^log2 times as many steps, if that is what it
  /// makes of the codes of a table.
  std::optional<QOp> finer_bound(const QOp& copy, const std::vector<std::int16_t>& codes,
                                 int log2) const {
    if (copy.weight(0) != 1) return std::nullopt;
    QOp bound = copy;
    const int zero = net_.tensors[index(copy.input)].zero;
    bound.table.clear();
    bound.params.assign(copy.params.size(), {-zero, 1, 0});
    bound.post.lo = code_min(net_.act_w);
    bound.post.hi = result(copy, *std::max_element(codes.begin(), codes.end()));
    const bool equal = std::all_of(codes.begin(), codes.end(), [&](int code) {
      return result(copy, code) == result(bound, zero + (code - zero) * (1 << log2));
    });
    return equal ? std::optional(bound) : std::nullopt;
  }

  /// A copy in finer steps is a bound, and done by its readers, when the tensor has these steps
  /// itself. Its maker needs a table for that.
  void refine(std::size_t number) {
    const QOp copy = net_.ops[number];
    if (!is_live(number) || !is_elementwise(copy) || copy.residual >= 0 || bound_of(copy) ||
        net_.is_output(copy.input)) {
      return;
    }
    const std::optional<std::size_t> maker = maker_of(copy.input);
    if (!maker || net_.ops[*maker].table.empty()) return;
    const std::vector<std::int16_t> codes = net_.ops[*maker].table;
    for (int log2 = 1; log2 < net_.act_w; ++log2) {
      const std::optional<QOp> bound = finer_bound(copy, codes, log2);
      if (bound && refine(number, *bound, *maker, log2)) return;
    }
  }

  /// Whether all readers can have it so.
  bool refine(std::size_t number, const QOp& copy, std::size_t maker, int log2) {
    const QNet before = net_;
    const auto fail = [&] {
      net_ = before;
      return false;
    };
    QTensor& tensor = net_.tensors[index(copy.input)];
    auto table = finer_table(net_.ops[maker], tensor.zero, log2);
    if (!table) return false;
    net_.ops[maker].table = *std::move(table);
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      if (!is_live(i) || i == maker) continue;
      std::optional<QOp> op = i == number ? copy : with_finer(net_.ops[i], copy.input, log2);
      if (!op) return fail();
      net_.ops[i] = *std::move(op);
    }
    tensor.scale = std::ldexp(tensor.scale, -log2);
    const std::optional<Bound> bound = bound_of(copy);
    const bool all = bound && std::all_of(net_.ops.begin(), net_.ops.end(), [&](const QOp& op) {
                       return op.input != copy.output || with_bound(op, copy, *bound);
                     });
    if (!all) return fail();
    refined_[index(copy.input)] = true;
    notes_[maker] += fmt::format("its codes count {} steps for one; ", 1 << log2);
    return true;
  }

  /// log2 of a factor mult / 2^shift, if that is an integer.
  static std::optional<int> log2_of(std::int64_t mult, int shift) {
    if (mult <= 0 || !std::has_single_bit(static_cast<std::uint64_t>(mult))) return std::nullopt;
    return std::countr_zero(static_cast<std::uint64_t>(mult)) - shift;
  }

  /// The operation whose result a tensor is, if it can be rounded early with this factor.
  std::optional<std::size_t> early_maker(int tensor, const PostParams& post, int log2) const {
    const std::optional<std::size_t> maker = maker_of(tensor);
    if (!maker || reads(tensor) != 1 || log2 < 1 - kEarlyOne || log2 > kMostEarly - kEarlyOne) {
      return std::nullopt;
    }
    const QOp& op = net_.ops[*maker];
    const bool whole_codes =
        op.post.lo == code_min(net_.act_w) && op.post.hi == code_max(net_.act_w);
    if (op.kind == QKind::kMaxPool || op.residual >= 0 || !op.table.empty() || op.post.early > 0 ||
        op.post.round != post.round || !whole_codes || op.post.out_zero != 0) {
      return std::nullopt;
    }
    return maker;
  }

  /// How an element-wise operation is what the maker of one of its operands does besides.
  std::optional<Early> early_of(const QOp& op) const {
    if (!is_elementwise(op) || op.post.product) return std::nullopt;
    const ChannelParams& c = op.params[0];
    const std::int64_t mult = std::int64_t{op.weight(0)} * c.mult;
    const QTensor& in = net_.tensors[index(op.input)];
    if (mult <= 0 || c.bias != -in.zero * op.weight(0)) return std::nullopt;
    const std::optional<int> of_input = log2_of(mult, c.shift);
    if (of_input && in.zero == 0) {
      if (const auto maker = early_maker(op.input, op.post, *of_input)) {
        return Early{*maker, *of_input + kEarlyOne, op.residual, op.post.res_factor,
                     op.post.res_zero};
      }
    }
    if (op.residual < 0 || op.post.res_zero != 0 || op.residual == op.input) return std::nullopt;
    // The operands change places, if the input's factor is one for a residual.
    const int bits = fraction_bits(net_.act_w);
    const std::optional<int> of_residual = log2_of(op.post.res_factor, bits);
    const QTensor& residual = net_.tensors[index(op.residual)];
    if (!of_residual || residual.height * residual.width == 1 || mult >= std::int64_t{1} << 40) {
      return std::nullopt;
    }
    const std::int64_t scaled = mult << bits;
    const std::int64_t factor = scaled >> c.shift;
    if (factor << c.shift != scaled || factor > std::int64_t{max_res_factor(net_.act_w)}) {
      return std::nullopt;
    }
    if (const auto maker = early_maker(op.residual, op.post, *of_residual)) {
      return Early{*maker, *of_residual + kEarlyOne, op.input, static_cast<std::uint32_t>(factor),
                   in.zero};
    }
    return std::nullopt;
  }

  void round_early(std::size_t number) {
    const QOp& op = net_.ops[number];
    const std::optional<Early> early = early_of(op);
    if (!early) return;
    QOp made = net_.ops[early->maker];
    made.residual = early->residual;
    made.post = op.post;
    made.post.early = early->early;
    made.post.res_factor = early->res_factor;
    made.post.res_zero = early->res_zero;
    made.output = op.output;
    made.table = op.table;
    // Here, where the residual is there.
    removed_[early->maker] = true;
    notes_[number] = fmt::format("does {} too, rounding before it; ", op.name);
    std::swap(source_op_[number], source_op_[early->maker]);
    net_.ops[number] = std::move(made);
  }

  const isa::Hardware& hw_;
};

}  // namespace

RequantisedNet requantise(const isa::Hardware& hw, const QNet& net) {
  return Requantiser(hw, net).run();
}

}  // namespace reshift
