// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "zoo/zoo.hpp"

#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "base/error.hpp"
#include "base/random.hpp"
#include "import/onnx/builder.hpp"

namespace reshift {
namespace {

constexpr int kClasses = 1000;

/// Estimated mean and variance of a channel over pixels and images.
struct Moments {
  double mean = 0, variance = 1;
};

/// A tensor of the network. Its channels are estimated as normal, before the ReLU if `rectified`: a
/// maximum pooling between a ReLU and its reader is then one of a normal variable.
struct Map {
  std::string name;
  int channels = 0, height = 0, width = 0;
  std::vector<Moments> moments;  ///< one a channel
  bool rectified = false;

  /// Of the channel as its readers see it.
  Moments seen(std::size_t channel) const {
    const Moments m = moments[channel];
    if (!rectified) return m;
    const double deviation = std::sqrt(m.variance), t = m.mean / deviation;
    const double density = std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi);
    const double above = std::erfc(-t / std::numbers::sqrt2) / 2;
    const double mean = m.mean * above + deviation * density;
    const double square = (m.mean * m.mean + m.variance) * above + m.mean * deviation * density;
    // Never quite dead: a channel far below zero would have the next estimate divide by nothing.
    return {mean, std::max(square - mean * mean, 1e-6 * m.variance)};
  }
};

/// What is computed, as it goes into the file: coarse, so that it hides how a machine rounds in
/// between and computes the exponential function.
float coarse(double estimate) { return static_cast<float>(std::round(estimate * 1024) / 1024); }

struct Window {
  int kernel = 1, stride = 1, pad = 0, groups = 1;
};

/// Builds a network layer by layer. Each layer is a node whose name is also its output's.
class NetworkBuilder {
 public:
  using Ints = OnnxBuilder::Ints;

  NetworkBuilder(const std::string& name, int side, std::uint32_t seed)
      : onnx_(name, 3, side, side), side_(side), random_(seed) {}

  Map image() const { return {"image", 3, side_, side_, std::vector<Moments>(3), false}; }

  /// A convolution with biases that put every channel about in the middle of its ReLU.
  Map conv(const Map& in, const std::string& name, int channels, const Window& window) {
    return convolution(in, name, channels, window, true);
  }

