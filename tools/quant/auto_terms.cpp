// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/auto_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "quant/sensitivity.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {
namespace {

/// Held-out images that are enough for what is far from the target, and for the sensitivity.
constexpr std::size_t kFewImages = 64, kSensitivityImages = 16;
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
    const int most = most_terms(search_.format.weight_format);
    for (int terms = std::min(2, most); terms <= most; ++terms) {
      Candidate base = made(fmt::format("{} terms", terms), uniform(terms), terms - 1);
      measure(base);
      if (result_.measured.size() == 1) result_.two_terms = base.point.cost;
      if (most == 1) return only(std::move(base));
      if (is_limited() || base.point.points <= search_.target_drop) {
        take_terms(std::move(base), terms - 1);
        break;
      }
      if (terms == most) settle_for_less();
    }
    std::stable_sort(result_.measured.begin(), result_.measured.end(),
                     [](const TermPoint& a, const TermPoint& b) {
                       return std::pair(a.cost, a.points) < std::pair(b.cost, b.points);
                     });
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
  /// The format leaves no choice.
  ChosenTerms only(Candidate base) {
    result_.reached = is_limited() ? base.point.cost <= search_.most_cost
                                   : base.point.points <= search_.target_drop;
    result_.net = std::move(base.net);
    result_.chosen = std::move(base.point);
    return std::move(result_);
  }
  bool is_limited() const { return std::isfinite(search_.most_cost); }

  Candidate made(const std::string& name, const std::vector<int>& terms, int other) const {
    Candidate made;
    made.net = quantize_with_alternatives(graph_, preprocess_, images_, terms, search_.format,
                                          search_.rounding, search_.output_range, other,
                                          made.alternatives);
    made.point.name = name;
    made.point.terms = terms;
    made.point.cost = search_.cost(made.net).total;
    return made;
  }

  /// On few images, and on all where these leave it open: far from the target the figure is only
  /// shown.
  void measure(Candidate& candidate) {
    TermPoint& point = candidate.point;
    constexpr double kFar = 4;
    for (const std::size_t count : {kFewImages, std::size_t{0}}) {
      point.loss = held_out_.measure(candidate.net, count);
      point.points = lost_points(held_out_, point.loss);
      if (!is_limited() && search_.points == 0 &&
          kOverconfidence * point.loss.expected > kFar * search_.target_drop)
        break;
    }
    result_.measured.push_back(point);
  }

