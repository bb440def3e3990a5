// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// How far the first output of a quantised network is from that of the float network, over images.
struct Loss {
  double drop = 0;  ///< points of accuracy that it is below the float network; 0 without labels
  double drop_error = 0;  ///< standard error of that
  double same = 0;        ///< percent of the images with the float network's class
  /// Points of accuracy that are lost if the float network's probabilities are right: where the
  /// class is another, by how much that is less probable. Less noisy than a count of images.
  double expected = 0;
  double divergence = 0;  ///< mean Kullback-Leibler divergence of the classes, nats
};

/// Images that measure, and what the float network says of them.
class HeldOut {
 public:
  /// `labels`: the images' places among the scores, or -1 where unknown: then no accuracy is known.
  /// Throws Error when there are no images.
  HeldOut(const Graph& graph, std::vector<std::vector<float>> images, std::vector<int> labels);

  std::size_t size() const { return images_.size(); }
  const std::vector<float>& image(std::size_t i) const { return images_[i]; }
  bool has_labels() const { return has_labels_; }
  double float_accuracy() const { return float_accuracy_; }  ///< percent; 0 without labels

  /// Loss of a network over the first `count` images (0: all).
  Loss measure(const QNet& net, std::size_t count = 0) const;

  /// Loss of one image by the codes of its scores: percent are 0 or 100, points also
  /// -100.
  Loss of_image(std::size_t i, const QNet& net, const float* codes) const;

 private:
  std::vector<std::vector<float>> images_;
  std::vector<int> labels_;
  std::vector<std::vector<double>> probabilities_;  ///< of the float network's classes
  std::vector<std::size_t> classes_;                ///< the float network's
  bool has_labels_ = true;
  double float_accuracy_ = 0;
};

}  // namespace reshift
