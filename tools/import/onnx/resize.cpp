// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/integer.hpp"
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {
namespace {

/// One axis of a Resize.
struct ScaledAxis {
  std::int64_t size = 1, out = 1;
  double scale = 1;
};

struct Settings {
  std::string mode, coordinates, nearest;
  double cubic = -0.75;
};

Settings settings_of(const OnnxNode& node) {
  const bool old = node.op_type() == "Upsample" || node.opset() < 11;
  Settings s{node.string("mode", "nearest"),
             node.string("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
             node.string("nearest_mode", old ? "floor" : "round_prefer_floor"),
             node.number("cubic_coeff_a", -0.75f)};
  if (s.mode == "bilinear") s.mode = "linear";
  if (s.mode != "nearest" && s.mode != "linear" && s.mode != "cubic") {
    node.fail("mode {} is unknown", s.mode);
  }
  if (s.coordinates == "tf_crop_and_resize" || s.coordinates == "tf_half_pixel_for_nn") {
    node.fail("coordinate_transformation_mode {} is not supported", s.coordinates);
  }
  node.require_attribute("antialias", 0);
  node.require_attribute("exclude_outside", 0);
  return s;
}

/// Fills in the sizes and scales of all axes, by scales or by sizes.
std::vector<ScaledAxis> scaled_axes(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  std::vector<ScaledAxis> axes;
  for (const auto d : dims) axes.push_back({d, d, 1});
  const bool is_upsample = node.op_type() == "Upsample";
  std::vector<double> scales;
  Dims sizes;
  if (is_upsample && node.opset() < 9) {
    const auto values = node.numbers("scales");
    scales.assign(values.begin(), values.end());
  } else {
    const int at = is_upsample || node.opset() < 11 ? 1 : 2;
    if (node.has_input(at)) scales = node.constant(at, "scale").values;
    if (scales.empty() && !is_upsample && node.opset() >= 11) {
      sizes = node.constant(3, "size").integers();
    }
  }
  Dims which = node.integers("axes", {});
  if (which.empty()) {
    for (std::size_t i = 0; i < dims.size(); ++i) which.push_back(static_cast<std::int64_t>(i));
  }
  const std::size_t given = sizes.empty() ? scales.size() : sizes.size();
  if (given != which.size()) node.fail("{} scales or sizes of {} axes", given, which.size());
  if (!sizes.empty() && node.string("keep_aspect_ratio_policy", "stretch") != "stretch") {
    node.fail("keep_aspect_ratio_policy is not supported");
  }
  for (std::size_t i = 0; i < which.size(); ++i) {
    ScaledAxis& axis = axes[index(node.axis(which[i], dims.size()))];
    const double size = static_cast<double>(axis.size);
    axis.scale = sizes.empty() ? scales[i] : static_cast<double>(sizes[i]) / size;
    axis.out = sizes.empty() ? static_cast<std::int64_t>(std::floor(size * scales[i])) : sizes[i];
    if (!(axis.scale > 0) || axis.out < 1 || axis.out > 65535) {
      node.fail("from {} elements by a factor of {}", axis.size, axis.scale);
    }
  }
  // A batch of which one image is computed.
  if (!sizes.empty() && node.context().batch > 1 && axes[0].out == node.context().batch) {
    axes[0] = {1, 1, 1};
  }
  return axes;
}

double coordinate(const OnnxNode& node, const std::string& mode, const ScaledAxis& a,
                  std::int64_t i) {
  const auto x = static_cast<double>(i);
  // As ONNX's own evaluator has it, the size before it is rounded down.
  const auto size = static_cast<double>(a.size), out = size * a.scale;
  if (mode == "half_pixel") return (x + 0.5) / a.scale - 0.5;
  if (mode == "pytorch_half_pixel") return a.out > 1 ? (x + 0.5) / a.scale - 0.5 : 0;
  if (mode == "align_corners") return a.out > 1 ? x * (size - 1) / (out - 1) : 0;
  if (mode == "asymmetric") return x / a.scale;
  if (mode == "half_pixel_symmetric") {
    const double adjustment = static_cast<double>(a.out) / out;
    return size / 2 * (1 - adjustment) + (x + 0.5) / a.scale - 0.5;
  }
  node.fail("coordinate_transformation_mode {} is unknown", mode);
}

double nearest(const OnnxNode& node, const std::string& mode, double x) {
  if (mode == "round_prefer_floor") return std::ceil(x - 0.5);
  if (mode == "round_prefer_ceil") return std::floor(x + 0.5);
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  node.fail("nearest_mode {} is unknown", mode);
}

/// Weights of the neighbours around a fraction: the first one's distance is `first` before it.
std::vector<double> weights_of(const Settings& s, double t) {
  if (s.mode == "nearest") return {1};
  if (s.mode == "linear") return {1 - t, t};
  const double a = s.cubic;
  const auto near = [a](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [a](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(1 + t), near(t), near(1 - t), far(2 - t)};
}

/// Resizes along one axis.
int resized(const OnnxNode& node, Program& p, int x, std::size_t number, const Settings& s,
            const ScaledAxis& a, std::size_t rank) {
  const std::size_t taps = s.mode == "nearest" ? 1 : s.mode == "linear" ? 2 : 4;
  std::vector<Dims> indices(taps);
  std::vector<Array> weights(taps);
  for (Array& w : weights) {
    w.dims.assign(rank, 1);
    w.dims[number] = a.out;
  }
  for (std::int64_t i = 0; i < a.out; ++i) {
    const double at = coordinate(node, s.coordinates, a, i);
    const double low = taps == 1 ? nearest(node, s.nearest, at) : std::floor(at);
    const auto w = weights_of(s, at - low);
    for (std::size_t t = 0; t < taps; ++t) {
      const auto from =
          static_cast<std::int64_t>(low) + static_cast<std::int64_t>(t) - (taps == 4 ? 1 : 0);
      indices[t].push_back(std::clamp<std::int64_t>(from, 0, a.size - 1));
      weights[t].values.push_back(w[t]);
    }
  }
  const auto axis = static_cast<std::int64_t>(number);
  if (taps == 1) return p.gather(x, axis, indices[0]);
  int sum = -1;
  for (std::size_t t = 0; t < taps; ++t) {
    const int part =
        p.binary(p.gather(x, axis, indices[t]), p.constant(std::move(weights[t])), "Mul");
    sum = t == 0 ? part : p.binary(sum, part, "Add");
  }
  return sum;
}

}  // namespace

Program resize(const OnnxNode& node) {
  const Settings s = settings_of(node);
  const auto axes = scaled_axes(node);
  Program p(node.input_count());
  int x = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].scale != 1 || axes[i].out != axes[i].size) {
      x = resized(node, p, x, i, s, axes[i], axes.size());
    }
  }
  p.output(x);
  return p;
}

}  // namespace reshift::onnx_import
