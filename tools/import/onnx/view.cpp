// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/view.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/integer.hpp"

namespace reshift::onnx_import {
namespace {

/// Where an element is in a tensor.
struct Place {
  int channel, row, column;
};

Place place_of(const Layout& l, std::int32_t i) {
  return {i / (l.height * l.width), i / l.width % l.height, i % l.width};
}

class Finder {
 public:
  Finder(const Layout& tensor, std::span<const std::int32_t> index, const Layout& map)
      : tensor_(tensor), index_(index), map_(map) {}

  std::optional<Selection> find() {
    for (const auto i : index_) {
      if (i < 0) result_.fill = std::min(result_.fill, i);
    }
    result_.step_h = step(map_.width, map_.height, [](const Place& p) { return p.row; });
    result_.step_w = step(1, map_.width, [](const Place& p) { return p.column; });
    if (result_.step_h < 0 || result_.step_w < 0) return {};
    for (int c = 0; c < map_.channels; ++c) {
      if (!add_channel(c)) return {};
    }
    return result_;
  }

 private:
  std::int32_t at(int c, int y, int x) const {
    return index_[index((std::int64_t{c} * map_.height + y) * map_.width + x)];
  }

  /// Distance in the tensor of two elements that are neighbours in the map: the first two that
  /// both have a source.
  template <typename Coordinate>
  int step(int distance, int size, Coordinate coordinate) const {
    if (size == 1) return 1;
    for (std::size_t i = 0; i + index(distance) < index_.size(); ++i) {
      const bool last = i / index(distance) % index(size) + 1 == index(size);
      const auto a = index_[i], b = index_[i + index(distance)];
      if (last || a < 0 || b < 0) continue;
      return coordinate(place_of(tensor_, b)) - coordinate(place_of(tensor_, a));
    }
    return 1;
  }

  bool add_channel(int c) {
    Place first{-1, 0, 0};
    for (int y = 0; y < map_.height && first.channel < 0; ++y) {
      for (int x = 0; x < map_.width && first.channel < 0; ++x) {
        if (at(c, y, x) < 0) continue;
        first = place_of(tensor_, at(c, y, x));
        first.row -= y * result_.step_h;
        first.column -= x * result_.step_w;
      }
    }
    result_.channels.push_back(first.channel);
    result_.rows.push_back(first.row);
    result_.columns.push_back(first.column);
    for (int y = 0; y < map_.height; ++y) {
      const int row = first.row + y * result_.step_h;
      for (int x = 0; x < map_.width; ++x) {
        const int column = first.column + x * result_.step_w;
        const bool inside = first.channel >= 0 && row >= 0 && row < tensor_.height && column >= 0 &&
                            column < tensor_.width;
        const std::int32_t expected =
            inside ? (first.channel * tensor_.height + row) * tensor_.width + column : result_.fill;
        if (at(c, y, x) != expected) return false;
      }
    }
    return true;
  }

