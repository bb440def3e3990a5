// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "zoo/networks.hpp"

namespace reshift::zoo {
namespace {

constexpr double kSlope = 0.1;
constexpr int kPredictions = 3 * (5 + 80);  // anchors of a pixel, each a box, a score and classes

Map conv(NetworkBuilder& b, const Map& in, const std::string& name, int channels, int kernel,
         int stride = 1) {
  const Window window{.kernel = kernel, .stride = stride, .pad = kernel / 2};
  return b.leaky_relu(b.conv_bn(in, name, name + ".bn", channels, window), kSlope);
}

Map residual(NetworkBuilder& b, const Map& in, const std::string& name) {
  const Map inner = conv(b, in, name + ".reduce", in.channels / 2, 1);
  const Map outer = b.leaky_relu(b.conv_bn(inner, name + ".conv", name + ".conv.bn", in.channels,
                                           {.kernel = 3, .pad = 1}, kResidualGain),
                                 kSlope);
  return b.add(in, outer, name + ".add");
}

Map head(NetworkBuilder& b, const Map& in, const std::string& name) {
  return b.conv(conv(b, in, name + ".conv", 2 * in.channels, 3), name + ".predict", kPredictions,
                {});
}

/// Twice as large, beside a map of the backbone.
Map join(NetworkBuilder& b, const Map& deep, const Map& skip, const std::string& name) {
  const Map up = b.upsample(conv(b, deep, name + ".reduce", deep.channels / 2, 1), name + ".up");
  return b.concat(up, skip, name + ".concat");
}

}  // namespace

Outputs yolo(NetworkBuilder& b) {
  Map x = conv(b, b.image(), "stem", 8, 3);
  std::array<Map, 5> stages;
  constexpr std::array kBlocks{1, 2, 2, 2, 1};
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const std::string name = fmt::format("stage{}", s + 1);
    x = conv(b, x, name + ".down", 16 << s, 3, 2);
    for (int i = 0; i < kBlocks[s]; ++i) x = residual(b, x, fmt::format("{}.block{}", name, i));
    // What a residual sum is follows no ReLU; its readers join it with what does.
    stages[s] = x;
  }
  const Map deep = conv(b, stages[4], "neck.deep", 64, 1);
  const Map middle = conv(b, join(b, deep, conv(b, stages[3], "skip.middle", 64, 1), "neck.middle"),
                          "neck.middle.out", 32, 1);
  const Map fine = conv(b, join(b, middle, conv(b, stages[2], "skip.fine", 32, 1), "neck.fine"),
                        "neck.fine.out", 16, 1);
  return {head(b, deep, "large"), head(b, middle, "medium"), head(b, fine, "small")};
}

}  // namespace reshift::zoo
