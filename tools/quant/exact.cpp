// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.hpp"
#include "quant/exact_codes.hpp"
#include "quant/exact_sum.hpp"

namespace reshift {
namespace {

constexpr int kActW = 8;

/// What is known of a tensor of the graph: its codes, or a sum that is not rounded yet, or slices.
struct State {
  struct Slice {
    const Node* node;  ///< which writes it
    Codes codes;
  };
  std::optional<Codes> codes;
  std::optional<ExactSum> sum;
  std::vector<Slice> slices;
};

QNet empty_network(const Graph& graph, const Preprocess& preprocess, const ExactFormat& format) {
  QNet net;
  net.name = graph.name;
  net.act_w = kActW;
  net.weight_format = format.weight_format;
  net.mult_w = format.mult_w;
  net.preprocess = preprocess;
  return net;
}

/// What an operation has of a node: name and window.
ExactSum start(const Node& n, QKind kind, int input) {
  ExactSum sum;
  QOp& op = sum.op;
  op.name = n.name;
  op.kind = kind;
  op.input = input;
  op.kernel_h = n.kernel_h, op.kernel_w = n.kernel_w;
  op.stride_h = n.stride_h, op.stride_w = n.stride_w;
  op.dilation_h = n.dilation_h, op.dilation_w = n.dilation_w;
  op.pad_top = n.pad_top, op.pad_left = n.pad_left;
  op.pad_bottom = n.pad_bottom, op.pad_right = n.pad_right;
  op.groups = n.groups;
  return sum;
}

RoundMode round_mode(OutputRounding rounding) {
  if (rounding == OutputRounding::kHalfAwayFromZero) return RoundMode::kHalfAway;
  return rounding == OutputRounding::kHalfUp ? RoundMode::kHalfUp : RoundMode::kHalfEven;
}

class Lowering {
 public:
  Lowering(const Graph& graph, const Preprocess& preprocess, const ExactFormat& format)
      : graph_(graph),
        acc_w_(format.acc_w),
        net_(empty_network(graph, preprocess, format)),
        states_(graph.tensors.size()) {
    for (const Node& n : graph.nodes) {
      for (const int t : {n.input, n.shortcut, n.residual}) {
        if (t >= 0) ++uses_[t];
      }
    }
    for (const NetOutput& o : graph.outputs) ++uses_[o.tensor];
  }

  ExactNet run() {
    for (const Node& n : graph_.nodes) {
      if (uses_[n.output] > 0) add(n);
    }
    std::vector<NetOutput> outputs;
    for (const NetOutput& o : graph_.outputs) outputs.push_back({o.name, read(o.tensor)});
    ExactNet result{net_.finish(std::move(outputs)), std::move(inexact_)};
    result.net.tail = graph_.tail;
    return result;
  }

 private:
  State& state(int tensor) { return states_[static_cast<std::size_t>(tensor)]; }

  [[noreturn]] void fail_unquantised(int tensor) const {
    throw Error("tensor {} is never quantised, but what reads it needs its codes",
                graph_.tensor(tensor).name);
  }

  void add(const Node& n) {
    switch (n.kind) {
      case NodeKind::kQuantize:
        return quantise(n);
      case NodeKind::kClamp:
        return clamp(n);
      case NodeKind::kConv:
        return set_sum(n, convolution(n));
      case NodeKind::kAvgPool:
        return set_sum(n, average(n));
      case NodeKind::kScale:
        return set_sum(n, scaled(n));
      case NodeKind::kAdd:
        return set_sum(n, added(n));
      case NodeKind::kMaxPool:
        return maximum(n);
      case NodeKind::kMul:
        throw Error("node {}: the product of two quantised tensors is not supported", n.name);
    }
  }

  // --- Tensors
  // ------------------------------------------------------------------------------------

  void set_sum(const Node& n, ExactSum sum) {
    if (!n.functions.empty() || !graph_.writes_all(n)) fail_unquantised(n.output);
    sum.lo = std::clamp<double>(sum.lo, n.lo, n.hi);
    sum.hi = std::clamp<double>(sum.hi, n.lo, n.hi);
    state(n.output).sum = std::move(sum);
  }

  void set_codes(const Node& n, Codes codes) {
    if (!std::isinf(n.lo) || !std::isinf(n.hi) || !n.functions.empty()) {
      codes.seen = net_.values(codes);
      for (float& v : codes.seen) v = n.finish(v);
    }
    state(n.output).codes = std::move(codes);
  }

  /// The sum that a tensor is, when nothing else reads it and nothing has become of it; or null.
  ExactSum* open_sum(int tensor) {
    State& s = state(tensor);
    const bool open = s.sum && uses_[tensor] == 1 && s.sum->op.residual < 0 && s.sum->unbounded();
    return open ? &*s.sum : nullptr;
  }