  const Layout tensor_;
  const std::span<const std::int32_t> index_;
  const Layout map_;
  Selection result_;
};

/// A kernel along one axis that reads a pixel `first[c]` + step * y, first[c] another in every
/// channel.
struct Taps {
  int kernel = 1, stride = 1, before = 0, after = 0;
};

Taps taps_of(const std::vector<int>& first, int step, int size, int out) {
  Taps t;
  if (step == 0) {  // every output sees the one pixel through a tap of its own
    t.kernel = out;
    t.before = t.after = out - 1;
    return t;
  }
  const auto [low, high] = std::minmax_element(first.begin(), first.end());
  t.stride = step;
  t.before = std::max(0, -*low);
  t.kernel = std::max(*high + t.before + 1, size + t.before - out * step + 1);
  t.after = std::max(0, (out - 1) * step + t.kernel - size - t.before);
  return t;
}

/// The convolution of weights 0 and 1 that makes a map by a selection.
Node selection_node(const OnnxNode& node, int tensor, const Selection& s, const Layout& map) {
  const Layout from = layout_of(node.tensor(tensor));
  std::vector<int> rows, columns;
  bool own_channel = from.channels == map.channels;
  for (std::size_t c = 0; c < s.channels.size(); ++c) {
    if (s.channels[c] < 0) continue;
    rows.push_back(s.rows[c]);
    columns.push_back(s.columns[c]);
    own_channel = own_channel && index(s.channels[c]) == c;
  }
  if (rows.empty()) node.fail("reads nothing but padding");
  const Taps h = taps_of(rows, s.step_h, from.height, map.height);
  const Taps w = taps_of(columns, s.step_w, from.width, map.width);
  Node result;
  result.name = node.name() + " (copy)";
  result.kind = NodeKind::kConv;
  result.input = tensor;
  result.groups = own_channel ? from.channels : 1;
  result.kernel_h = h.kernel, result.kernel_w = w.kernel;
  result.stride_h = h.stride, result.stride_w = w.stride;
  result.pad_top = h.before, result.pad_left = w.before;
  result.pad_bottom = h.after, result.pad_right = w.after;
  const std::int64_t taps = std::int64_t{h.kernel} * w.kernel;
  const std::int64_t row = taps * (own_channel ? 1 : from.channels);
  constexpr std::int64_t kMost = std::int64_t{1} << 26;
  if (row * map.channels > kMost) node.fail("moves its input over too far a distance");
  result.weights.assign(index(row * map.channels), 0.0f);
  result.bias.assign(index(map.channels), 0.0f);
  for (std::int64_t c = 0; c < map.channels; ++c) {
    const auto channel = index(c);
    if (s.channels[channel] < 0) continue;
    float* to = result.weights.data() + c * row + (own_channel ? 0 : s.channels[channel] * taps);
    for (int y = 0; y < h.kernel; ++y) {
      if (s.step_h != 0 && y != s.rows[channel] + h.before) continue;
      for (int x = 0; x < w.kernel; ++x) {
        if (s.step_w != 0 && x != s.columns[channel] + w.before) continue;
        to[y * w.kernel + x] = 1;
      }
    }
  }
  return result;
}

[[noreturn]] void fail_to_move(const OnnxNode& node, const Value& v, const Layout& l) {
  node.fail(
      "needs its input, of shape {}, as a map of {} channels x {} rows x {} columns, and the "
      "machine cannot move the values there; it moves whole channels, and rows and columns by "
      "steps",
      text(v.dims), l.channels, l.height, l.width);
}

/// Every second pixel of every second row, from (row, column) on.
std::vector<std::int32_t> phase(const std::vector<std::int32_t>& places, const Layout& l, int row,
                                int column) {
  std::vector<std::int32_t> result;
  result.reserve(places.size() / 4);
  for (int c = 0; c < l.channels; ++c) {
    for (int y = row; y < l.height; y += 2) {
      for (int x = column; x < l.width; x += 2) {
        result.push_back(places[index((std::int64_t{c} * l.height + y) * l.width + x)]);
      }
    }
  }
  return result;
}

int copy(const OnnxNode& node, const Value& v, const std::vector<std::int32_t>& index,
         const Layout& layout);

/// Writes a map of twice the height and width in four parts.
int copy_phases(const OnnxNode& node, const Value& v, const std::vector<std::int32_t>& places,
                const Layout& l) {
  const Layout half{l.channels, l.height / 2, l.width / 2};
  const Layout from = layout_of(node.tensor(v.tensor));
  std::vector<std::vector<std::int32_t>> parts;
  std::vector<Node> nodes;
  for (int i = 0; i < 4; ++i) {
    parts.push_back(phase(places, l, i / 2, i % 2));
    const auto same = std::find(parts.begin(), parts.end() - 1, parts.back());
    const auto selection = find_selection(from, parts.back(), half);
    Node n;
    if (same != parts.end() - 1) {
      n = nodes[index(same - parts.begin())];
    } else if (selection && selection->fill != kLowest) {
      n = selection_node(node, v.tensor, *selection, half);
    } else {
      n.kind = NodeKind::kClamp;
      n.input = copy(node, v, parts.back(), half);
    }
    n.name = fmt::format("{} (copy {})", node.name(), i);
    n.out_stride = 2, n.out_row = i / 2, n.out_column = i % 2;
    nodes.push_back(std::move(n));
  }
  const int tensor = node.append_tensor(l);
  for (Node& n : nodes) {
    n.output = tensor;
    node.graph().nodes.push_back(std::move(n));
  }
  return tensor;
}

int copy(const OnnxNode& node, const Value& v, const std::vector<std::int32_t>& index,
         const Layout& layout) {
  const Layout from = layout_of(node.tensor(v.tensor));
  if (const auto s = find_selection(from, index, layout)) {
    if (s->fill == kLowest) {
      node.fail("padding with minus infinity is supported only before MaxPool");
    }
    return node.append(selection_node(node, v.tensor, *s, layout), layout);
  }
  if (layout.height % 2 != 0 || layout.width % 2 != 0) fail_to_move(node, v, layout);
  return copy_phases(node, v, index, layout);
}

/// The same, step by step: from a copy of what the value was moved from. None where it was not.
std::optional<int> copy_of_source(const OnnxNode& node, const Value& v, const Layout& layout) {
  if (!v.movement || product(v.dims) != layout.size()) return {};
  const auto source = node.context().values.find(v.movement->from);
  if (source == node.context().values.end() || source->second.index.empty()) return {};
  Value from = source->second;
  from.tensor = materialise(node, v.movement->from, from, layout_of(node, from.dims));
  from.index.clear();
  const auto moved = moved_index(v.movement->program, from);
  if (!moved) return {};
  const Array& index = (*moved)[v.movement->output];
  return copy(node, from, {index.values.begin(), index.values.end()}, layout);
}

/// The marker in an index that stands for a fill value; none where there is no such marker.
std::optional<double> marker_of(double fill) {
  if (fill == 0) return kZero;
  if (fill < -3.4e38) return kLowest;
  return {};
}

}  // namespace

std::optional<std::vector<Array>> moved_index(const Program& program, const Value& from) {
  Array index{from.dims, {}, true};
  for (const auto i : full_index(from)) index.values.push_back(i);
  std::vector<Array> values(static_cast<std::size_t>(program.inputs()));
  values[0] = std::move(index);
  for (const auto& item : program.items()) {
    const HostStep* known = std::get_if<HostStep>(&item);
    if (!known) {
      values.emplace_back();
      continue;
    }
    HostStep s = *known;
    if (s.kind == HostStep::Kind::kGather) {
      const bool fills = std::find(s.ints.begin() + 1, s.ints.end(), kFill) != s.ints.end();
      const auto marker = marker_of(s.numbers[0]);
      if (fills && !marker) return {};
      s.numbers[0] = marker.value_or(kZero);
    }
    values.push_back(run_step(s, {&values[static_cast<std::size_t>(s.inputs[0])]}));
  }
  std::vector<Array> outputs;
  for (const int o : program.outputs()) outputs.push_back(values[static_cast<std::size_t>(o)]);
  return outputs;
}

bool Selection::is_padding(const Layout& map, const Layout& tensor) const {
  if (map.channels != tensor.channels) return false;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    if (channels[c] != static_cast<int>(c) || rows[c] != rows[0] || columns[c] != columns[0]) {
      return false;
    }
  }
  return step_h == 1 && step_w == 1 && rows[0] <= 0 && columns[0] <= 0 &&
         map.height + rows[0] >= tensor.height && map.width + columns[0] >= tensor.width;
}

