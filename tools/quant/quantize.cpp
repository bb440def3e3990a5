// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/float_graph.hpp"
#include "quant/range.hpp"
#include "quant/rounding.hpp"

namespace reshift {
namespace {

/// Values of one tensor for all calibration images.
using Batch = std::vector<std::vector<float>>;

struct Factor {
  std::uint16_t mult = 0;
  std::uint8_t shift = 0;
};

/// mult / 2^shift nearest to a positive factor, with as many bits as there are.
Factor encode_factor(double factor, int max_shift, const std::string& name) {
  int shift = std::min(max_shift, 15 - static_cast<int>(std::floor(std::log2(factor))));
  if (shift >= 0 && std::round(std::ldexp(factor, shift)) > 65535) --shift;
  const double mult = std::round(std::ldexp(factor, std::max(shift, 0)));
  if (shift < 0 || mult < 1) {
    throw Error("operation {}: a scale factor of {} cannot be represented", name, factor);
  }
  return {static_cast<std::uint16_t>(mult), static_cast<std::uint8_t>(shift)};
}

QKind kind_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::kConv:
      return QKind::kConv;
    case NodeKind::kMaxPool:
      return QKind::kMaxPool;
    case NodeKind::kAvgPool:
      return QKind::kAvgPool;
    default:
      throw Error("operation {}: not a fused network", node.name);
  }
}

class Quantizer {
 public:
  Quantizer(const Graph& graph, const Preprocess& preprocess, const CalibrationImages& images,
            const std::vector<int>& terms, const NumberFormat& format, Rounding rounding)
      : graph_(graph),
        images_(images),
        terms_(terms),
        format_(format),
        rounding_(rounding),
        has_real_(graph.nodes.size(), false),
        has_range_(graph.tensors.size(), false),
        real_(graph.tensors.size()),
        codes_(graph.tensors.size()) {
    net_.name = graph.name;
    net_.act_w = format.act_w;
    net_.exponents = format.exponents;
    net_.preprocess = preprocess;
    net_.output = graph.output;
    for (const Tensor& t : graph.tensors)
      net_.tensors.push_back({t.name, t.channels, t.height, t.width, 1, 0});
  }

  QNet run() {
    quantize_images();
    Progress progress("quantising", graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      quantize_node(i, terms_[i]);
      drop_dead(i);
      progress.advance();
    }
    net_.validate();
    return std::move(net_);
  }

 private:
  QTensor& qtensor(int i) { return net_.tensors[static_cast<std::size_t>(i)]; }
  Batch& real(int i) { return real_[static_cast<std::size_t>(i)]; }
  Batch& codes(int i) { return codes_[static_cast<std::size_t>(i)]; }
  int low() const { return code_min(format_.act_w); }
  int high() const { return code_max(format_.act_w); }

