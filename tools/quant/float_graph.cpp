// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/float_graph.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace reshift {

void run_node(const Graph& graph, const Node& node, const Operands& operands, float* out,
              Matrix<float>& columns) {
  const auto& [in, shortcut, residual] = operands;
  const Tensor& to = graph.tensor(node.output);
  const Window window = window_of(node, graph.tensor(node.input), to);
  const auto pixels = window.out_pixels();
  const int channels = graph.written_channels(node);
  const std::size_t size = graph.written_size(node);
  switch (node.kind) {
    case NodeKind::kConv: {
      std::vector<Source<float>> sources{{window, in}};
      if (shortcut)
        sources.push_back({shortcut_window_of(node, graph.tensor(node.shortcut), to), shortcut});
      const Eigen::Index rows = rows_of<float>(sources);
      const int per_group = channels / node.groups;
      for (int g = 0; g < node.groups; ++g, sources[0].values += window.in_size()) {
        convolve<float>(sources, node.weights.data() + Eigen::Index{g} * per_group * rows,
                        per_group, out + Eigen::Index{g} * per_group * pixels, columns);
      }
      for (int c = 0; c < channels; ++c) {
        for (Eigen::Index i = 0; i < pixels; ++i) {
          out[c * pixels + i] += node.bias[static_cast<std::size_t>(c)];
        }
      }
      break;
    }
    case NodeKind::kMaxPool: {
      const float lowest = -std::numeric_limits<float>::infinity();
      pool(window, in, lowest, lowest, out, [](float a, float b) { return std::max(a, b); });
      break;
    }
    case NodeKind::kAvgPool: {
      const float factor = 1.0f / static_cast<float>(node.kernel_h * node.kernel_w);
      pool(window, in, 0.0f, 0.0f, out, [](float a, float b) { return a + b; });
      for (std::size_t i = 0; i < size; ++i) out[i] *= factor;
      break;
    }
    case NodeKind::kScale:
      for (int c = 0; c < channels; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        for (Eigen::Index i = c * pixels; i < (c + 1) * pixels; ++i) {
          out[i] = in[i] * node.weights[channel] + node.bias[channel];
        }
      }
      break;
    case NodeKind::kMul: {
      const bool one_pixel =
          graph.tensor(node.residual).height * graph.tensor(node.residual).width == 1;
      for (Eigen::Index i = 0; i < channels * pixels; ++i)
        out[i] = in[i] * residual[one_pixel ? i / pixels : i];
      break;
    }
    case NodeKind::kQuantize:
      for (std::size_t i = 0; i < size; ++i) {
        const Quantization& q = *to.quantization;
        const double code = code_of(q, node.output_rounding, in[i]);
        out[i] = static_cast<float>((code - q.zero_points.front()) * q.scales.front());
      }
      break;
    case NodeKind::kAdd:
    case NodeKind::kClamp:
      std::copy(in, in + size, out);
      break;
  }
  if (node.residual >= 0 && node.kind != NodeKind::kMul) {
    for (std::size_t i = 0; i < size; ++i) out[i] += residual[i];
  }
}

std::vector<std::vector<float>> run_float(const Graph& graph, std::span<const float> image) {
  require_float(graph);
  if (image.size() != graph.tensor(0).size()) {
    throw Error("image of {} values, the network's input has {}", image.size(),
                graph.tensor(0).size());
  }
  std::vector<std::vector<float>> tensors(graph.tensors.size());
  tensors[0].assign(image.begin(), image.end());
  Matrix<float> columns;
  for (const Node& node : graph.nodes) {
    auto& out = tensors[static_cast<std::size_t>(node.output)];
    out.resize(graph.tensor(node.output).size());
    const auto slice = std::span(out).subspan(graph.written_offset(node), graph.written_size(node));
    run_node(graph, node,
             operands_of(node, [&](int t) { return tensors[static_cast<std::size_t>(t)].data(); }),
             slice.data(), columns);
    for (float& v : slice) v = node.finish(v);
  }
  std::vector<std::vector<float>> outputs;
  for (const NetOutput& o : graph.outputs)
    outputs.push_back(tensors[static_cast<std::size_t>(o.tensor)]);
  return outputs;
}

Eigen::Map<const Matrix<float>> weight_matrix(const Node& node) {
  const auto rows = static_cast<Eigen::Index>(node.bias.size());
  return {node.weights.data(), rows, static_cast<Eigen::Index>(node.weights.size()) / rows};
}

