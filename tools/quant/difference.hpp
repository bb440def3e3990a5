// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// How far a layer of a quantised network is from the float network, over some inputs. Ratios of
/// signal to noise are in dB: 10 log10(sum of squares of the float values / sum of squares of the
/// differences), infinite where nothing differs.
struct LayerDifference {
  std::string layer, tensor;
  double ratio = 0;      ///< of the layer as it is in the quantised network
  double own_ratio = 0;  ///< of what the layer itself adds: the float layer has the same inputs
  double largest = 0;    ///< difference of one value
  int worst_channel = 0;
  double worst_ratio = 0;  ///< of that channel
};

/// The layers of `net` in their order. `fused` is the float network that it was made of, after
/// fuse; inputs: channels x height x width values each. Throws Error naming the layer when the two
/// do not belong together, or there are no inputs.
std::vector<LayerDifference> differences(const Graph& fused, const QNet& net,
                                         const std::vector<std::vector<float>>& inputs);

}  // namespace reshift
