// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "zoo/network_builder.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace reshift::zoo {
namespace {

/// What is computed, as it goes into the file: coarse, so that it hides how a machine rounds in
/// between and computes the exponential function.
float coarse(double estimate) { return static_cast<float>(std::round(estimate * 1024) / 1024); }

/// Rows or columns of a window's output. Rounding up adds an output whose window begins inside.
int windows(int size, const Window& w, bool ceil) {
  return (size + 2 * w.pad - w.kernel + (ceil ? w.stride - 1 : 0)) / w.stride + 1;
}

void set_window(onnx::NodeProto& node, const Window& w) {
  set_attribute(node, "kernel_shape", {w.kernel, w.kernel});
  set_attribute(node, "strides", {w.stride, w.stride});
  set_attribute(node, "pads", {w.pad, w.pad, w.pad, w.pad});
}

/// What keeps a share of normal weights, the largest, and the variance of their sum: weights below
/// `least` deviations become zero, others grow by `gain`.
struct Pruning {
  double least = 0, gain = 1;
};

/// From a sample, so that it is the same everywhere.
Pruning pruning(double density) {
  if (density >= 1) return {};
  std::vector<double> sample(1 << 18);
  PortableRandom random(1);
  for (double& value : sample) value = std::abs(random.quick_normal());
  std::sort(sample.begin(), sample.end());
  const auto cut = sample.begin() + std::lround((1 - density) * static_cast<double>(sample.size()));
  double power = 0;
  for (auto value = cut; value != sample.end(); ++value) power += *value * *value;
  return {*cut, std::sqrt(static_cast<double>(sample.size()) / power)};
}

}  // namespace

Moments Map::seen(std::size_t channel) const {
  const Moments m = moments[channel];
  if (slope == 1) return m;
  const double deviation = std::sqrt(m.variance), t = m.mean / deviation;
  const double density = std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi);
  const double above = std::erfc(-t / std::numbers::sqrt2) / 2;
  const double mean = m.mean * above + deviation * density;
  const double square = (m.mean * m.mean + m.variance) * above + m.mean * deviation * density;
  const double whole_mean = mean + slope * (m.mean - mean);
  const double whole_square = square + slope * slope * (m.mean * m.mean + m.variance - square);
  // Never quite dead: a channel far below zero would have the next estimate divide by nothing.
  return {whole_mean, std::max(whole_square - whole_mean * whole_mean, 1e-6 * m.variance)};
}

Map NetworkBuilder::conv_bn(const Map& in, const std::string& name, const std::string& norm,
                            int channels, const Window& window, double gain) {
  Map out = convolution(in, name, channels, window, false);
  const Ints dims{channels};
  std::vector<float> gamma, beta, mean, variance;
  for (Moments& m : out.moments) {
    mean.push_back(coarse(m.mean));
    variance.push_back(std::max(coarse(m.variance), 0x1p-10f));
    gamma.push_back(coarse(gain * random_.uniform(0.5, 1.5)));
    beta.push_back(coarse(gain * random_.uniform(-0.2, 0.2)));
    m = {beta.back(), double{gamma.back()} * gamma.back()};
  }
  parameters_ += 2 * channels;
  auto& bn = onnx_.node("BatchNormalization", norm,
                        {name, onnx_.constant(norm + ".weight", dims, gamma),
                         onnx_.constant(norm + ".bias", dims, beta),
                         onnx_.constant(norm + ".running_mean", dims, mean),
                         onnx_.constant(norm + ".running_var", dims, variance)});
  set_attribute(bn, "epsilon", 1e-5f);
  set_attribute(bn, "momentum", 0.9f);
  out.name = norm;
  return out;
}