bool is_selection(const Node& node) {
  const auto is_zero = [](float v) { return v == 0; };
  if (node.kind != NodeKind::kConv || node.residual >= 0 || node.shortcut >= 0 ||
      node.kernel_h * node.kernel_w != 1 ||
      !std::all_of(node.bias.begin(), node.bias.end(), is_zero)) {
    return false;
  }
  const auto weights = weight_matrix(node);
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const auto row = weights.row(o);
    if ((row.array() != 0).count() > 1 || ((row.array() != 0) && (row.array() != 1)).any())
      return false;
  }
  return true;
}

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class Fuser {
 public:
  Fuser(const Graph& graph, bool merge_shortcuts)
      : graph_(graph),
        merge_shortcuts_(merge_shortcuts),
        uses_(graph.tensors.size(), 0),
        level_(graph.tensors.size(), 0),
        producers_(graph.tensors.size()) {
    for (const Node& n : graph.nodes) {
      for (const int t : {n.input, n.shortcut, n.residual}) {
        if (t >= 0) ++use(t);
      }
    }
    for (const NetOutput& o : graph.outputs) ++use(o.tensor);
  }

  Graph run() {
    for (const Node& n : graph_.nodes) {
      if (use(n.output) > 0) add(n);
    }
    return ordered();
  }

 private:
  int& use(int tensor) { return uses_[static_cast<std::size_t>(tensor)]; }
  std::vector<std::size_t>& producers(int tensor) {
    return producers_[static_cast<std::size_t>(tensor)];
  }
  int& level(int tensor) { return level_[static_cast<std::size_t>(tensor)]; }

  /// The operation that makes all of a tensor which nothing else reads; or null.
  Node* open_producer(int tensor) {
    if (producers(tensor).size() != 1 || use(tensor) != 1) return nullptr;
    return &nodes_[producers(tensor).front()];
  }
  static bool unbounded(const Node& n) { return n.lo == -kInfinity && n.hi == kInfinity; }

  /// Lets `node` write `tensor` from a channel on.
  void redirect(Node& node, int tensor, int first_channel) {
    producers(tensor).push_back(static_cast<std::size_t>(&node - nodes_.data()));
    for (const int t : {node.input, node.shortcut, node.residual}) {
      if (t >= 0) level(tensor) = std::max(level(tensor), level(t) + 1);
    }
    node.output = tensor;
    node.first_channel = first_channel;
  }

  void append(Node node) {
    nodes_.push_back(std::move(node));
    redirect(nodes_.back(), nodes_.back().output, nodes_.back().first_channel);
  }

  /// A convolution of single channels in the place of another kind: weights 1 and bias 0 unless
  /// given.
  Node single_channels(Node node) {
    node.groups = graph_.written_channels(node);
    node.kind = NodeKind::kConv;
    if (node.weights.empty()) {
      node.weights.assign(static_cast<std::size_t>(node.groups), 1.0f);
      node.bias.assign(static_cast<std::size_t>(node.groups), 0.0f);
    }
    return node;
  }

  void add(const Node& node) {
    switch (node.kind) {
      case NodeKind::kScale:
        return add_scale(node);
      case NodeKind::kClamp:
        return add_clamp(node);
      case NodeKind::kAdd:
        return add_add(node);
      default:
        append(node);
    }
  }

  void add_scale(const Node& node) {
    Node* p = open_producer(node.input);
    if (!p || p->kind != NodeKind::kConv || p->residual >= 0 || !unbounded(*p)) {
      return append(single_channels(node));
    }
    const std::size_t row = p->weights.size() / p->bias.size();
    for (std::size_t c = 0; c < p->bias.size(); ++c) {
      for (std::size_t i = c * row; i < (c + 1) * row; ++i) p->weights[i] *= node.weights[c];
      p->bias[c] = p->bias[c] * node.weights[c] + node.bias[c];
    }
    redirect(*p, node.output, node.first_channel);
  }

  void add_clamp(const Node& node) {
    Node* p = open_producer(node.input);
    // The codes of a maximum are those of its input, so that it fits into no tensor with others.
    const bool slice_of_maximum = p && p->kind == NodeKind::kMaxPool && !graph_.writes_all(node);
    if (!p || slice_of_maximum) return append(single_channels(node));
    p->lo = std::clamp(p->lo, node.lo, node.hi);
    p->hi = std::clamp(p->hi, node.lo, node.hi);
    redirect(*p, node.output, node.first_channel);
  }

  void add_add(const Node& node) {
    const auto absorbs = [&](int tensor) {
      const Node* p = open_producer(tensor);
      return p && p->kind != NodeKind::kMaxPool && p->residual < 0 && unbounded(*p);
    };
    int into = node.input, other = node.residual;
    if (level(other) > level(into)) std::swap(into, other);
    if (!absorbs(into) && absorbs(other)) std::swap(into, other);
    if (!absorbs(into)) {
      Node identity = node;
      identity.input = into;
      identity.residual = other;
      return append(single_channels(identity));
    }
    Node& p = *open_producer(into);
    if (absorbs(other) && merges(p, *open_producer(other))) {
      merge(p, *open_producer(other));
    } else {
      p.residual = other;
    }
    redirect(p, node.output, node.first_channel);
  }

  /// Whether a projection can be, and is worth to be, in the sums of a convolution of the same
  /// size.
  bool merges(const Node& main, const Node& projection) const {
    const Tensor& in = graph_.tensor(main.input);
    const Tensor& out = graph_.tensor(main.output);
    const auto covers = [](int size, int stride, int result) {
      return (size + stride - 1) / stride >= result;
    };
    return merge_shortcuts_ && main.kind == NodeKind::kConv && main.shortcut < 0 &&
           covers(in.height, main.stride_h, out.height) &&
           covers(in.width, main.stride_w, out.width) && projection.kind == NodeKind::kConv &&
           projection.shortcut < 0 && projection.groups == 1 && !is_selection(projection) &&
           projection.kernel_h * projection.kernel_w == 1 &&
           projection.stride_h == projection.stride_w &&
           projection.pad_top + projection.pad_left + projection.pad_bottom +
                   projection.pad_right ==
               0 &&
           graph_.tensor(projection.input).channels <= kMostMerged;
  }

  static void merge(Node& main, const Node& projection) {
    const std::size_t channels = main.bias.size(), row = main.weights.size() / channels,
                      added = projection.weights.size() / channels;
    std::vector<float> weights;
    weights.reserve(main.weights.size() + projection.weights.size());
    for (std::size_t c = 0; c < channels; ++c) {
      const auto append = [&](const std::vector<float>& from, std::size_t count) {
        const auto first = from.begin() + static_cast<std::ptrdiff_t>(c * count);
        weights.insert(weights.end(), first, first + static_cast<std::ptrdiff_t>(count));
      };
      append(main.weights, row);
      append(projection.weights, added);
      main.bias[c] += projection.bias[c];
    }
    main.weights = std::move(weights);
    main.shortcut = projection.input;
    main.shortcut_stride = projection.stride_h;
    main.name += " + " + projection.name;
  }

  /// Operations in the order of need, residual first; tensors renumbered, the image stays the
  /// first.
  Graph ordered() {
    Graph result;
    result.name = graph_.name;
    result.tensors.push_back(graph_.tensor(0));
    renumbered_.assign(graph_.tensors.size(), -1);
    renumbered_[0] = 0;
    for (const NetOutput& o : graph_.outputs)
      result.outputs.push_back({o.name, visit(o.tensor, result)});
    return result;
  }

  int visit(int tensor, Graph& result) {
    int& number = renumbered_[static_cast<std::size_t>(tensor)];
    if (number >= 0) return number;
    for (const std::size_t producer : producers(tensor)) {
      Node node = std::move(nodes_[producer]);  // visited once
      if (node.residual >= 0) node.residual = visit(node.residual, result);
      if (node.shortcut >= 0) node.shortcut = visit(node.shortcut, result);
      node.input = visit(node.input, result);
      if (number < 0) {
        number = static_cast<int>(result.tensors.size());
        result.tensors.push_back(graph_.tensor(tensor));
      }
      node.output = number;
      result.nodes.push_back(std::move(node));
    }
    return number;
  }

  const Graph& graph_;
  const bool merge_shortcuts_;
  std::vector<int> uses_, level_, renumbered_;
  std::vector<std::vector<std::size_t>> producers_;  ///< operations, by the tensor that they write
  std::vector<Node> nodes_;
};

}  // namespace

Graph fuse(const Graph& graph, bool merge_shortcuts) {
  require_float(graph);
  return Fuser(graph, merge_shortcuts).run();
}

}  // namespace reshift
