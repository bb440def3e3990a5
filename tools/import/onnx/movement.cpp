// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {
namespace {

/// Of the first input, made by `make` from its number.
template <typename Make>
Program of_input(const OnnxNode& node, Make make) {
  Program p(node.input_count());
  p.output(make(p, 0));
  return p;
}

Dims from_to(std::int64_t first, std::int64_t last) {
  Dims result(index(std::max<std::int64_t>(0, last - first)));
  std::iota(result.begin(), result.end(), first);
  return result;
}

struct Slice {
  std::int64_t start, end, step;
};

/// The indices of a slice of an axis, by ONNX's rules.
Dims indices_of(const OnnxNode& node, const Slice& s, std::int64_t size) {
  if (s.step == 0) node.fail("a step is 0");
  const auto bound = [size](std::int64_t i, std::int64_t low, std::int64_t high) {
    if (i < 0) i = i < -size ? -1 : i + size;
    return std::clamp(i, low, high);
  };
  Dims result;
  if (s.step > 0) {
    const auto end = s.end < -size ? 0 : bound(s.end, 0, size);
    for (auto i = s.start < -size ? 0 : bound(s.start, 0, size); i < end;) {
      result.push_back(i);
      if (s.step >= size) break;
      i += s.step;
    }
  } else {
    const auto end = bound(s.end, -1, size - 1);
    for (auto i = s.start < -size ? -1 : bound(s.start, -1, size - 1); i > end;) {
      result.push_back(i);
      if (s.step <= -size) break;
      i += s.step;
    }
  }
  return result;
}

Dims spatial(const OnnxNode& node, const char* what) {
  Dims dims = node.dims(0);
  if (dims.size() != 4) node.fail("{} of shape {}, needed are 4 dimensions", what, text(dims));
  return dims;
}

}  // namespace

Program identity(const OnnxNode& node) {
  return of_input(node, [](Program&, int x) { return x; });
}

Program reshape(const OnnxNode& node) {
  const Dims from = node.dims(0);
  const Dims shape = node.constant(1, "shape").integers();
  const bool keep_zero = node.integer("allowzero", 0) != 0;
  Dims to = shape;
  std::int64_t known = 1, open = -1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && !keep_zero) {
      if (i >= from.size()) node.fail("shape {} of an input of shape {}", text(shape), text(from));
      to[i] = from[i];
    }
    if (to[i] < -1 || (to[i] == -1 && open >= 0)) node.fail("shape {} is impossible", text(shape));
    if (to[i] == -1)
      open = static_cast<std::int64_t>(i);
    else
      known *= to[i];
  }
  const std::int64_t size = product(from), batch = node.context().batch;
  // The file states several images, of which one is computed.
  if (open < 0 && batch > 1 && !to.empty() && to[0] == batch && known == size * batch) {
    to[0] = 1;
    known = size;
  }
  if (open >= 0) {
    if (known == 0 || size % known != 0) {
      node.fail("from shape {} to {} is impossible", text(from), text(shape));
    }
    to[index(open)] = size / known;
  } else if (known != size) {
    node.fail("from shape {} to {} is impossible", text(from), text(shape));
  }
  return of_input(node, [&](Program& p, int x) { return p.reshape(x, to); });
}

Program flatten(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  auto axis = node.integer("axis", 1);
  if (axis != static_cast<std::int64_t>(dims.size())) axis = node.axis(axis, dims.size());
  const auto middle = dims.begin() + axis;
  const Dims to{product({dims.begin(), middle}), product({middle, dims.end()})};
  return of_input(node, [&](Program& p, int x) { return p.reshape(x, to); });
}

Program squeeze(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  Dims axes = node.integers_or_input("axes", 12, 1, {});
  for (auto& axis : axes) {
    axis = node.axis(axis, dims.size());
    if (dims[index(axis)] != 1) node.fail("axis {} of shape {} is not 1", axis, text(dims));
  }
  const bool all = axes.empty();
  Dims to;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const bool named =
        std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) != axes.end();
    if (!(named || (all && dims[i] == 1))) to.push_back(dims[i]);
  }
  return of_input(node, [&](Program& p, int x) { return p.reshape(x, to); });
}

Program unsqueeze(const OnnxNode& node) {
  Dims to = node.dims(0);
  Dims axes = node.integers_or_input("axes", 12, 1, {});
  if (axes.empty()) node.fail("its axes are missing");
  const std::size_t rank = to.size() + axes.size();
  for (auto& axis : axes) axis = node.axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) node.fail("an axis twice");
  for (const auto axis : axes) to.insert(to.begin() + axis, 1);
  return of_input(node, [&](Program& p, int x) { return p.reshape(x, to); });
}

Program transpose(const OnnxNode& node) {
  Dims order = from_to(0, static_cast<std::int64_t>(node.dims(0).size()));
  std::reverse(order.begin(), order.end());
  order = node.integers("perm", order);
  return of_input(node, [&](Program& p, int x) { return p.transpose(x, order); });
}

