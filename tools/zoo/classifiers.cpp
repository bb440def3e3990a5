// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <utility>

#include "zoo/networks.hpp"

namespace reshift::zoo {
namespace {

constexpr int kClasses = 1000;

/// `classifier.N` of AlexNet and VGG: two layers of `width`, and the classes.
Map classifier(NetworkBuilder& b, const Map& features, std::array<const char*, 3> names,
               int width = 4096, int classes = kClasses) {
  Map x = b.relu(b.linear(b.flatten(features), names[0], width));
  x = b.relu(b.linear(x, names[1], width));
  return b.linear(x, names[2], classes);
}

}  // namespace

Outputs alexnet(NetworkBuilder& b) {
  const Window pool{.kernel = 3, .stride = 2};
  Map x = b.relu(b.conv(b.image(), "features.0", 96, {.kernel = 11, .stride = 4}));
  x = b.max_pool(x, "features.2", pool);
  x = b.relu(b.conv(x, "features.3", 256, {.kernel = 5, .pad = 2, .groups = 2}));
  x = b.max_pool(x, "features.5", pool);
  x = b.relu(b.conv(x, "features.6", 384, {.kernel = 3, .pad = 1}));
  x = b.relu(b.conv(x, "features.8", 384, {.kernel = 3, .pad = 1, .groups = 2}));
  x = b.relu(b.conv(x, "features.10", 256, {.kernel = 3, .pad = 1, .groups = 2}));
  x = b.max_pool(x, "features.12", pool);
  return {classifier(b, x, {"classifier.1", "classifier.4", "classifier.6"})};
}

Outputs alexnet32(NetworkBuilder& b) {
  int index = 0;  // of the layer in `features`, as torchvision counts
  const auto conv = [&](const Map& in, int channels, int stride) {
    const int layer = index;
    index += 3;
    return b.relu(b.conv_bn(in, fmt::format("features.{}", layer),
                            fmt::format("features.{}", layer + 1), channels,
                            {.kernel = 3, .stride = stride, .pad = 1}));
  };
  const auto pool = [&](const Map& in) {
    return b.max_pool(in, fmt::format("features.{}", index++), {.kernel = 2, .stride = 2});
  };
  Map x = pool(conv(b.image(), 64, 1));
  x = pool(conv(x, 192, 1));
  x = conv(x, 384, 2);
  x = conv(x, 256, 1);
  x = conv(x, 256, 1);
  return {classifier(b, x, {"classifier.0", "classifier.2", "classifier.4"}, 1024, 10)};
}

Outputs vgg16(NetworkBuilder& b) {
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
  return {classifier(b, x, {"classifier.0", "classifier.3", "classifier.6"})};
}

namespace {

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

}  // namespace

Outputs resnet18(NetworkBuilder& b) { return {resnet(b, basic_block, {2, 2, 2, 2})}; }
Outputs resnet50(NetworkBuilder& b) { return {resnet(b, bottleneck, {3, 4, 6, 3})}; }

namespace {

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

}  // namespace

Outputs mobilenetv2(NetworkBuilder& b) {
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
  return {b.linear(b.flatten(b.global_average(x, "avgpool")), "classifier.1", kClasses)};
}

namespace {

/// Squeezes to a few channels, then expands each by 1x1 and by 3x3 convolutions side by side.
Map fire(NetworkBuilder& b, const std::string& title, const Map& in, int squeezed, int expanded) {
  const Map x = b.relu(b.conv(in, title + ".squeeze", squeezed, {}));
  const Map left = b.relu(b.conv(x, title + ".expand1x1", expanded, {}));
  const Map right = b.relu(b.conv(x, title + ".expand3x3", expanded, {.kernel = 3, .pad = 1}));
  return b.concat(left, right, title + ".concat");
}

}  // namespace

Outputs squeezenet(NetworkBuilder& b) {
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
  return {b.flatten(b.global_average(x, "classifier.3"))};
}

}  // namespace reshift::zoo
