// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/auto_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "quant/sensitivity.hpp"

namespace reshift {
namespace {

constexpr int kMostTerms = 4;
/// Held-out images that are enough for what only is shown, and for the sensitivity.
constexpr std::size_t kFewImages = 64, kSensitivityImages = 32;
/// What the probabilities let expect is too little by about this factor: networks are surer of
/// themselves than they are right.
constexpr double kOverconfidence = 2;

class TermChooser {
 public:
  TermChooser(const Graph& graph, const Preprocess& preprocess, const CalibrationImages& images,
              const HeldOut& held_out, const TermSearch& search)
      : graph_(graph),
        preprocess_(preprocess),
        images_(images),
        held_out_(held_out),
        search_(search) {}

  ChosenTerms run() {
    for (const int ends : {1, 2}) {
      if (search_.end_terms != 0 && ends == 2) break;  // the same
      const int at_ends = search_.end_terms != 0 ? search_.end_terms : ends;
      const std::string name =
          at_ends == 1 ? "one term"
                       : fmt::format("one term, {} in the first and last layer", at_ends);
      if (try_cheap(name, uniform_terms(graph_, 1, at_ends))) return std::move(result_);
    }
    for (int terms = 2; terms <= kMostTerms; ++terms) {
      Candidate base = measured(fmt::format("{} terms", terms), uniform(terms), terms - 1);
      result_.others.push_back(base.point);
      const bool enough = is_enough(base.point);
      if (enough || terms == kMostTerms) {
        if (!enough) return settle_for_less();
        take_terms(std::move(base), terms - 1);
        return std::move(result_);
      }
    }
    return std::move(result_);
  }

 private:
  struct Candidate {
    QNet net;
    TermPoint point;
    std::vector<std::optional<QOp>> alternatives;
  };

  std::vector<int> uniform(int terms) const {
    return uniform_terms(graph_, terms, search_.end_terms ? search_.end_terms : terms);
  }
  bool is_enough(const TermPoint& point) const { return point.points <= search_.target_drop; }

  Candidate make(const std::string& name, const std::vector<int>& terms, int other) const {
    Candidate made;
    made.net = quantize_with_alternatives(graph_, preprocess_, images_, terms, search_.format,
                                          search_.rounding, search_.output_range, other,
                                          made.alternatives);
    made.point.name = name;
    made.point.terms = terms;
    made.point.work = work(made.net);
    return made;
  }
  void measure(Candidate& candidate, std::size_t count) const {
    candidate.point.loss = held_out_.measure(candidate.net, count);
    candidate.point.points = lost_points(held_out_, candidate.point.loss);
  }
  Candidate measured(const std::string& name, const std::vector<int>& terms, int other) const {
    Candidate made = make(name, terms, other);
    measure(made, 0);
    return made;
  }

  /// On few images, and on all where these leave it open.
  bool try_cheap(const std::string& name, const std::vector<int>& terms) {
    Candidate cheap = make(name, terms, 0);
    measure(cheap, kFewImages);
    // Far from it already: the figure is only shown.
    if (cheap.point.loss.expected <= 2 * search_.target_drop) measure(cheap, 0);
    if (is_enough(cheap.point)) {
      result_.net = std::move(cheap.net);
      result_.chosen = std::move(cheap.point);
      return true;
    }
    result_.others.push_back(std::move(cheap.point));
    return false;
  }

  double work(const QNet& net) const {
    double all = 0, two = 0;
    for (const QOp& op : net.ops) {
      all += static_cast<double>(net.macs(op)) * op.terms;
      two += static_cast<double>(net.macs(op)) * 2;
    }
    return two > 0 ? all / two : 0;
  }

  /// Convolutions of which a term may be taken, those first that lose least for the work saved.
  std::vector<std::size_t> cheapest_first(const Candidate& base) {
    result_.sensitivity = sensitivities(base.net, base.alternatives, held_out_, kSensitivityImages);
    std::vector<std::size_t> order;
    std::vector<double> price(base.net.ops.size(), 0);
    for (std::size_t i = 0; i < base.net.ops.size(); ++i) {
      if (!base.alternatives[i] || (search_.end_terms != 0 && is_end(i))) continue;
      order.push_back(i);
      price[i] = result_.sensitivity[i] / static_cast<double>(base.net.macs(base.net.ops[i]));
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return price[a] < price[b]; });
    return order;
  }
  bool is_end(std::size_t op) const { return uniform_terms(graph_, 0, 1)[op] == 1; }

  /// The most layers that may lose a term: a bisection over networks that are put together from
  /// layers at hand, then the network itself.
  void take_terms(Candidate base, int fewer) {
    const auto order = cheapest_first(base);
    std::size_t enough = 0, too_many = order.size() + 1;
    constexpr int kSteps = 6;
    for (int step = 0; step < kSteps && too_many - enough > 1; ++step) {
      const std::size_t middle = (enough + too_many) / 2;
      Candidate mixed{base.net, base.point, {}};
      for (std::size_t k = 0; k < middle; ++k)
        mixed.net.ops[order[k]] = *base.alternatives[order[k]];
      measure(mixed, 0);
      (is_enough(mixed.point) ? enough : too_many) = middle;
    }
    while (enough > 0) {
      std::vector<int> terms = base.point.terms;
      for (std::size_t k = 0; k < enough; ++k) terms[order[k]] = fewer;
      Candidate chosen = measured("chosen", terms, 0);
      if (is_enough(chosen.point)) {
        result_.net = std::move(chosen.net);
        result_.chosen = std::move(chosen.point);
        return;
      }
      enough = enough * 3 / 4;  // compensation made it worse, which is rare
    }
    result_.net = std::move(base.net);
    result_.chosen = std::move(base.point);
  }

  /// No choice reaches the target.
  ChosenTerms settle_for_less() {
    constexpr double kAbout = 0.25;  // points
    const auto uniform = [](const TermPoint& a, const TermPoint& b) { return a.points < b.points; };
    const double best =
        std::min_element(result_.others.begin(), result_.others.end(), uniform)->points;
    const auto chosen = std::find_if(result_.others.begin(), result_.others.end(),
                                     [&](const TermPoint& p) { return p.points <= best + kAbout; });
    result_.chosen = *chosen;
    result_.reached = false;
    result_.net = make(chosen->name, chosen->terms, 0).net;
    return std::move(result_);
  }

  const Graph& graph_;
  const Preprocess& preprocess_;
  const CalibrationImages& images_;
  const HeldOut& held_out_;
  const TermSearch search_;
  ChosenTerms result_;
};

}  // namespace

double lost_points(const HeldOut& held_out, const Loss& loss) {
  const double expected = kOverconfidence * loss.expected;
  return held_out.has_labels() ? std::max(expected, loss.drop) : expected;
}

ChosenTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                         const CalibrationImages& calibration, const HeldOut& held_out,
                         const TermSearch& search) {
  return TermChooser(fused, preprocess, calibration, held_out, search).run();
}

}  // namespace reshift