Program slice(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  const bool inputs = node.opset() >= 10;
  const Dims starts = inputs ? node.constant(1, "start").integers() : node.integers("starts", {});
  const Dims ends = inputs ? node.constant(2, "end").integers() : node.integers("ends", {});
  Dims axes =
      node.integers_or_input("axes", 9, 3, from_to(0, static_cast<std::int64_t>(starts.size())));
  const Dims steps =
      inputs && node.has_input(4) ? node.constant(4, "step").integers() : Dims(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    node.fail("its starts, ends, axes and steps differ in number");
  }
  return of_input(node, [&](Program& p, int x) {
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const auto axis = node.axis(axes[i], dims.size());
      const auto size = dims[index(axis)];
      const Dims indices = indices_of(node, {starts[i], ends[i], steps[i]}, size);
      if (indices.empty() && !node.is_constant(0)) {
        node.fail("nothing is left of axis {}, of {}, from {} to {}", axis, size, starts[i],
                  ends[i]);
      }
      if (indices != from_to(0, size)) x = p.gather(x, axis, indices);
    }
    return x;
  });
}

Program split(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  const auto axis = node.axis(node.integer("axis", 0), dims.size());
  const auto size = dims[index(axis)], count = std::int64_t{node.output_count()};
  Dims sizes = node.integers_or_input("split", 12, 1, {});
  if (sizes.empty()) {
    const auto parts = node.opset() >= 18 ? node.integer("num_outputs", count) : count;
    if (parts < 1 || parts != count || (node.opset() < 18 && size % parts != 0)) {
      node.fail("{} elements in {} parts for {} outputs", size, parts, count);
    }
    sizes.assign(index(parts), (size + parts - 1) / parts);
    sizes.back() = size - (parts - 1) * sizes[0];
  }
  Program p(node.input_count());
  std::int64_t at = 0;
  for (const auto n : sizes) {
    if (n < 0 || n > size - at) node.fail("parts {} of {} elements", text(sizes), size);
    p.output(p.gather(0, axis, from_to(at, at + n)));
    at += n;
  }
  if (at != size || static_cast<std::int64_t>(sizes.size()) != count) {
    node.fail("parts {} of {} elements for {} outputs", text(sizes), size, count);
  }
  return p;
}

Program gather(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  const auto axis = node.axis(node.integer("axis", 0), dims.size());
  const Array& by = node.constant(1, "index");
  Dims indices = by.integers();
  const auto size = dims[index(axis)];
  for (auto& i : indices) {
    if (i < -size || i >= size) node.fail("index {} in {} elements", i, size);
    if (i < 0) i += size;
  }
  Dims to(dims.begin(), dims.begin() + axis);
  to.insert(to.end(), by.dims.begin(), by.dims.end());
  to.insert(to.end(), dims.begin() + axis + 1, dims.end());
  return of_input(node,
                  [&](Program& p, int x) { return p.reshape(p.gather(x, axis, indices), to); });
}

Program expand(const OnnxNode& node) {
  const Dims to = broadcast(node.dims(0), node.constant(1, "shape").integers());
  return of_input(node, [&](Program& p, int x) {
    return p.step({HostStep::Kind::kExpand, "", to, {}, {x}});
  });
}

Program tile(const OnnxNode& node) {
  const Dims dims = node.dims(0), repeats = node.constant(1, "repeats").integers();
  if (repeats.size() != dims.size()) node.fail("repeats {} of shape {}", text(repeats), text(dims));
  return of_input(node, [&](Program& p, int x) {
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (repeats[i] < 0 || repeats[i] > 65535) node.fail("repeats {}", text(repeats));
      Dims indices;
      const Dims once = from_to(0, dims[i]);
      for (std::int64_t r = 0; r < repeats[i]; ++r) {
        indices.insert(indices.end(), once.begin(), once.end());
      }
      if (repeats[i] != 1) x = p.gather(x, static_cast<std::int64_t>(i), indices);
    }
    return x;
  });
}

Program depth_to_space(const OnnxNode& node) {
  const Dims d = spatial(node, "blocks");
  const auto b = node.integer("blocksize", 0);
  if (b < 1 || d[1] % (b * b) != 0) node.fail("blocks of {} from {} channels", b, d[1]);
  const auto mode = node.string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") node.fail("mode {} is unknown", mode);
  const auto c = d[1] / (b * b);
  return of_input(node, [&](Program& p, int x) {
    const bool blocks_first = mode == "DCR";
    x = p.reshape(x,
                  blocks_first ? Dims{d[0], b, b, c, d[2], d[3]} : Dims{d[0], c, b, b, d[2], d[3]});
    x = p.transpose(x, blocks_first ? Dims{0, 3, 4, 1, 5, 2} : Dims{0, 1, 4, 2, 5, 3});
    return p.reshape(x, {d[0], c, d[2] * b, d[3] * b});
  });
}

Program space_to_depth(const OnnxNode& node) {
  const Dims d = spatial(node, "blocks");
  const auto b = node.integer("blocksize", 0);
  if (b < 1 || d[2] % b != 0 || d[3] % b != 0) node.fail("blocks of {} from {}", b, text(d));
  return of_input(node, [&](Program& p, int x) {
    x = p.reshape(x, {d[0], d[1], d[2] / b, b, d[3] / b, b});
    x = p.transpose(x, {0, 3, 5, 1, 2, 4});
    return p.reshape(x, {d[0], d[1] * b * b, d[2] / b, d[3] / b});
  });
}

}  // namespace reshift::onnx_import