  Codes codes(int tensor) {
    State& s = state(tensor);
    if (!s.codes && !s.slices.empty()) join(tensor);
    if (!s.codes) fail_unquantised(tensor);
    Codes result = *s.codes;
    result.sole = result.sole && uses_[tensor] == 1;
    return result;
  }

  /// The tensor of the network that has the codes of a tensor of the graph. What they are seen
  /// through must lead to codes again.
  int read(int tensor) {
    const Codes c = codes(tensor);
    if (c.seen.empty()) return c.tensor;
    const QTensor& like = net_.tensor(c.tensor);
    const OutputCodes grid{like.scale, like.zero, code_min(kActW), code_max(kActW)};
    const CodeTable table = net_.nearest(c, grid);
    if (!net_.keeps(c, table, grid)) fail_unquantised(tensor);
    const int mapped = net_.map(c, table, named(tensor, grid));
    state(tensor).codes = Codes{mapped};
    return mapped;
  }

  QTensor named(int tensor, const OutputCodes& out) const {
    const Tensor& t = graph_.tensor(tensor);
    return {t.name, t.channels, t.height, t.width, out.scale, out.zero};
  }

  // --- Quantising
  // ---------------------------------------------------------------------------------

  /// A tensor's quantisation in codes with a sign.
  OutputCodes output_codes(const Node& n) const {
    const Tensor& t = graph_.tensor(n.output);
    const Quantization& q = *t.quantization;
    if (q.bits > kActW || q.scales.size() != 1) {
      throw Error(
          "tensor {}: {} scales and codes of {} bits are not supported, only one scale and "
          "up to 8 bits",
          t.name, q.scales.size(), q.bits);
    }
    const int shift = q.highest() > code_max(kActW) ? 1 << (kActW - 1) : 0;
    return {q.scales[0],
            q.zero_points[0] - shift,
            static_cast<int>(q.lowest()) - shift,
            static_cast<int>(q.highest()) - shift,
            round_mode(n.output_rounding),
            shift,
            n.output_rounding == OutputRounding::kHalfToEvenFused};
  }

  void quantise(const Node& n) {
    const OutputCodes out = output_codes(n);
    const State& from = state(n.input);
    if (n.input == 0) {
      set_codes(n, quantise_image(out));
    } else if (from.sum) {
      set_codes(n, finish(*from.sum, n, out));
    } else if (!from.slices.empty() && !from.codes && uses_[n.input] == 1) {
      const int whole = net_.append(named(n.output, out), out.lowest, out.highest);
      for (const auto& [node, part] : from.slices)
        net_.write_slice(part, net_.nearest(part, out), whole, *node);
      set_codes(n, {whole});
    } else {
      const Codes c = codes(n.input);
      const CodeTable table = net_.nearest(c, out);
      set_codes(n, net_.keeps(c, table, out) ? c : Codes{net_.map(c, table, named(n.output, out))});
    }
  }

  Codes quantise_image(const OutputCodes& out) {
    if (net_.net().tensors.empty()) net_.append(named(0, out), code_min(kActW), code_max(kActW));
    const QTensor& image = net_.tensor(0);
    if (image.scale != out.scale || image.zero != out.zero)
      throw Error("tensor {}: the image is quantised with two scales", image.name);
    Codes c{0, {}, false};
    if (out.lowest > code_min(kActW) || out.highest < code_max(kActW)) {
      c.seen = net_.values(c);
      const auto value = [&](int code) {
        return static_cast<float>((code - out.zero) * out.scale);
      };
      for (float& v : c.seen) v = std::clamp(v, value(out.lowest), value(out.highest));
    }
    return c;
  }

  /// Appends the operation that makes the codes of a sum.
  Codes finish(const ExactSum& sum, const Node& n, const OutputCodes& out) {
    EncodedSum encoded = encode_sum(sum, out, net_.net(), acc_w_);
    if (encoded.error > 0)
      inexact_.push_back({graph_.tensor(n.output).name, encoded.why, encoded.error});
    const int output = net_.append(named(n.output, out), encoded.op.post.lo, encoded.op.post.hi);
    encoded.op.output = output;
    net_.append(std::move(encoded.op));
    return {output};
  }

  // --- Nodes
  // --------------------------------------------------------------------------------------

  ExactSum convolution(const Node& n) {
    if (!n.integer_weights) throw Error("node {}: its weights are not quantised", n.name);
    ExactSum sum = start(n, QKind::kConv, read(n.input));
    const IntegerWeights& w = *n.integer_weights;
    const Quantization& q = w.quantization;
    const double in_scale = net_.tensor(sum.op.input).scale;
    const std::size_t channels = n.bias.size(), row = w.codes.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t which = q.scales.size() == 1 ? 0 : c;
      for (std::size_t i = c * row; i < (c + 1) * row; ++i)
        sum.weights.push_back(w.codes[i] - q.zero_points[which]);
      sum.unit.push_back(in_scale * q.scales[which]);
      // The float bias counts where its format has it in steps of its own.
      const double bias = w.bias[c] * sum.unit[c];
      const double apart = std::abs(n.bias[c] - bias);
      sum.bias.push_back(apart <= (std::abs(bias) + sum.unit[c]) * 1e-6 ? bias : n.bias[c]);
    }
    return sum;
  }

