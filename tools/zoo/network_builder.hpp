// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "import/onnx/builder.hpp"
#include "zoo/zoo.hpp"

namespace reshift::zoo {

/// Estimated mean and variance of a channel over pixels and images.
struct Moments {
  double mean = 0, variance = 1;
};

/// A tensor of the network. Its channels are estimated as normal, before the ReLU that it may have
/// behind it: a maximum pooling between a ReLU and its reader is then one of a normal variable.
struct Map {
  std::string name;
  int channels = 0, height = 0, width = 0;
  std::vector<Moments> moments;  ///< one per channel
  double slope = 1;              ///< below zero: of a ReLU 0, of a leaky one more, 1 of none

  /// Of the channel as its readers see it.
  Moments seen(std::size_t channel) const;
};

struct Window {
  int kernel = 1, stride = 1, pad = 0, groups = 1;
};

/// Builds a network layer by layer. Each layer is a node whose name is also its output's.
class NetworkBuilder {
 public:
  using Ints = OnnxBuilder::Ints;

  /// `densities`: of the layers in their order, the share of their weights that is not zero; none:
  /// all are not zero.
  NetworkBuilder(const std::string& name, int side, std::uint32_t seed,
                 std::vector<double> densities)
      : onnx_(name, 3, side, side), side_(side), random_(seed), densities_(std::move(densities)) {}

  Map image() const { return {"image", 3, side_, side_, std::vector<Moments>(3)}; }

  /// A convolution with biases that put every channel about in the middle of its ReLU.
  Map conv(const Map& in, const std::string& name, int channels, const Window& window) {
    return convolution(in, name, channels, window, true);
  }

  /// A convolution without bias and its batch normalisation, whose scales are about `gain`.
  Map conv_bn(const Map& in, const std::string& name, const std::string& norm, int channels,
              const Window& window, double gain = 1);

  /// Twice the rows and columns: each pixel becomes four, of weights of their own.
  Map conv_transpose(const Map& in, const std::string& name, int channels);

  /// A fully connected layer after flatten(): a convolution whose kernel is the whole map.
  Map linear(const Map& in, const std::string& name, int channels);

  Map relu(Map in);
  Map leaky_relu(Map in, double slope);
  /// Its upper bound is some six deviations away and left out of the estimate.
  Map relu6(Map in);

  Map max_pool(Map in, const std::string& name, const Window& window, bool ceil = false);
  Map global_average(Map in, const std::string& name);
  Map add(const Map& a, const Map& b, const std::string& name);
  /// Channels of `a`, then of `b`, both with the same ReLU or none.
  Map concat(Map a, const Map& b, const std::string& name);
  /// Twice the rows and columns: each pixel becomes four equal ones.
  Map upsample(Map in, const std::string& name);
  /// Keeps its sizes, which linear() reads.
  Map flatten(Map in);

  ZooNetwork finish(const std::vector<Map>& outputs);

 private:
  Map convolution(const Map& in, const std::string& name, int channels, const Window& w,
                  bool with_bias);
  /// Draws weights of shape `dims`, `taps` an input channel, and estimates the sums that they make
  /// of `in`; `out` has its spatial size already.
  void weigh(const Map& in, const std::string& name, int channels, int groups, int taps,
             const Ints& dims, Map& out);
  /// Biases that move the mean of each channel to within a fifth of its deviation from zero.
  std::string biases(Map& out);

  OnnxBuilder onnx_;
  int side_;
  PortableRandom random_;
  std::vector<double> densities_;
  std::size_t layers_ = 0;  ///< that have weights
  std::string zero_, six_;  ///< bounds of ReLU6, once used
  std::string doubled_;     ///< factors of upsampling, once used
  std::int64_t parameters_ = 0, macs_ = 0;
};

}  // namespace reshift::zoo
