// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/auto_terms.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/evaluate.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

constexpr int kMostTerms = 4;

struct Score {
  double accuracy = 0;       ///< percent
  double cross_entropy = 0;  ///< mean, in nats
};

/// -log of the probability that softmax gives to the label.
double cross_entropy(const std::vector<double>& logits, int label) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double v : logits) sum += std::exp(v - highest);
  return std::log(sum) + highest - logits[static_cast<std::size_t>(label)];
}

class TermChooser {
 public:
  TermChooser(const Graph& graph, const Preprocess& preprocess, const CalibrationImages& images,
              const std::vector<int>& labels, int end_terms, const NumberFormat& format,
              Rounding rounding)
      : graph_(graph),
        preprocess_(preprocess),
        format_(format),
        rounding_(rounding),
        end_terms_(end_terms) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (labels[i] < 0)
        throw Error("calibration image {}: choosing terms needs its class; give --labels", i);
      if (i % 4 == 3) {
        held_out_.push_back(images[i]);
        labels_.push_back(labels[i]);
      } else {
        calibration_.push_back(images[i]);
      }
    }
    if (held_out_.empty()) throw Error("choosing terms needs at least 4 calibration images");
  }

  AutoTerms run(double target_drop) {
    AutoTerms result;
    result.float_accuracy = score([&](const auto& image) {
                              const auto out = run_float(graph_, image).front();
                              return std::vector<double>(out.begin(), out.end());
                            }).accuracy;
    const double enough = result.float_accuracy - target_drop;
    const QNet least = make(0), more = make_uniform(2);
    result.sensitivity = measure(least, more);
    order_.clear();
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (result.sensitivity[i] != 0) order_.push_back(i);
    }
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return result.sensitivity[a] > result.sensitivity[b];
    });
    // The smallest number of raises that is enough: first whole rounds of one more term, then a
    // bisection.
    std::size_t low = 0, high = 0;
    result.accuracy = score(least).accuracy;
    while (result.accuracy < enough) {
      low = high;
      high += order_.size();
      if (high > order_.size() * (kMostTerms - 1) || order_.empty()) {
        throw Error(
            "even {} terms a weight lose more than {} points on the held-out images: {:.2f} % of "
            "{:.2f} %",
            kMostTerms, target_drop, result.accuracy, result.float_accuracy);
      }
      result.accuracy = score(make(high)).accuracy;
    }
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      const double accuracy = score(make(middle)).accuracy;
      if (accuracy >= enough) {
        high = middle;
        result.accuracy = accuracy;
      } else {
        low = middle;
      }
    }
    result.terms = terms(high);
    return result;
  }

 private:
  template <typename Run>
  Score score(const Run& run) const {
    std::vector<Score> each(held_out_.size());
    parallel_for(held_out_.size(), [&](std::size_t i) {
      const std::vector<double> logits = run(held_out_[i]);
      each[i] = {in_top(logits, labels_[i], 1) ? 100.0 : 0.0, cross_entropy(logits, labels_[i])};
    });
    Score mean;
    for (const Score& s : each) {
      mean.accuracy += s.accuracy / static_cast<double>(each.size());
      mean.cross_entropy += s.cross_entropy / static_cast<double>(each.size());
    }
    return mean;
  }

  Score score(const QNet& net) const {
    const FastGraph graph(net);
    const QTensor& out = net.scores();
    return score([&](const std::vector<float>& image) {
      std::vector<double> logits;
      for (const int code : graph.run(quantize_values(net, image)).front()) {
        logits.push_back(out.scale * (code - out.zero));
      }
      return logits;
    });
  }

  /// Terms after this many raises by one, in turns in the order of sensitivity.
  std::vector<int> terms(std::size_t raises) const {
    std::vector<int> result = uniform_terms(graph_, 1, std::max(end_terms_, 1));
    for (std::size_t i = 0; i < raises; ++i) ++result[order_[i % order_.size()]];
    return result;
  }

  QNet make(std::size_t raises) const {
    return quantize(graph_, preprocess_, calibration_, terms(raises), format_, rounding_);
  }
  QNet make_uniform(int inner) const {
    return quantize(graph_, preprocess_, calibration_,
                    uniform_terms(graph_, inner, end_terms_ ? end_terms_ : inner), format_,
                    rounding_);
  }

  /// Ranges come from the float network, so that an operation of one network fits into the other.
  std::vector<double> measure(const QNet& least, const QNet& more) const {
    std::vector<double> loss(graph_.nodes.size(), 0);
    const double best = score(more).cross_entropy;
    for (std::size_t i = 0; i < loss.size(); ++i) {
      if (least.ops[i].terms == more.ops[i].terms) continue;  // no choice here
      QNet mixed = more;
      mixed.ops[i] = least.ops[i];
      loss[i] = score(mixed).cross_entropy - best;
    }
    return loss;
  }

  const Graph& graph_;
  const Preprocess& preprocess_;
  const NumberFormat format_;
  const Rounding rounding_;
  const int end_terms_;
  CalibrationImages calibration_, held_out_;
  std::vector<int> labels_;         ///< of the held-out images
  std::vector<std::size_t> order_;  ///< operations, the most sensitive first
};

}  // namespace

AutoTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                       const CalibrationImages& images, const std::vector<int>& labels,
                       int end_terms, double target_drop, const NumberFormat& format,
                       Rounding rounding) {
  return TermChooser(fused, preprocess, images, labels, end_terms, format, rounding)
      .run(target_drop);
}

}  // namespace reshift