  /// Convolutions of which a term may be taken, those first that lose least for what that saves.
  std::vector<std::size_t> cheapest_first(const Candidate& base) {
    result_.sensitivity = sensitivities(base.net, base.alternatives, held_out_, kSensitivityImages);
    QNet cheap = base.net;
    for (std::size_t i = 0; i < cheap.ops.size(); ++i) {
      if (base.alternatives[i]) cheap.ops[i] = *base.alternatives[i];
    }
    const FrameCost dear = search_.cost(base.net), least = search_.cost(cheap);
    const std::vector<int> fixed = uniform_terms(graph_, 0, search_.end_terms);
    std::vector<std::size_t> order;
    saved_.assign(base.net.ops.size(), 0);
    for (std::size_t i = 0; i < base.net.ops.size(); ++i) {
      if (base.alternatives[i]) saved_[i] = dear.of_op[i] - least.of_op[i];
      if (saved_[i] > 0 && fixed[i] == 0) order.push_back(i);
    }
    const auto price = [&](std::size_t op) { return result_.sensitivity[op] / saved_[op]; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return price(a) < price(b); });
    return order;
  }

  /// Bisection for the border between networks that are dear and lose little, and others.
  struct Border {
    Candidate dear;
    std::optional<Candidate> cheap;
    std::size_t dear_count = 0, cheap_count = 0;  ///< of layers that lose a term
  };

  void take_terms(Candidate base, int fewer) {
    order_ = cheapest_first(base);
    Border border{std::move(base), {}, 0, order_.size() + 1};
    const std::vector<int> dear_terms = border.dear.point.terms;
    const auto probe = [&](std::size_t count) {
      std::vector<int> terms = dear_terms;
      for (std::size_t k = 0; k < count; ++k) terms[order_[k]] = fewer;
      Candidate next = made(name_of(count, fewer), terms, 0);
      measure(next);
      const bool dear = is_limited() ? next.point.cost > search_.most_cost
                                     : next.point.points <= search_.target_drop;
      if (dear && count > border.dear_count) {
        border.dear = std::move(next);
        border.dear_count = count;
      } else if (!dear && count < border.cheap_count) {
        border.cheap = std::move(next);
        border.cheap_count = count;
      }
    };
    if (!order_.empty()) probe(order_.size());
    for (int i = 1; i <= search_.points; ++i) probe(count_at(i, search_.points + 1));
    constexpr int kSteps = 3;
    for (int i = 0; i < kSteps && border.cheap_count - border.dear_count > 1; ++i)
      probe((border.dear_count + border.cheap_count) / 2);
    const bool cheap = is_limited() && border.cheap;
    result_.reached = !is_limited() || cheap || border.dear.point.cost <= search_.most_cost;
    Candidate& chosen = cheap ? *border.cheap : border.dear;
    result_.net = std::move(chosen.net);
    result_.chosen = std::move(chosen.point);
  }

  /// Layers that make so many parts of what can be saved.
  std::size_t count_at(int part, int parts) const {
    double all = 0, sum = 0;
    for (const std::size_t op : order_) all += saved_[op];
    std::size_t count = 0;
    while (count < order_.size() && sum < all * part / parts) sum += saved_[order_[count++]];
    return count;
  }

  std::string name_of(std::size_t count, int fewer) const {
    return fmt::format("{} of {} layers with {} term{}, the others {}", count, order_.size(), fewer,
                       fewer == 1 ? "" : "s", fewer + 1);
  }

  /// No choice reaches the target.
  void settle_for_less() {
    constexpr double kAbout = 0.25;  // points
    const auto loses_less = [](const TermPoint& a, const TermPoint& b) {
      return a.points < b.points;
    };
    const auto& all = result_.measured;  // the cheapest first
    const double best = std::min_element(all.begin(), all.end(), loses_less)->points;
    result_.chosen = *std::find_if(all.begin(), all.end(),
                                   [&](const TermPoint& p) { return p.points <= best + kAbout; });
    result_.reached = false;
    result_.net = made(result_.chosen.name, result_.chosen.terms, 0).net;
  }

  const Graph& graph_;
  const Preprocess& preprocess_;
  const CalibrationImages& images_;
  const HeldOut& held_out_;
  const TermSearch search_;
  std::vector<std::size_t> order_;  ///< layers that may lose a term, as they do
  std::vector<double> saved_;       ///< by operation, if it does
  ChosenTerms result_;
};

}  // namespace

FrameCost work_of(const QNet& net) {
  FrameCost work;
  for (const QOp& op : net.ops) {
    work.of_op.push_back(1e-6 * static_cast<double>(net.macs(op)) * op.terms);
    work.total += work.of_op.back();
  }
  return work;
}

double lost_points(const HeldOut& held_out, const Loss& loss) {
  const double expected = kOverconfidence * loss.expected;
  return held_out.has_labels() ? std::max(expected, loss.drop - loss.drop_error) : expected;
}

std::vector<bool> pareto_front(const std::vector<TermPoint>& cheapest_first) {
  std::vector<bool> front;
  double least = std::numeric_limits<double>::infinity();
  for (const TermPoint& point : cheapest_first) {
    front.push_back(point.points < least);
    least = std::min(least, point.points);
  }
  return front;
}

ChosenTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                         const CalibrationImages& calibration, const HeldOut& held_out,
                         const TermSearch& search) {
  return TermChooser(fused, preprocess, calibration, held_out, search).run();
}

}  // namespace reshift
