// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "zoo/network_builder.hpp"

namespace reshift::zoo {

/// What a network gives out.
using Outputs = std::vector<Map>;

/// Of the last batch normalisation before a residual addition: small, for the sum grows with each.
inline constexpr double kResidualGain = 0.3;

// What they are stands in zoo.hpp.
Outputs alexnet(NetworkBuilder& b);
Outputs alexnet32(NetworkBuilder& b);
Outputs mobilenetv2(NetworkBuilder& b);
Outputs resnet18(NetworkBuilder& b);
Outputs resnet50(NetworkBuilder& b);
Outputs squeezenet(NetworkBuilder& b);
Outputs unet(NetworkBuilder& b);
Outputs vgg16(NetworkBuilder& b);
Outputs yolo(NetworkBuilder& b);

}  // namespace reshift::zoo