Layout layout_of(const Tensor& t) { return {t.channels, t.height, t.width}; }

Layout layout_of(const OnnxNode& node, const Dims& dims) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  for (const auto d : dims) {
    if (d < 1 || d > kMost) node.fail("its input has shape {}", text(dims));
  }
  if (dims.size() < 2) return {dims.empty() ? 1 : static_cast<int>(dims[0]), 1, 1};
  if (dims[0] != 1) {
    node.fail("its input has shape {}: the first dimension, the image, must be 1", text(dims));
  }
  const auto d = [&](std::size_t i) { return static_cast<int>(dims[i]); };
  if (dims.size() == 2) return {d(1), 1, 1};
  if (dims.size() == 3) return {d(1), 1, d(2)};
  if (dims.size() == 4) return {d(1), d(2), d(3)};
  node.fail("its input has shape {}: one or two spatial dimensions are supported", text(dims));
}

std::optional<Selection> find_selection(const Layout& tensor, std::span<const std::int32_t> index,
                                        const Layout& map) {
  return Finder(tensor, index, map).find();
}

std::vector<std::int32_t> full_index(const Value& v) {
  if (!v.index.empty()) return v.index;
  std::vector<std::int32_t> places(index(product(v.dims)));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

int materialise(const OnnxNode& node, const std::string& name, const Value& v,
                const Layout& layout) {
  if (v.index.empty() && layout_of(node.tensor(v.tensor)) == layout) return v.tensor;
  const std::string key =
      fmt::format("{} {}x{}x{}", name, layout.channels, layout.height, layout.width);
  auto& copies = node.context().copies;
  if (const auto found = copies.find(key); !name.empty() && found != copies.end()) {
    return found->second;
  }
  int tensor = -1;
  try {
    tensor = copy(node, v, full_index(v), layout);
  } catch (const Error&) {
    const auto stepwise = copy_of_source(node, v, layout);
    if (!stepwise) throw;
    tensor = *stepwise;
  }
  if (!name.empty()) copies[key] = tensor;
  return tensor;
}

PaddedMap padded_map(const OnnxNode& node, int input) {
  const Value& v = node.view(input);
  PaddedMap result;
  result.layout = layout_of(node, v.dims);
  const Layout own = layout_of(node.tensor(v.tensor));
  const Layout row{result.layout.channels, 1, result.layout.height};
  if (v.index.empty() && result.layout.width == 1 && own == row && row.width > 1) {
    result.tensor = v.tensor;
    result.swapped = true;
    return result;
  }
  if (!v.index.empty()) {
    const Layout from = layout_of(node.tensor(v.tensor));
    const auto s = find_selection(from, v.index, result.layout);
    if (s && s->is_padding(result.layout, from)) {
      const int top = -s->rows[0], left = -s->columns[0];
      result.tensor = v.tensor;
      result.pads = {top, left, result.layout.height - from.height - top,
                     result.layout.width - from.width - left};
      result.fill = s->fill;
      return result;
    }
  }
  result.tensor = node.map(input);
  return result;
}

}  // namespace reshift::onnx_import