  ExactSum average(const Node& n) {
    if (n.exclude_padding && n.pad_top + n.pad_left + n.pad_bottom + n.pad_right > 0)
      throw Error("node {}: an average that leaves out the padding is not supported", n.name);
    ExactSum sum = start(n, QKind::kAvgPool, read(n.input));
    const QTensor& in = net_.tensor(sum.op.input);
    sum.unit.assign(static_cast<std::size_t>(in.channels), in.scale / (n.kernel_h * n.kernel_w));
    sum.bias.assign(static_cast<std::size_t>(in.channels), 0);
    return sum;
  }

  /// A tensor as it is, as a sum.
  ExactSum copy(const Node& n, int tensor) {
    ExactSum sum = start(n, QKind::kConv, read(tensor));
    const QTensor& in = net_.tensor(sum.op.input);
    sum.op.groups = in.channels;
    sum.is_copy = true;
    const auto channels = static_cast<std::size_t>(in.channels);
    sum.weights.assign(channels, 1);
    sum.unit.assign(channels, in.scale);
    sum.bias.assign(channels, 0);
    return sum;
  }

  ExactSum scaled(const Node& n) {
    ExactSum* open = open_sum(n.input);
    ExactSum sum = open && open->op.kind == QKind::kConv ? std::move(*open) : copy(n, n.input);
    sum.is_copy = false;
    sum.scale_by(n.weights, n.bias);
    return sum;
  }

  ExactSum added(const Node& n) {
    const ExactSum *first = open_sum(n.input), *second = open_sum(n.residual);
    if (first && second) {
      if (auto sum = one_sum(*first, *second)) return std::move(*sum);
    }
    int into = n.input, other = n.residual;
    // A residual's factor is at most 8, so that the larger scale is not the residual's.
    const auto scale = [&](int t) { return net_.tensor(codes(t).tensor).scale; };
    if (!open_sum(into) && (open_sum(other) || scale(into) < scale(other))) std::swap(into, other);
    ExactSum* open = open_sum(into);
    ExactSum sum = open ? std::move(*open) : copy(n, into);
    sum.op.residual = read(other);
    sum.residual_scale = net_.tensor(sum.op.residual).scale;
    sum.residual_is_first = other == n.input;
    return sum;
  }

  void maximum(const Node& n) {
    QOp op = start(n, QKind::kMaxPool, read(n.input)).op;
    const QTensor& in = net_.tensor(op.input);
    op.post.out_zero = in.zero;
    std::tie(op.post.lo, op.post.hi) = net_.range(op.input);
    const int output = net_.append(named(n.output, {in.scale, in.zero}), op.post.lo, op.post.hi);
    op.output = output;
    net_.append(std::move(op));
    set_codes(n, {output});
  }

  void clamp(const Node& n) {
    const State& from = state(n.input);
    if (!graph_.writes_all(n)) {
      state(n.output).slices.push_back({&n, codes(n.input)});
    } else if (from.sum) {
      set_sum(n, *from.sum);
    } else {
      set_codes(n, codes(n.input));
    }
  }

  /// The slices of a tensor that have one quantisation, as they are.
  void join(int tensor) {
    const auto& slices = state(tensor).slices;
    const QTensor& first = net_.tensor(slices[0].codes.tensor);
    const OutputCodes grid{first.scale, first.zero, code_min(kActW), code_max(kActW)};
    const int whole = net_.append(named(tensor, grid), grid.lowest, grid.highest);
    for (const auto& [node, part] : slices) {
      const CodeTable table = net_.nearest(part, grid);
      if (!net_.keeps(part, table, grid)) fail_unquantised(tensor);
      net_.write_slice(part, table, whole, *node);
    }
    state(tensor).codes = Codes{whole};
  }

  const Graph& graph_;
  const int acc_w_;
  ExactCodes net_;
  std::vector<Inexact> inexact_;
  std::vector<State> states_;  ///< by tensor of the graph
  std::map<int, int> uses_;    ///< of tensors of the graph
};

}  // namespace

bool is_quantised(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) {
    return n.kind == NodeKind::kQuantize || n.integer_weights;
  });
}

ExactNet exact_network(const Graph& graph, const Preprocess& preprocess,
                       const ExactFormat& format) {
  return Lowering(graph, preprocess, format).run();
}

}  // namespace reshift