  void quantize_images() {
    QTensor& in = qtensor(0);
    // From what pixels can be, not from what these happen to be.
    const Preprocess& p = net_.preprocess;
    double least = 0, most = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(p.channel_count()); ++c) {
      least = std::min(least, -p.mean[c] / p.std[c]);
      most = std::max(most, (255 * p.scale - p.mean[c]) / p.std[c]);
    }
    in.scale = (most - least) / (high() - low());
    in.zero = static_cast<int>(std::lround(low() - least / in.scale));
    real(0) = images_;
    codes(0).resize(images_.size());
    parallel_for(images_.size(), [&](std::size_t i) {
      const auto values = quantize_values(net_, images_[i]);
      codes(0)[i].assign(values.begin(), values.end());
    });
  }

  /// What the node computes in float on the float network's tensors, before its bounds; only the
  /// channels that it writes.
  Batch run_real(const Node& node) {
    Batch result(images_.size());
    parallel_for(images_.size(), [&](std::size_t i) {
      Matrix<float> columns;
      result[i].resize(graph_.written_size(node));
      run_node(graph_, node, operands_of(node, [&](int t) { return real(t)[i].data(); }),
               result[i].data(), columns);
    });
    return result;
  }

  /// The node's channels of its output tensor in the float network from what run_real() gave.
  void keep_real(std::size_t index, const Batch& wanted) {
    const Node& node = graph_.nodes[index];
    Batch& out = real(node.output);
    out.resize(images_.size());
    parallel_for(out.size(), [&](std::size_t i) {
      out[i].resize(graph_.tensor(node.output).size());
      float* slice = out[i].data() + graph_.written_offset(node);
      for (const float v : wanted[i]) *slice++ = std::clamp(v, node.lo, node.hi);
    });
    has_real_[index] = true;
  }

  /// Makes a tensor of the float network whole: one range is for all slices, so that those are
  /// needed, with whatever they are computed from, before the first of them is quantised.
  void make_real(int tensor) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.output != tensor || has_real_[i]) continue;
      for (const int t : {node.input, node.shortcut, node.residual}) {
        if (t >= 0) make_real(t);
      }
      keep_real(i, run_real(node));
    }
  }

  void quantize_node(std::size_t index, int terms) {
    const Node& node = graph_.nodes[index];
    Batch wanted = run_real(node);
    keep_real(index, wanted);
    if (!has_range_[static_cast<std::size_t>(node.output)]) {
      make_real(node.output);
      choose_range(node);
      has_range_[static_cast<std::size_t>(node.output)] = true;
    }

    QOp op;
    op.name = node.name;
    op.kind = kind_of(node);
    op.input = node.input;
    op.shortcut = node.shortcut;
    op.shortcut_stride = node.shortcut_stride;
    op.residual = node.residual;
    op.output = node.output;
    op.first_channel = node.first_channel;
    op.kernel_h = node.kernel_h;
    op.kernel_w = node.kernel_w;
    op.stride_h = node.stride_h;
    op.stride_w = node.stride_w;
    op.dilation_h = node.dilation_h;
    op.dilation_w = node.dilation_w;
    op.pad_top = node.pad_top;
    op.pad_left = node.pad_left;
    op.pad_bottom = node.pad_bottom;
    op.pad_right = node.pad_right;
    op.groups = node.groups;
    set_post(node, op);
    if (op.kind == QKind::kConv) {
      round_weights(node, terms, wanted, op);
    } else if (op.kind == QKind::kAvgPool) {
      const int area = node.kernel_h * node.kernel_w;
      const QTensor& in = qtensor(node.input);
      const Factor f = encode_factor(in.scale / (area * qtensor(node.output).scale), 47, node.name);
      op.params.assign(static_cast<std::size_t>(in.channels), {-in.zero * area, f.mult, f.shift});
    }
    wanted.clear();
    run_codes(op);
    net_.ops.push_back(std::move(op));
  }

  void choose_range(const Node& node) {
    QTensor& out = qtensor(node.output);
    if (graph_.writes_all(node) && (node.kind == NodeKind::kMaxPool || is_selection(node))) {
      out.scale = qtensor(node.input).scale;
      out.zero = qtensor(node.input).zero;
      return;
    }
    const Range range = node.output == graph_.output
                            ? score_range(real(node.output))
                            : best_range(real(node.output), high() - low());
    out.scale = (range.high - range.low) / (high() - low());
    out.zero = static_cast<int>(
        std::clamp<long>(std::lround(low() - range.low / out.scale), low(), high()));
  }

  void set_post(const Node& node, QOp& op) {
    const QTensor& out = qtensor(node.output);
    const auto bound = [&](float value, int unbounded) {
      if (!std::isfinite(value)) return unbounded;
      return static_cast<int>(
          std::clamp<double>(std::round(value / out.scale) + out.zero, low(), high()));
    };
    op.post.out_zero = out.zero;
    op.post.lo = bound(node.lo, low());
    op.post.hi = bound(node.hi, high());
    if (node.residual >= 0) {
      const QTensor& residual = qtensor(node.residual);
      const Factor f = encode_factor(residual.scale / out.scale, 31, node.name);
      op.post.res_zero = residual.zero;
      op.post.res_mult = f.mult;
      op.post.res_shift = f.shift;
    }
  }

  /// Weights as outputs x inputs of all groups, those of the shortcut as if its codes had the step
  /// of the input's: one accumulator counts both.
  Eigen::Map<const Matrix<float>> common_weights(const Node& node, Matrix<float>& scratch) {
    if (node.shortcut < 0) return weight_matrix(node);
    scratch = weight_matrix(node);
    scratch.rightCols(graph_.tensor(node.shortcut).channels) *=
        static_cast<float>(qtensor(node.shortcut).scale / qtensor(node.input).scale);
    return {scratch.data(), scratch.rows(), scratch.cols()};
  }

  void round_weights(const Node& node, int terms, const Batch& wanted, QOp& op) {
    Matrix<float> scratch;
    const auto weights = common_weights(node, scratch);
    RoundedLayer layer;
    if (round_exactly(weights, node.bias, format_.exponents, layer)) {
      terms = 1;
    } else {
      layer.codes.resize(weights.rows(), weights.cols());
      layer.scale.resize(weights.rows());
      layer.bias.resize(weights.rows());
      const WeightCodes code_set(terms, format_.exponents);
      const Eigen::Index per_group = weights.rows() / node.groups;
      for (int g = 0; g < node.groups; ++g) {
        const Eigen::Index first = g * per_group;
        const auto rows = weights.middleRows(first, per_group);
        const RoundedLayer part =
            rounding_of(node, rounding_) == Rounding::kCompensated
                ? round_layer(collect<LayerStatistics>(node, op, g, wanted), rows, code_set)
                : round_nearest(collect<LayerMeans>(node, op, g, wanted), rows, code_set);
        layer.codes.middleRows(first, per_group) = part.codes;
        layer.scale.segment(first, per_group) = part.scale;
        layer.bias.segment(first, per_group) = part.bias;
      }
    }
    op.terms = terms;
    encode(layer, WeightCodes(terms, format_.exponents), op);
  }

  /// Statistics of one group: inputs as the quantised network makes them (the shortcut's codes in
  /// steps of the input's), outputs as the float network does, less the quantised residual, which
  /// the hardware adds.
  template <typename Statistics>
  Statistics collect(const Node& node, const QOp& op, int group, const Batch& wanted) {
    const QTensor& in = qtensor(node.input);
    const QTensor& out = qtensor(node.output);
    const Window window = window_of(node, in, out);
    std::vector<Source<float>> shape{{window}};
    if (node.shortcut >= 0)
      shape.push_back({shortcut_window_of(node, qtensor(node.shortcut), out)});
    const Eigen::Index inputs = rows_of<float>(shape);
    const Eigen::Index outputs = graph_.written_channels(node) / node.groups;
    const auto pixels = static_cast<std::size_t>(window.out_pixels());
    const auto first_value = static_cast<std::size_t>(group * outputs) * pixels;
    // Neighbouring rows say much the same: at most this many pixels of an image, other rows in
    // each.
    constexpr int kPixels = 256;
    const int step = std::max(1, window.out_height * window.out_width / kPixels);
    // A fixed number of parts, added in order: the result does not depend on the threads.
    constexpr std::size_t kParts = 8;
    std::vector<Statistics> parts(kParts, Statistics(inputs, outputs));
    parallel_for(kParts, [&](std::size_t part) {
      Matrix<float> columns, gathered, targets;
      std::vector<Source<float>> sources = shape;
      std::vector<std::vector<float>> values(sources.size());
      // The values of source `number`: a part of a tensor's codes, counted from its zero point.
      const auto bring = [&](std::size_t number, int tensor, std::size_t image, std::size_t first) {
        const auto zero = static_cast<float>(qtensor(tensor).zero);
        const auto begin = codes(tensor)[image].begin() + static_cast<std::ptrdiff_t>(first);
        auto& v = values[number];
        v.assign(begin, begin + static_cast<std::ptrdiff_t>(sources[number].window.in_size()));
        for (float& x : v) x = static_cast<float>((x - zero) * in.scale);
        sources[number].values = v.data();
      };
      Eigen::Index used = 0;
      // Some hundred samples at once make a product of matrices worth its while.
      constexpr Eigen::Index kSamples = 1024;
      const int rows = (window.out_height + step - 1) / step;  // of an image, at most
      const Eigen::Index room = kSamples + Eigen::Index{rows} * window.out_width;
      gathered.resize(inputs, room);
      targets.resize(outputs, room);
      const auto flush = [&] {
        if (used > 0) parts[part].add(gathered.leftCols(used), targets.leftCols(used));
        used = 0;
      };
      for (std::size_t i = part; i < images_.size(); i += kParts) {
        bring(0, node.input, i, static_cast<std::size_t>(group) * window.in_size());
        if (node.shortcut >= 0) bring(1, node.shortcut, i, 0);
        for (int y = static_cast<int>(i) % step; y < window.out_height; y += step) {
          im2col<float>(sources, y, y + 1, columns);
          gathered.middleCols(used, window.out_width) = columns;
          for (Eigen::Index o = 0; o < outputs; ++o) {
            const auto at = first_value + static_cast<std::size_t>(o) * pixels +
                            static_cast<std::size_t>(y * window.out_width);
            for (int x = 0; x < window.out_width; ++x) {
              float target = wanted[i][at + static_cast<std::size_t>(x)];
              if (node.residual >= 0) {
                const auto code = static_cast<std::int64_t>(
                    codes(node.residual)[i][at + static_cast<std::size_t>(x)]);
                target -=
                    static_cast<float>(out.scale * static_cast<double>(round_shift(
                                                       (code - op.post.res_zero) * op.post.res_mult,
                                                       op.post.res_shift)));
              }
              targets(o, used + x) = target;
            }
          }
          used += window.out_width;
        }
        if (used >= kSamples) flush();
      }
      flush();
    });
    for (std::size_t part = 1; part < kParts; ++part) parts[0] += parts[part];
    parts[0].finish();
    return std::move(parts[0]);
  }

  void encode(const RoundedLayer& layer, const WeightCodes& code_set, QOp& op) {
    const QTensor& in = qtensor(op.input);
    const QTensor& out = qtensor(op.output);
    const int added = op.shortcut < 0 ? 0 : qtensor(op.shortcut).channels;
    const int added_zero = op.shortcut < 0 ? 0 : qtensor(op.shortcut).zero;
    op.term_values.reserve(static_cast<std::size_t>(layer.codes.size() * op.terms));
    for (Eigen::Index o = 0; o < layer.codes.rows(); ++o) {
      const Eigen::RowVectorXi row = layer.codes.row(o);
      const auto sum = [](const auto& part) { return part.template cast<std::int64_t>().sum(); };
      const std::int64_t magnitude = sum(row.cwiseAbs());
      if (magnitude << (format_.act_w - 1) >= std::int64_t{1} << (format_.acc_w - 1)) {
        throw Error(
            "operation {}: the sums of output channel {} may pass {} bits; fewer terms would fit",
            op.name, o, format_.acc_w);
      }
      // The unit of the accumulator; an output without weights takes a fine one for its bias.
      double unit = layer.scale[o] * in.scale;
      constexpr double kLargestBias = 1 << 30;
      // No input matters: the largest sum is a small part of an output's step, or of the bias.
      const double largest = static_cast<double>(magnitude << format_.act_w) * unit;
      const bool dead = largest < out.scale / 256 || std::abs(layer.bias[o]) > unit * kLargestBias;
      if (dead) unit = std::max(out.scale / 256, std::abs(layer.bias[o]) / kLargestBias);
      const Factor f = encode_factor(unit / out.scale, 47, op.name);
      const std::int64_t zeros =
          in.zero * sum(row.head(row.size() - added)) + added_zero * sum(row.tail(added));
      const std::int64_t bias = std::llround(layer.bias[o] / unit) - (dead ? 0 : zeros);
      op.params.push_back({static_cast<std::int32_t>(bias), f.mult, f.shift});
      for (const int code : row) {
        const auto terms = code_set.terms_of(dead ? 0 : code);
        op.term_values.insert(op.term_values.end(), terms.begin(), terms.end());
      }
    }
  }

  void run_codes(const QOp& op) {
    const FastOp fast(net_, op);
    Batch& out = codes(op.output);
    out.resize(images_.size());
    parallel_for(images_.size(), [&](std::size_t i) {
      FastOp::Scratch scratch;
      out[i].resize(graph_.tensor(op.output).size());
      fast.run(operands_of(op, [&](int t) { return codes(t)[i].data(); }),
               out[i].data() + net_.written_offset(op), scratch);
    });
  }

  /// Frees the tensors that no node behind node i reads.
  void drop_dead(std::size_t i) {
    const Node& node = graph_.nodes[i];
    for (const int tensor : {node.input, node.shortcut, node.residual}) {
      const bool read =
          std::any_of(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, graph_.nodes.end(),
                      [&](const Node& n) {
                        return n.input == tensor || n.shortcut == tensor || n.residual == tensor;
                      });
      if (tensor < 0 || read) continue;
      Batch().swap(real(tensor));
      Batch().swap(codes(tensor));
    }
  }

  const Graph& graph_;
  const CalibrationImages& images_;
  const std::vector<int>& terms_;
  const NumberFormat format_;
  const Rounding rounding_;
  QNet net_;
  std::vector<bool> has_real_;       ///< by node: its channels of real_ are there
  std::vector<bool> has_range_;      ///< by tensor: scale and zero point are chosen
  std::vector<Batch> real_, codes_;  ///< by tensor: of the float network, of the quantised one
};

}  // namespace