Map NetworkBuilder::conv_transpose(const Map& in, const std::string& name, int channels) {
  constexpr std::size_t kTaps = 4;  // each output pixel has one of them
  const auto inputs = static_cast<std::size_t>(in.channels),
             outputs = static_cast<std::size_t>(channels);
  const double deviation = std::sqrt(2.0 / static_cast<double>(inputs));
  std::vector<float> weights(inputs * outputs * kTaps);
  std::vector<Moments> sums(outputs * kTaps, Moments{0, 0});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<float>(deviation * random_.quick_normal());
    const Moments seen = in.seen(i / sums.size());
    Moments& sum = sums[i % sums.size()];
    sum.mean += weights[i] * seen.mean;
    sum.variance += double{weights[i]} * weights[i] * seen.variance;
  }
  Map out{name, channels, 2 * in.height, 2 * in.width, {}};
  for (std::size_t c = 0; c < outputs; ++c) {
    double mean = 0, square = 0;
    for (std::size_t t = c * kTaps; t < (c + 1) * kTaps; ++t) {
      mean += sums[t].mean / kTaps;
      square += (sums[t].variance + sums[t].mean * sums[t].mean) / kTaps;
    }
    out.moments.push_back({mean, square - mean * mean});
  }
  parameters_ += static_cast<std::int64_t>(weights.size());
  macs_ += static_cast<std::int64_t>(weights.size()) * in.height * in.width;
  const auto weight = onnx_.constant(name + ".weight", {in.channels, channels, 2, 2}, weights);
  auto& node = onnx_.node("ConvTranspose", name, {in.name, weight, biases(out)});
  set_window(node, {.kernel = 2, .stride = 2});
  return out;
}

Map NetworkBuilder::linear(const Map& in, const std::string& name, int channels) {
  Map out;
  out.height = out.width = 1;
  weigh(in, name, channels, 1, in.height * in.width, {channels, in.channels * in.height * in.width},
        out);
  auto& node = onnx_.node("Gemm", name, {in.name, name + ".weight", biases(out)});
  set_attribute(node, "transB", std::int64_t{1});
  return out;
}

Map NetworkBuilder::relu(Map in) {
  onnx_.node("Relu", in.name + ".relu", {in.name});
  in.name += ".relu";
  in.slope = 0;
  return in;
}

Map NetworkBuilder::leaky_relu(Map in, double slope) {
  set_attribute(onnx_.node("LeakyRelu", in.name + ".leaky", {in.name}), "alpha",
                static_cast<float>(slope));
  in.name += ".leaky";
  in.slope = slope;
  return in;
}

Map NetworkBuilder::relu6(Map in) {
  if (six_.empty()) {
    zero_ = onnx_.constant("relu6.min", {}, std::vector<float>{0});
    six_ = onnx_.constant("relu6.max", {}, std::vector<float>{6});
  }
  onnx_.node("Clip", in.name + ".relu6", {in.name, zero_, six_});
  in.name += ".relu6";
  in.slope = 0;
  return in;
}

Map NetworkBuilder::max_pool(Map in, const std::string& name, const Window& window, bool ceil) {
  auto& node = onnx_.node("MaxPool", name, {in.name});
  set_window(node, window);
  set_attribute(node, "ceil_mode", std::int64_t{ceil});
  in.name = name;
  in.height = windows(in.height, window, ceil);
  in.width = windows(in.width, window, ceil);
  // Neighbours are alike: as if the window had four independent pixels. The largest of four
  // normal variables has mean 1.03 and variance 0.49.
  for (Moments& m : in.moments) {
    m = {m.mean + 1.03 * std::sqrt(m.variance), 0.49 * m.variance};
  }
  return in;
}

Map NetworkBuilder::add(const Map& a, const Map& b, const std::string& name) {
  onnx_.node("Add", name, {a.name, b.name});
  Map sum = a;
  sum.name = name;
  sum.slope = 1;
  for (std::size_t c = 0; c < sum.moments.size(); ++c) {
    const Moments x = a.seen(c), y = b.seen(c);
    sum.moments[c] = {x.mean + y.mean, x.variance + y.variance};
  }
  return sum;
}

Map NetworkBuilder::concat(Map a, const Map& b, const std::string& name) {
  set_attribute(onnx_.node("Concat", name, {a.name, b.name}), "axis", std::int64_t{1});
  a.name = name;
  a.channels += b.channels;
  a.moments.insert(a.moments.end(), b.moments.begin(), b.moments.end());
  return a;
}

