// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "zoo/zoo.hpp"

#include <fmt/ranges.h>

#include <array>

#include "base/error.hpp"
#include "zoo/networks.hpp"

namespace reshift {
namespace {

struct Entry {
  const char* name;
  int side;  ///< of the image
  zoo::Outputs (*build)(zoo::NetworkBuilder&);
};

constexpr std::array kNetworks{
    Entry{"alexnet", 227, zoo::alexnet},       Entry{"mobilenetv2", 224, zoo::mobilenetv2},
    Entry{"resnet18", 224, zoo::resnet18},     Entry{"resnet50", 224, zoo::resnet50},
    Entry{"squeezenet", 224, zoo::squeezenet}, Entry{"unet", 64, zoo::unet},
    Entry{"vgg16", 224, zoo::vgg16},           Entry{"yolo", 96, zoo::yolo}};

}  // namespace

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const Entry& e : kNetworks) names.push_back(e.name);
  return names;
}

ZooNetwork make_network(const std::string& name, std::uint32_t seed) {
  for (const Entry& e : kNetworks) {
    if (e.name != name) continue;
    zoo::NetworkBuilder builder(name, e.side, seed);
    const zoo::Outputs outputs = e.build(builder);
    return builder.finish(outputs);
  }
  throw Error("network {} is unknown; known are {}", name, fmt::join(zoo_names(), ", "));
}

}  // namespace reshift
