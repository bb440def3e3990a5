// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "quant/count_padding.hpp"
#include "quant/float_graph.hpp"
#include "quant/nest_slices.hpp"

namespace reshift {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The weights with which a convolution reads what a selection of channels reads.
std::vector<float> through_selection(const Node& selection, const Node& node) {
  const auto from = weight_matrix(selection);
  const auto to_size = [](Eigen::Index i) { return static_cast<std::size_t>(i); };
  const std::size_t made = to_size(from.rows()), read = to_size(from.cols());
  const std::size_t taps = node.weights.size() / node.bias.size() / made;
  std::vector<float> weights(node.bias.size() * read * taps, 0.0f);
  for (std::size_t o = 0; o < node.bias.size(); ++o) {
    for (Eigen::Index c = 0; c < from.rows(); ++c) {
      for (Eigen::Index i = 0; i < from.cols(); ++i) {
        if (from(c, i) == 0) continue;
        for (std::size_t t = 0; t < taps; ++t) {
          weights[(o * read + to_size(i)) * taps + t] +=
              node.weights[(o * made + to_size(c)) * taps + t];
        }
      }
    }
  }
  return weights;
}

/// Bounds and functions of a node behind those that an operation has.
void finish(Node& p, const Node& node) {
  if (p.functions.empty()) {
    p.lo = std::clamp(p.lo, node.lo, node.hi);
    p.hi = std::clamp(p.hi, node.lo, node.hi);
  } else if (node.lo != -kInfinity || node.hi != kInfinity) {
    p.functions.push_back({Function::Kind::kClip, node.lo, node.hi});
  }
  p.functions.insert(p.functions.end(), node.functions.begin(), node.functions.end());
}

/// A projection becomes the shortcut of `main`.
void merge(Node& main, const Node& projection) {
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
    Node* p = &nodes_[producers(tensor).front()];
    return p->out_stride == 1 ? p : nullptr;
  }
  /// The operations that make every second pixel each of a tensor which nothing else reads, where
  /// `node` makes a whole tensor of it; or none.
  std::vector<Node*> open_phases(const Node& node) {
    std::vector<Node*> found;
    if (use(node.input) != 1 || !graph_.writes_all(node)) return found;
    for (const std::size_t i : producers(node.input)) {
      Node& p = nodes_[i];
      if (p.out_stride == 1 || graph_.written_channels(p) != graph_.tensor(node.input).channels ||
          p.kind != NodeKind::kConv || !unbounded(p)) {
        return {};
      }
      found.push_back(&p);
    }
    return found;
  }
  static bool unbounded(const Node& n) {
    return n.lo == -kInfinity && n.hi == kInfinity && n.functions.empty();
  }

  /// Lets `node` write what `as` writes.
  void redirect(Node& node, const Node& as) {
    node.out_stride = as.out_stride;
    node.out_row = as.out_row;
    node.out_column = as.out_column;
    redirect(node, as.output, as.first_channel);
  }
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
      case NodeKind::kConv:
        return append(without_selection(node));
      default:
        append(node);
    }
  }

  static void scale(Node& p, const Node& by) {
    const std::size_t row = p.weights.size() / p.bias.size();
    for (std::size_t c = 0; c < p.bias.size(); ++c) {
      for (std::size_t i = c * row; i < (c + 1) * row; ++i) p.weights[i] *= by.weights[c];
      p.bias[c] = p.bias[c] * by.weights[c] + by.bias[c];
    }
  }

  void add_scale(const Node& node) {
    if (const auto phases = open_phases(node); !phases.empty()) {
      for (Node* p : phases) {
        scale(*p, node);
        finish(*p, node);
        redirect(*p, node.output, node.first_channel);
      }
      return;
    }
    Node* p = open_producer(node.input);
    if (!p || p->kind != NodeKind::kConv || p->residual >= 0 || !unbounded(*p)) {
      return append(single_channels(node));
    }
    scale(*p, node);
    finish(*p, node);
    redirect(*p, node);
  }

  void add_clamp(const Node& node) {
    if (const auto phases = open_phases(node); !phases.empty()) {
      for (Node* p : phases) {
        finish(*p, node);
        redirect(*p, node.output, node.first_channel);
      }
      return;
    }
    Node* p = open_producer(node.input);
    // The codes of a maximum are those of its input, and a product's follow from its factors: both
    // fit into no tensor with others, and have no function of their own.
    const bool own_codes = p && (p->kind == NodeKind::kMaxPool || p->kind == NodeKind::kMul);
    if (!p || (own_codes && (!graph_.writes_all(node) || !node.functions.empty()))) {
      return append(single_channels(node));
    }
    finish(*p, node);
    redirect(*p, node);
  }

  /// The selection of channels that makes a convolution's input; or null. Not of a few among many,
  /// which would make the convolution larger.
  const Node* selection_before(const Node& node) {
    if (producers(node.input).size() != 1 || node.groups != 1 || node.shortcut >= 0) return nullptr;
    const Node& s = nodes_[producers(node.input).front()];
    const bool same_pixels =
        s.stride_h * s.stride_w == 1 && s.pad_top + s.pad_left + s.pad_bottom + s.pad_right == 0;
    if (!is_selection(s) || s.groups != 1 || !unbounded(s) || !same_pixels ||
        !graph_.writes_all(s)) {
      return nullptr;
    }
    const auto read = graph_.tensor(s.input).channels, made = graph_.tensor(node.input).channels;
    return read <= 2 * made || node.kernel_h * node.kernel_w == 1 ? &s : nullptr;
  }

  /// A convolution that reads what a selection of channels reads, in its place.
  Node without_selection(Node node) {
    const Node* s = selection_before(node);
    if (!s) return node;
    node.weights = through_selection(*s, node);
    --use(node.input);
    node.input = s->input;
    ++use(node.input);
    return node;
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
    redirect(p, node);
  }

  /// Whether a projection can be, and is worth to be, in the sums of a convolution of the same
  /// size.
  bool merges(const Node& main, const Node& projection) const {
    const Tensor& in = graph_.tensor(main.input);
    const Tensor& out = graph_.tensor(main.output);
    const auto covers = [](int size, int stride, int result) {
      return (size + stride - 1) / stride >= result;
    };
    return merge_shortcuts_ && main.out_stride == 1 && main.kind == NodeKind::kConv &&
           main.shortcut < 0 && covers(in.height, main.stride_h, out.height) &&
           covers(in.width, main.stride_w, out.width) && projection.kind == NodeKind::kConv &&
           projection.shortcut < 0 && projection.groups == 1 && !is_selection(projection) &&
           projection.kernel_h * projection.kernel_w == 1 &&
           projection.stride_h == projection.stride_w &&
           projection.pad_top + projection.pad_left + projection.pad_bottom +
                   projection.pad_right ==
               0 &&
           graph_.tensor(projection.input).channels <= kMostMerged;
  }

  /// Operations in the order of need, residual first; tensors renumbered, the image stays the
  /// first.
  Graph ordered() {
    Graph result;
    result.name = graph_.name;
    result.tail = graph_.tail;
    result.channels_last = graph_.channels_last;
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
  return Fuser(nest_slices(count_padding(graph)), merge_shortcuts).run();
}

}  // namespace reshift
