// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "zoo/networks.hpp"

namespace reshift::zoo {
namespace {

Map two_convolutions(NetworkBuilder& b, Map x, const std::string& name, int channels) {
  for (const char* part : {".conv1", ".conv2"}) {
    x = b.relu(b.conv(x, name + part, channels, {.kernel = 3, .pad = 1}));
  }
  return x;
}

}  // namespace

Outputs unet(NetworkBuilder& b) {
  constexpr int kLevels = 4, kChannels = 16, kClasses = 2;
  std::vector<Map> skips;
  Map x = b.image();
  for (int level = 0; level < kLevels; ++level) {
    const std::string name = fmt::format("down{}", level);
    skips.push_back(two_convolutions(b, x, name, kChannels << level));
    x = b.max_pool(skips.back(), name + ".pool", {.kernel = 2, .stride = 2});
  }
  x = two_convolutions(b, x, "bottom", kChannels << kLevels);
  for (int level = kLevels - 1; level >= 0; --level) {
    const std::string name = fmt::format("up{}", level);
    x = b.relu(b.conv_transpose(x, name + ".up", kChannels << level));
    x = b.concat(skips[static_cast<std::size_t>(level)], x, name + ".concat");
    x = two_convolutions(b, x, name, kChannels << level);
  }
  return {b.conv(x, "classes", kClasses, {})};
}

}  // namespace reshift::zoo
