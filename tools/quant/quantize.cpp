// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/encode.hpp"
#include "quant/float_graph.hpp"
#include "quant/float_run.hpp"
#include "quant/function_table.hpp"
#include "quant/layer_samples.hpp"
#include "quant/operation.hpp"
#include "quant/product.hpp"
#include "quant/range.hpp"
#include "quant/rounding.hpp"

namespace reshift {
namespace {

/// The tensor that one is a slice of in the end: where it is copied as it is into a slice of
/// another one, and that perhaps again (the concatenations of a DenseNet). One range for both makes
/// the copy exact, and the compiler can leave it out.
int joined(const Graph& graph, int tensor) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto copy = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) {
    return n.input == tensor && is_selection(n) && n.functions.empty() && n.lo == -kInfinity &&
           n.hi == kInfinity && n.out_stride == 1 && !graph.writes_all(n);
  });
  if (copy == graph.nodes.end() || graph.is_output(tensor)) return tensor;
  return joined(graph, copy->output);
}

/// Whose lowest and highest codes stand for a range; with a `unit` above 0, for as much as the next
/// larger step that is a power of two of it makes of it.
Steps steps_of(const Range& range, int low, int high, double unit) {
  double scale = (range.high - range.low) / (high - low);
  if (unit > 0) scale = std::ldexp(unit, static_cast<int>(std::ceil(std::log2(scale / unit))));
  const long zero = std::lround(low - range.low / scale);
  return {scale, static_cast<int>(std::clamp<long>(zero, low, high))};
}

template <typename Statistics>
Statistics collect(const LayerSamples& samples) {
  // A fixed number of parts, added in order: the result does not depend on the threads.
  constexpr std::size_t kParts = 8;
  std::vector<Statistics> parts(kParts, Statistics(samples.inputs(), samples.outputs()));
  parallel_for(kParts, [&](std::size_t part) {
    samples.visit(part, kParts, [&](const Matrix<float>& in, const Matrix<float>& out) {
      parts[part].add(in, out);
    });
  });
  for (std::size_t part = 1; part < kParts; ++part) parts[0] += parts[part];
  parts[0].finish();
  return std::move(parts[0]);
}

class Quantizer {
 public:
  Quantizer(const Graph& graph, const Preprocess& preprocess, const CalibrationImages& images,
            const std::vector<int>& terms, const NumberFormat& format, Rounding rounding,
            OutputRange output_range)
      : graph_(graph),
        images_(images),
        terms_(terms),
        format_(format),
        rounding_(rounding),
        scores_(has_scores(graph, output_range)),
        float_(graph, images),
        has_range_(graph.tensors.size(), false),
        codes_(graph.tensors.size()) {
    net_.name = graph.name;
    net_.act_w = format.act_w;
    net_.weight_format = format.weight_format;
    if (format.shifts_only()) net_.mult_w = 1;
    net_.preprocess = preprocess;
    net_.outputs = graph.outputs;
    net_.tail = graph.tail;
    for (const Tensor& t : graph.tensors)
      net_.tensors.push_back({t.name, t.channels, t.height, t.width, 1, 0});
  }

  /// Keeps every convolution as it is with so many terms, too.
  void keep_alternatives(int terms, std::vector<std::optional<QOp>>& to) {
    alternative_terms_ = terms;
    alternatives_ = &to;
    to.assign(graph_.nodes.size(), std::nullopt);
  }

  QNet run() {
    quantize_images();
    Progress progress("quantising", graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      quantize_node(i);
      drop_dead(i);
      progress.advance();
    }
    net_.validate();
    return std::move(net_);
  }

 private:
  QTensor& qtensor(int i) { return net_.tensors[static_cast<std::size_t>(i)]; }
  Batch& codes(int i) { return codes_[static_cast<std::size_t>(i)]; }
  int low() const { return code_min(format_.act_w); }
  int high() const { return code_max(format_.act_w); }

