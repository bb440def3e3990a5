// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/held_out.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

std::vector<double> softmax(std::vector<double> scores) {
  const double highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& v : scores) sum += v = std::exp(v - highest);
  for (double& v : scores) v /= sum;
  return scores;
}

std::size_t highest(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

HeldOut::HeldOut(const Graph& graph, std::vector<std::vector<float>> images,
                 std::vector<int> labels)
    : images_(std::move(images)),
      labels_(std::move(labels)),
      probabilities_(images_.size()),
      classes_(images_.size()) {
  if (images_.empty()) throw Error("no images are held out of the calibration to measure with");
  parallel_for(images_.size(), [&](std::size_t i) {
    const auto scores = run_machine(graph, images_[i]).front();
    probabilities_[i] = softmax({scores.begin(), scores.end()});
    classes_[i] = highest(probabilities_[i]);
  });
  std::size_t right = 0;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    has_labels_ = has_labels_ && labels_[i] >= 0;
    right += labels_[i] == static_cast<int>(classes_[i]);
  }
  if (has_labels_)
    float_accuracy_ = 100.0 * static_cast<double>(right) / static_cast<double>(images_.size());
}

Loss HeldOut::of_image(std::size_t i, const QNet& net, const float* codes) const {
  const QTensor& out = net.scores();
  std::vector<double> scores(codes, codes + out.size());
  for (double& v : scores) v = out.scale * (v - out.zero);
  const auto likely = softmax(std::move(scores));
  const auto& wanted = probabilities_[i];
  const std::size_t best = highest(likely), float_best = classes_[i];
  Loss loss;
  const auto right = [&](std::size_t c) { return labels_[i] == static_cast<int>(c) ? 100 : 0; };
  if (has_labels_) loss.drop = right(float_best) - right(best);
  loss.same = best == float_best ? 100 : 0;
  loss.expected = 100 * (wanted[float_best] - wanted[best]);
  constexpr double kLeast = 1e-12;  // of a probability
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    if (wanted[c] > kLeast)
      loss.divergence += wanted[c] * std::log(wanted[c] / std::max(likely[c], kLeast));
  }
  return loss;
}

Loss HeldOut::measure(const QNet& net, std::size_t count) const {
  const FastGraph fast(net);
  std::vector<Loss> each(count == 0 ? size() : std::min(count, size()));
  parallel_for(each.size(), [&](std::size_t i) {
    const auto codes = fast.run(quantize_values(net, images_[i])).front();
    const std::vector<float> scores(codes.begin(), codes.end());
    each[i] = of_image(i, net, scores.data());
  });
  Loss mean;
  double square = 0;  // of the drop
  const double share = 1.0 / static_cast<double>(each.size());
  for (const Loss& loss : each) {
    mean.drop += share * loss.drop;
    mean.same += share * loss.same;
    mean.expected += share * loss.expected;
    mean.divergence += share * loss.divergence;
    square += share * loss.drop * loss.drop;
  }
  mean.drop_error = std::sqrt(share * std::max(square - mean.drop * mean.drop, 0.0));
  return mean;
}

}  // namespace reshift