Map NetworkBuilder::upsample(Map in, const std::string& name) {
  if (doubled_.empty()) {
    doubled_ = onnx_.constant("upsample.scales", {4}, std::vector<float>{1, 1, 2, 2});
  }
  auto& node = onnx_.node("Resize", name, {in.name, "", doubled_});
  set_attribute(node, "mode", "nearest");
  set_attribute(node, "coordinate_transformation_mode", "asymmetric");
  set_attribute(node, "nearest_mode", "floor");
  in.name = name;
  in.height *= 2;
  in.width *= 2;
  return in;
}

Map NetworkBuilder::global_average(Map in, const std::string& name) {
  onnx_.node("GlobalAveragePool", name, {in.name});
  for (std::size_t c = 0; c < in.moments.size(); ++c) {
    in.moments[c] = in.seen(c);
    in.moments[c].variance /= in.height * in.width;
  }
  in.name = name;
  in.slope = 1;
  in.height = in.width = 1;
  return in;
}

Map NetworkBuilder::flatten(Map in) {
  set_attribute(onnx_.node("Flatten", "flatten", {in.name}), "axis", std::int64_t{1});
  in.name = "flatten";
  return in;
}

ZooNetwork NetworkBuilder::finish(const std::vector<Map>& outputs) {
  for (const Map& output : outputs) onnx_.output(output.name);
  return {std::move(onnx_.model()), parameters_, macs_};
}

Map NetworkBuilder::convolution(const Map& in, const std::string& name, int channels,
                                const Window& w, bool with_bias) {
  Map out;
  out.height = windows(in.height, w, false);
  out.width = windows(in.width, w, false);
  weigh(in, name, channels, w.groups, w.kernel * w.kernel,
        {channels, in.channels / w.groups, w.kernel, w.kernel}, out);
  std::vector<std::string> inputs{in.name, name + ".weight"};
  if (with_bias) inputs.push_back(biases(out));
  auto& node = onnx_.node("Conv", name, inputs);
  set_window(node, w);
  set_attribute(node, "group", std::int64_t{w.groups});
  return out;
}

void NetworkBuilder::weigh(const Map& in, const std::string& name, int channels, int groups,
                           int taps, const Ints& dims, Map& out) {
  out.name = name;
  out.channels = channels;
  out.moments.clear();
  out.slope = 1;
  std::vector<Moments> seen;
  for (std::size_t c = 0; c < in.moments.size(); ++c) seen.push_back(in.seen(c));
  const auto inputs = static_cast<std::size_t>(in.channels / groups);
  const auto row_size = inputs * static_cast<std::size_t>(taps);
  const double deviation = std::sqrt(2.0 / static_cast<double>(row_size));
  const Pruning pruned = pruning(densities_.empty() ? 1 : densities_.at(layers_++));
  onnx_.constant(name + ".weight", dims, [&](std::span<float> row) {
    const auto group = out.moments.size() / static_cast<std::size_t>(channels / groups);
    Moments sum{0, 0};
    auto weight = row.begin();
    for (std::size_t i = 0; i < inputs; ++i) {
      double taken = 0, power = 0;
      for (int t = 0; t < taps; ++t) {
        const double normal = random_.quick_normal();
        *weight = std::abs(normal) < pruned.least
                      ? 0.0f
                      : static_cast<float>(deviation * pruned.gain * normal);
        taken += *weight;
        power += double{*weight} * *weight;
        ++weight;
      }
      sum.mean += taken * seen[group * inputs + i].mean;
      sum.variance += power * seen[group * inputs + i].variance;
    }
    out.moments.push_back(sum);
  });
  const auto weights = static_cast<std::int64_t>(row_size) * channels;
  parameters_ += weights;
  macs_ += weights * out.height * out.width;
}

std::string NetworkBuilder::biases(Map& out) {
  std::vector<float> values;
  for (Moments& m : out.moments) {
    values.push_back(coarse(random_.uniform(-0.2, 0.2) * std::sqrt(m.variance) - m.mean));
    m.mean += values.back();
  }
  parameters_ += out.channels;
  return onnx_.constant(out.name + ".bias", {out.channels}, values);
}

}  // namespace reshift::zoo