  /// A convolution without bias and its batch normalisation, whose scales are about `gain`.
  Map conv_bn(const Map& in, const std::string& name, const std::string& norm, int channels,
              const Window& window, double gain = 1) {
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

  /// A fully connected layer after flatten(): a convolution whose kernel is the whole map.
  Map linear(const Map& in, const std::string& name, int channels) {
    Map out;
    out.height = out.width = 1;
    weigh(in, name, channels, 1, in.height * in.width,
          {channels, in.channels * in.height * in.width}, out);
    auto& node = onnx_.node("Gemm", name, {in.name, name + ".weight", biases(out)});
    set_attribute(node, "transB", std::int64_t{1});
    return out;
  }

  Map relu(Map in) {
    onnx_.node("Relu", in.name + ".relu", {in.name});
    in.name += ".relu";
    in.rectified = true;
    return in;
  }

  /// ReLU6; its upper bound is some six deviations away and left out of the estimate.
  Map relu6(Map in) {
    if (six_.empty()) {
      zero_ = onnx_.constant("relu6.min", {}, std::vector<float>{0});
      six_ = onnx_.constant("relu6.max", {}, std::vector<float>{6});
    }
    onnx_.node("Clip", in.name + ".relu6", {in.name, zero_, six_});
    in.name += ".relu6";
    in.rectified = true;
    return in;
  }

  Map max_pool(Map in, const std::string& name, const Window& window, bool ceil = false) {
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

  Map add(const Map& a, const Map& b, const std::string& name) {
    onnx_.node("Add", name, {a.name, b.name});
    Map sum = a;
    sum.name = name;
    sum.rectified = false;
    for (std::size_t c = 0; c < sum.moments.size(); ++c) {
      const Moments x = a.seen(c), y = b.seen(c);
      sum.moments[c] = {x.mean + y.mean, x.variance + y.variance};
    }
    return sum;
  }

  /// Channels of `a`, then of `b`, both rectified or both not.
  Map concat(Map a, const Map& b, const std::string& name) {
    set_attribute(onnx_.node("Concat", name, {a.name, b.name}), "axis", std::int64_t{1});
    a.name = name;
    a.channels += b.channels;
    a.moments.insert(a.moments.end(), b.moments.begin(), b.moments.end());
    return a;
  }

  Map global_average(Map in, const std::string& name) {
    onnx_.node("GlobalAveragePool", name, {in.name});
    for (std::size_t c = 0; c < in.moments.size(); ++c) {
      in.moments[c] = in.seen(c);
      in.moments[c].variance /= in.height * in.width;
    }
    in.name = name;
    in.rectified = false;
    in.height = in.width = 1;
    return in;
  }

  /// Keeps its sizes, which linear() reads.
  Map flatten(Map in) {
    set_attribute(onnx_.node("Flatten", "flatten", {in.name}), "axis", std::int64_t{1});
    in.name = "flatten";
    return in;
  }

  ZooNetwork finish(const Map& output) {
    onnx_.output(output.name);
    return {std::move(onnx_.model()), parameters_, macs_};
  }

 private:
  /// Rows or columns of a window's output. Rounding up adds an output whose window begins inside.
  static int windows(int size, const Window& w, bool ceil) {
    return (size + 2 * w.pad - w.kernel + (ceil ? w.stride - 1 : 0)) / w.stride + 1;
  }

  static void set_window(onnx::NodeProto& node, const Window& w) {
    set_attribute(node, "kernel_shape", {w.kernel, w.kernel});
    set_attribute(node, "strides", {w.stride, w.stride});
    set_attribute(node, "pads", {w.pad, w.pad, w.pad, w.pad});
  }

  Map convolution(const Map& in, const std::string& name, int channels, const Window& w,
                  bool with_bias) {
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

  /// Draws weights of shape `dims`, `taps` an input channel, and estimates the sums that they make
  /// of `in`; `out` has its spatial size already.
  void weigh(const Map& in, const std::string& name, int channels, int groups, int taps,
             const Ints& dims, Map& out) {
    out.name = name;
    out.channels = channels;
    out.moments.clear();
    out.rectified = false;
    std::vector<Moments> seen;
    for (std::size_t c = 0; c < in.moments.size(); ++c) seen.push_back(in.seen(c));
    const auto inputs = static_cast<std::size_t>(in.channels / groups);
    const auto row_size = inputs * static_cast<std::size_t>(taps);
    const double deviation = std::sqrt(2.0 / static_cast<double>(row_size));
    onnx_.constant(name + ".weight", dims, [&](std::span<float> row) {
      const auto group = out.moments.size() / static_cast<std::size_t>(channels / groups);
      Moments sum{0, 0};
      auto weight = row.begin();
      for (std::size_t i = 0; i < inputs; ++i) {
        double taken = 0, power = 0;
        for (int t = 0; t < taps; ++t) {
          *weight = static_cast<float>(deviation * random_.quick_normal());
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

  /// Biases that move the mean of each channel to within a fifth of its deviation from zero.
  std::string biases(Map& out) {
    std::vector<float> values;
    for (Moments& m : out.moments) {
      values.push_back(coarse(random_.uniform(-0.2, 0.2) * std::sqrt(m.variance) - m.mean));
      m.mean += values.back();
    }
    parameters_ += out.channels;
    return onnx_.constant(out.name + ".bias", {out.channels}, values);
  }

  OnnxBuilder onnx_;
  int side_;
  PortableRandom random_;
  std::string zero_, six_;  ///< bounds of ReLU6, once used
  std::int64_t parameters_ = 0, macs_ = 0;
};

// --- The networks -------------------------------------------------------------------------------

/// `classifier.N` of AlexNet and VGG: 4096, 4096 and the classes.
Map classifier(NetworkBuilder& b, const Map& features, std::array<const char*, 3> names) {
  Map x = b.relu(b.linear(b.flatten(features), names[0], 4096));
  x = b.relu(b.linear(x, names[1], 4096));
  return b.linear(x, names[2], kClasses);
}

Map alexnet(NetworkBuilder& b) {
  const Window pool{.kernel = 3, .stride = 2};
  Map x = b.relu(b.conv(b.image(), "features.0", 96, {.kernel = 11, .stride = 4}));
  x = b.max_pool(x, "features.2", pool);
  x = b.relu(b.conv(x, "features.3", 256, {.kernel = 5, .pad = 2, .groups = 2}));
  x = b.max_pool(x, "features.5", pool);
  x = b.relu(b.conv(x, "features.6", 384, {.kernel = 3, .pad = 1}));
  x = b.relu(b.conv(x, "features.8", 384, {.kernel = 3, .pad = 1, .groups = 2}));
  x = b.relu(b.conv(x, "features.10", 256, {.kernel = 3, .pad = 1, .groups = 2}));
  x = b.max_pool(x, "features.12", pool);
  return classifier(b, x, {"classifier.1", "classifier.4", "classifier.6"});
}

Map vgg16(NetworkBuilder& b) {
  Map x = b.image();
  int index = 0;  // of the layer in `features`: convolution, ReLU, ..., pooling
  const auto name = [&](int layers) {
    const std::string title = fmt::format("features.{}", index);
    index += layers;
    return title;
  };
  for (const auto& [channels, convolutions] : std::initializer_list<std::pair<int, int>>{
           {64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < convolutions; ++i) {
      x = b.relu(b.conv(x, name(2), channels, {.kernel = 3, .pad = 1}));
    }
    x = b.max_pool(x, name(1), {.kernel = 2, .stride = 2});
  }
  return classifier(b, x, {"classifier.0", "classifier.3", "classifier.6"});
}

/// The last batch normalisation before a residual addition: small, for the sum grows with each.
constexpr double kResidualGain = 0.3;

/// Behind the last convolution of a residual block: the shortcut, projected where its shape
/// changes, the addition, and the ReLU.
Map close_block(NetworkBuilder& b, const std::string& title, const Map& in, const Map& main) {
  Map shortcut = in;
  if (in.channels != main.channels || in.height != main.height) {
    shortcut = b.conv_bn(in, title + "downsample.0", title + "downsample.1", main.channels,
                         {.stride = in.height / main.height});
  }
  return b.relu(b.add(main, shortcut, title + "add"));
}

Map basic_block(NetworkBuilder& b, const std::string& title, const Map& in, int channels,
                int stride) {
  const Map x = b.relu(b.conv_bn(in, title + "conv1", title + "bn1", channels,
                                 {.kernel = 3, .stride = stride, .pad = 1}));
  return close_block(b, title, in,
                     b.conv_bn(x, title + "conv2", title + "bn2", channels, {.kernel = 3, .pad = 1},
                               kResidualGain));
}

Map bottleneck(NetworkBuilder& b, const std::string& title, const Map& in, int channels,
               int stride) {
  Map x = b.relu(b.conv_bn(in, title + "conv1", title + "bn1", channels, {}));
  x = b.relu(b.conv_bn(x, title + "conv2", title + "bn2", channels,
                       {.kernel = 3, .stride = stride, .pad = 1}));
  return close_block(b, title, in,
                     b.conv_bn(x, title + "conv3", title + "bn3", 4 * channels, {}, kResidualGain));
}

using Block = Map (*)(NetworkBuilder&, const std::string&, const Map&, int, int);

Map resnet(NetworkBuilder& b, Block block, std::array<int, 4> blocks) {
  Map x = b.relu(b.conv_bn(b.image(), "conv1", "bn1", 64, {.kernel = 7, .stride = 2, .pad = 3}));
  x = b.max_pool(x, "maxpool", {.kernel = 3, .stride = 2, .pad = 1});
  for (int layer = 0; layer < 4; ++layer) {
    for (int i = 0; i < blocks[static_cast<std::size_t>(layer)]; ++i) {
      x = block(b, fmt::format("layer{}.{}.", layer + 1, i), x, 64 << layer,
                layer > 0 && i == 0 ? 2 : 1);
    }
  }
  return b.linear(b.flatten(b.global_average(x, "avgpool")), "fc", kClasses);
}

Map resnet18(NetworkBuilder& b) { return resnet(b, basic_block, {2, 2, 2, 2}); }
Map resnet50(NetworkBuilder& b) { return resnet(b, bottleneck, {3, 4, 6, 3}); }

/// Expansion (if any), depthwise convolution, projection without ReLU; added to the input where it
/// fits.
Map inverted_residual(NetworkBuilder& b, const std::string& title, const Map& in, int expansion,
                      int channels, int stride) {
  const bool residual = stride == 1 && in.channels == channels;
  const int inner = in.channels * expansion;
  int index = 0;
  const auto conv_relu = [&](const Map& from, const Window& window) {
    const std::string name = fmt::format("{}conv.{}.", title, index++);
    return b.relu6(b.conv_bn(from, name + "0", name + "1", inner, window));
  };
  Map x = expansion == 1 ? in : conv_relu(in, {});
  x = conv_relu(x, {.kernel = 3, .stride = stride, .pad = 1, .groups = inner});
  x = b.conv_bn(x, fmt::format("{}conv.{}", title, index),
                fmt::format("{}conv.{}", title, index + 1), channels, {},
                residual ? kResidualGain : 1);
  return residual ? b.add(x, in, title + "add") : x;
}

Map mobilenetv2(NetworkBuilder& b) {
  struct Stage {
    int expansion, channels, blocks, stride;
  };
  Map x = b.relu6(b.conv_bn(b.image(), "features.0.0", "features.0.1", 32,
                            {.kernel = 3, .stride = 2, .pad = 1}));
  int index = 1;
  for (const Stage& s : std::initializer_list<Stage>{{1, 16, 1, 1},
                                                     {6, 24, 2, 2},
                                                     {6, 32, 3, 2},
                                                     {6, 64, 4, 2},
                                                     {6, 96, 3, 1},
                                                     {6, 160, 3, 2},
                                                     {6, 320, 1, 1}}) {
    for (int i = 0; i < s.blocks; ++i) {
      x = inverted_residual(b, fmt::format("features.{}.", index++), x, s.expansion, s.channels,
                            i == 0 ? s.stride : 1);
    }
  }
  x = b.relu6(b.conv_bn(x, "features.18.0", "features.18.1", 1280, {}));
  return b.linear(b.flatten(b.global_average(x, "avgpool")), "classifier.1", kClasses);
}

/// Squeezes to a few channels, then expands each by 1x1 and by 3x3 convolutions side by side.
Map fire(NetworkBuilder& b, const std::string& title, const Map& in, int squeezed, int expanded) {
  const Map x = b.relu(b.conv(in, title + ".squeeze", squeezed, {}));
  const Map left = b.relu(b.conv(x, title + ".expand1x1", expanded, {}));
  const Map right = b.relu(b.conv(x, title + ".expand3x3", expanded, {.kernel = 3, .pad = 1}));
  return b.concat(left, right, title + ".concat");
}

Map squeezenet(NetworkBuilder& b) {
  const Window pool{.kernel = 3, .stride = 2};
  Map x = b.relu(b.conv(b.image(), "features.0", 96, {.kernel = 7, .stride = 2}));
  x = b.max_pool(x, "features.2", pool, true);
  x = fire(b, "features.3", x, 16, 64);
  x = fire(b, "features.4", x, 16, 64);
  x = fire(b, "features.5", x, 32, 128);
  x = b.max_pool(x, "features.6", pool, true);
  x = fire(b, "features.7", x, 32, 128);
  x = fire(b, "features.8", x, 48, 192);
  x = fire(b, "features.9", x, 48, 192);
  x = fire(b, "features.10", x, 64, 256);
  x = b.max_pool(x, "features.11", pool, true);
  x = fire(b, "features.12", x, 64, 256);
  x = b.relu(b.conv(x, "classifier.1", kClasses, {}));
  return b.flatten(b.global_average(x, "classifier.3"));
}

struct Entry {
  const char* name;
  int side;  ///< of the image
  Map (*build)(NetworkBuilder&);
};

constexpr std::array kNetworks{
    Entry{"alexnet", 227, alexnet},       Entry{"mobilenetv2", 224, mobilenetv2},
    Entry{"resnet18", 224, resnet18},     Entry{"resnet50", 224, resnet50},
    Entry{"squeezenet", 224, squeezenet}, Entry{"vgg16", 224, vgg16}};

}  // namespace

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const Entry& e : kNetworks) names.push_back(e.name);
  return names;
}

ZooNetwork make_network(const std::string& name, std::uint32_t seed) {
  for (const Entry& e : kNetworks) {
    if (e.name != name) continue;
    NetworkBuilder builder(name, e.side, seed);
    const Map output = e.build(builder);
    return builder.finish(output);
  }
  throw Error("network {} is unknown; known are {}", name, fmt::join(zoo_names(), ", "));
}

}  // namespace reshift