  void quantize_images() {
    QTensor& in = qtensor(0);
    // From what pixels can be, not from what these happen to be; data that are no pixels may be
    // more.
    const Preprocess& p = net_.preprocess;
    double least = 0, most = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(p.channel_count()); ++c) {
      least = std::min(least, -p.mean[c] / p.std[c]);
      most = std::max(most, (255 * p.scale - p.mean[c]) / p.std[c]);
    }
    for (const auto& values : images_) {
      const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
      least = std::min<double>(least, *smallest);
      most = std::max<double>(most, *largest);
    }
    in.scale = (most - least) / (high() - low());
    in.zero = static_cast<int>(std::lround(low() - least / in.scale));
    codes(0).resize(images_.size());
    parallel_for(images_.size(), [&](std::size_t i) {
      const auto values = quantize_values(net_, images_[i]);
      codes(0)[i].assign(values.begin(), values.end());
    });
  }

  void quantize_node(std::size_t index) {
    const Node& node = graph_.nodes[index];
    Batch wanted = float_.run(node);
    float_.keep(index, wanted);
    if (!has_range_[static_cast<std::size_t>(node.output)]) choose_range(node);

    QOp op = operation_of(node);
    const Steps made = made_steps(node, wanted);
    set_post(node, made, op);
    if (node.kind == NodeKind::kMul) {
      encode_product(factor_of(node), net_, op);
    } else if (op.kind == QKind::kConv) {
      round_weights(node, index, made, wanted, op);
    } else if (op.kind == QKind::kAvgPool) {
      encode_average(net_, made, format_, op);
    }
    if (!node.functions.empty())
      op.table = function_table(node.functions, made, qtensor(node.output), format_.act_w);
    wanted.clear();
    run_codes(op);
    net_.ops.push_back(std::move(op));
  }

  void choose_range(const Node& node) {
    QTensor& out = qtensor(node.output);
    if (node.functions.empty() && graph_.writes_all(node) &&
        (node.kind == NodeKind::kMaxPool || is_selection(node))) {
      out.scale = qtensor(node.input).scale;
      out.zero = qtensor(node.input).zero;
      has_range_[static_cast<std::size_t>(node.output)] = true;
      return;
    }
    const int whole = joined(graph_, node.output);
    if (!has_range_[static_cast<std::size_t>(whole)]) {
      float_.complete(whole);  // one range is for all slices
      const Batch& values = float_.tensor(whole);
      const Range range = !graph_.is_output(whole) ? best_range(values, high() - low())
                          : scores_                ? score_range(values)
                                                   : full_range(values);
      const Steps steps = steps_of(range, low(), high(), step_unit(node));
      qtensor(whole).scale = steps.scale;
      qtensor(whole).zero = steps.zero;
      has_range_[static_cast<std::size_t>(whole)] = true;
    }
    out.scale = qtensor(whole).scale;
    out.zero = qtensor(whole).zero;
    has_range_[static_cast<std::size_t>(node.output)] = true;
  }

  /// What the codes of post-processing stand for: those of the output tensor, or what goes into the
  /// table of the functions that follow.
  Steps made_steps(const Node& node, const Batch& wanted) {
    QTensor& out = qtensor(node.output);
    if (node.kind == NodeKind::kMul) {
      // The output's steps follow from those of the factors.
      const ProductFactor f = factor_of(node);
      const double step = qtensor(node.input).scale * qtensor(node.residual).scale *
                          std::ldexp(1 / static_cast<double>(f.weight), f.shift);
      if (!node.functions.empty() || !graph_.writes_all(node)) {
        throw Error(
            "operation {}: a product of two tensors must be a whole tensor, and no function "
            "may follow it",
            node.name);
      }
      out.scale = step;
      return {step, out.zero};
    }
    if (node.functions.empty()) return {out.scale, out.zero};
    if (format_.act_w != 8) {
      throw Error("operation {}: functions are tables of 8-bit codes, activations have {} bits",
                  node.name, format_.act_w);
    }
    const QTensor& in = qtensor(node.input);
    if (node.kind == NodeKind::kMaxPool || is_selection(node)) return {in.scale, in.zero};
    Batch bounded = wanted;
    for (auto& values : bounded) {
      for (float& v : values) v = std::clamp(v, node.lo, node.hi);
    }
    return steps_of(best_range(bounded, high() - low()), low(), high(), step_unit(node));
  }

  /// Of what steps must be powers of two, so that factors are; 0: they need not.
  double step_unit(const Node& node) {
    if (!format_.shifts_only()) return 0;
    const bool average = node.kind == NodeKind::kAvgPool;
    return average ? qtensor(node.input).scale / (node.kernel_h * node.kernel_w) : qtensor(0).scale;
  }

  ProductFactor factor_of(const Node& node) {
    return product_factor(
        qtensor(node.input).scale * qtensor(node.residual).scale / qtensor(node.output).scale,
        format_.weight_format, node.name);
  }

  void set_post(const Node& node, const Steps& made, QOp& op) {
    const auto bound = [&](float value, int unbounded) {
      if (!std::isfinite(value)) return unbounded;
      return static_cast<int>(
          std::clamp<double>(std::round(value / made.scale) + made.zero, low(), high()));
    };
    op.post.out_zero = qtensor(node.output).zero;
    op.post.lo = bound(node.lo, low());
    op.post.hi = bound(node.hi, high());
    if (node.residual >= 0 && node.kind != NodeKind::kMul) {
      const QTensor& residual = qtensor(node.residual);
      op.post.res_zero = residual.zero;
      op.post.res_factor = encode_res_factor(residual.scale / made.scale, format_, node.name);
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

  /// One rounding of the whole layer for each number of terms, all from the same samples. `unit`:
  /// see LayerFit::round().
  std::vector<RoundedLayer> round_groups(const Node& node, const std::vector<int>& terms,
                                         const Batch& wanted, const QOp& op,
                                         const Eigen::Ref<const Matrix<float>>& weights,
                                         double unit) {
    const bool compensated = rounding_of(node, rounding_) != Rounding::kNearest;
    std::vector<RoundedLayer> layers(terms.size());
    std::vector<WeightCodes> codes;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      codes.emplace_back(terms[t], format_.weight_format);
      layers[t].codes.resize(weights.rows(), weights.cols());
      layers[t].scale.resize(weights.rows());
      layers[t].bias.resize(weights.rows());
    }
    const Eigen::Index per_group = weights.rows() / node.groups;
    parallel_for(static_cast<std::size_t>(node.groups), [&](std::size_t g) {
      const Eigen::Index first = static_cast<Eigen::Index>(g) * per_group;
      const auto rows = weights.middleRows(first, per_group);
      const LayerSamples samples(net_, op, static_cast<int>(g), codes_, wanted);
      const auto keep = [&](std::size_t t, const RoundedLayer& part) {
        layers[t].codes.middleRows(first, per_group) = part.codes;
        layers[t].scale.segment(first, per_group) = part.scale;
        layers[t].bias.segment(first, per_group) = part.bias;
      };
      if (compensated) {
        const LayerFit fit(collect<LayerStatistics>(samples), rows, rounding_ == Rounding::kPruned);
        for (std::size_t t = 0; t < terms.size(); ++t) keep(t, fit.round(codes[t], unit));
      } else {
        const auto means = collect<LayerMeans>(samples);
        for (std::size_t t = 0; t < terms.size(); ++t)
          keep(t, round_nearest(means, rows, codes[t], unit));
      }
    });
    return layers;
  }

  void round_weights(const Node& node, std::size_t index, const Steps& made, const Batch& wanted,
                     QOp& op) {
    Matrix<float> scratch;
    const auto weights = common_weights(node, scratch);
    const auto encode = [&](const RoundedLayer& layer, int terms, QOp& to) {
      to.terms = terms;
      encode_layer(layer, WeightCodes(terms, format_.weight_format), net_, made, format_, to);
    };
    RoundedLayer exact;
    const double unit = format_.shifts_only() ? made.scale / qtensor(node.input).scale : 0;
    if (round_exactly(weights, node.bias, format_.weight_format, unit, exact))
      return encode(exact, 1, op);
    std::vector<int> terms{terms_[index]};
    if (alternative_terms_ > 0 && alternative_terms_ != terms[0])
      terms.push_back(alternative_terms_);
    const auto layers = round_groups(node, terms, wanted, op, weights, unit);
    if (layers.size() > 1) {
      QOp other = op;
      encode(layers[1], terms[1], other);
      (*alternatives_)[index] = std::move(other);
    }
    encode(layers[0], terms[0], op);
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

  /// Frees the tensors that no node after node i reads.
  void drop_dead(std::size_t i) {
    const Node& node = graph_.nodes[i];
    for (const int tensor : {node.input, node.shortcut, node.residual}) {
      const bool read =
          std::any_of(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, graph_.nodes.end(),
                      [&](const Node& n) {
                        return n.input == tensor || n.shortcut == tensor || n.residual == tensor;
                      });
      if (tensor < 0 || read) continue;
      float_.drop(tensor);
      Batch().swap(codes(tensor));
    }
  }

  const Graph& graph_;
  const CalibrationImages& images_;
  const std::vector<int>& terms_;
  const NumberFormat format_;
  const Rounding rounding_;
  const bool scores_;  ///< outputs have the range of scores
  QNet net_;
  FloatRun float_;
  std::vector<bool> has_range_;  ///< by tensor: scale and zero point are chosen
  std::vector<Batch> codes_;     ///< of the quantised network, by tensor
  int alternative_terms_ = 0;
  std::vector<std::optional<QOp>>* alternatives_ = nullptr;  ///< by operation
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

bool has_scores(const Graph& graph, OutputRange wanted) {
  if (wanted != OutputRange::kAuto) return wanted == OutputRange::kScores;
  const Tensor& out = graph.tensor(graph.outputs.front().tensor);
  return graph.outputs.size() == 1 && out.channels > 1 && out.height * out.width == 1;
}

QNet quantize(const Graph& fused, const Preprocess& preprocess, const CalibrationImages& images,
              const std::vector<int>& terms, const NumberFormat& format, Rounding rounding,
              OutputRange output_range) {
  require_float(fused);
  if (images.empty()) throw Error("no calibration images");
  return Quantizer(fused, preprocess, images, terms, format, rounding, output_range).run();
}

QNet quantize_with_alternatives(const Graph& fused, const Preprocess& preprocess,
                                const CalibrationImages& images, const std::vector<int>& terms,
                                const NumberFormat& format, Rounding rounding,
                                OutputRange output_range, int other,
                                std::vector<std::optional<QOp>>& alternatives) {
  require_float(fused);
  if (images.empty()) throw Error("no calibration images");
  Quantizer quantizer(fused, preprocess, images, terms, format, rounding, output_range);
  quantizer.keep_alternatives(other, alternatives);
  return quantizer.run();
}

}  // namespace reshift
