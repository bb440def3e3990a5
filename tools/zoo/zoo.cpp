// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "zoo/zoo.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "zoo/networks.hpp"

namespace reshift {
namespace {

struct Entry {
  const char* name;
  int side;  ///< of the image
  zoo::Outputs (*build)(zoo::NetworkBuilder&);
  std::vector<double> published;  ///< densities of its layers; none are known of others
};

const std::vector<Entry>& networks() {
  static const std::vector<Entry> all{
      {"alexnet", 227, zoo::alexnet, {0.84, 0.38, 0.35, 0.37, 0.37, 0.058, 0.058, 0.16}},
      {"alexnet32", 32, zoo::alexnet32, {}},
      {"mobilenetv2", 224, zoo::mobilenetv2, {}},
      {"resnet18", 224, zoo::resnet18, {}},
      {"resnet50", 224, zoo::resnet50, {}},
      {"squeezenet", 224, zoo::squeezenet, {}},
      {"unet", 64, zoo::unet, {}},
      {"vgg16", 224, zoo::vgg16, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.04, 0.04, 0.23}},
      {"yolo", 96, zoo::yolo, {}}};
  return all;
}

}  // namespace

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const Entry& e : networks()) names.push_back(e.name);
  return names;
}

std::vector<std::string> pruned_zoo_names() {
  std::vector<std::string> names;
  for (const Entry& e : networks()) {
    if (!e.published.empty()) names.push_back(e.name);
  }
  return names;
}

ZooNetwork make_network(const std::string& name, std::uint32_t seed, Density density) {
  for (const Entry& e : networks()) {
    if (e.name != name) continue;
    const bool pruned = density == Density::kPublished;
    if (pruned && e.published.empty()) {
      throw Error("no published densities of {} are known; known are those of {}", name,
                  fmt::join(pruned_zoo_names(), ", "));
    }
    zoo::NetworkBuilder builder(name, e.side, seed, pruned ? e.published : std::vector<double>{});
    const zoo::Outputs outputs = e.build(builder);
    return builder.finish(outputs);
  }
  throw Error("network {} is unknown; known are {}", name, fmt::join(zoo_names(), ", "));
}

}  // namespace reshift