std::vector<int> uniform_terms(const Graph& fused, int inner, int ends) {
  std::vector<int> terms(fused.nodes.size(), inner);
  const auto is_conv = [](const Node& n) { return n.kind == NodeKind::kConv; };
  const auto first = std::find_if(fused.nodes.begin(), fused.nodes.end(), is_conv);
  const auto last = std::find_if(fused.nodes.rbegin(), fused.nodes.rend(), is_conv);
  if (first == fused.nodes.end()) throw Error("the network has no convolution");
  terms[static_cast<std::size_t>(first - fused.nodes.begin())] = ends;
  terms[static_cast<std::size_t>(fused.nodes.rend() - last) - 1] = ends;
  return terms;
}

Rounding rounding_of(const Node& node, Rounding wanted) {
  const std::size_t inputs = node.weights.size() / node.bias.size();
  return inputs > kMostCompensated ? Rounding::kNearest : wanted;
}

QNet quantize(const Graph& fused, const Preprocess& preprocess, const CalibrationImages& images,
              const std::vector<int>& terms, const NumberFormat& format, Rounding rounding) {
  require_float(fused);
  if (images.empty()) throw Error("no calibration images");
  return Quantizer(fused, preprocess, images, terms, format, rounding).run();
}

}  // namespace reshift
