// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "explore/search.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "compile/compile.hpp"
#include "explore/least_cycles.hpp"

namespace reshift {
namespace {

constexpr std::size_t kSizes = 10;     ///< ranges of LUTs of which the first round takes some
constexpr std::size_t kOfSize = 3;     ///< configurations of each
constexpr std::size_t kRound = 8;      ///< configurations that are chosen at once
constexpr double kEqual = 0.995;       ///< frames that count as no fewer
constexpr double kWorthwhile = 1.005;  ///< frames, over those known, that are worth a compilation

double luts(const Candidate& candidate) { return candidate.needs.at("lut"); }

double frames(const std::vector<NetworkResult>& networks, int cores) {
  double sum = 0;
  for (const NetworkResult& network : networks) sum += std::log(network.cycles);
  return cores * std::exp(-sum / static_cast<double>(networks.size()));
}

/// How unlike two configurations are in what decides how near they come to their bound.
double distance(const isa::Hardware& a, const isa::Hardware& b) {
  const auto apart = [](double x, double y) { return std::abs(std::log2(x / y)); };
  return apart(a.m, b.m) + apart(a.c, b.c) + apart(a.p, b.p) +
         (a.weight_format == b.weight_format ? 0 : 1) +
         2 * apart(double(a.post_lanes) / a.m, double(b.post_lanes) / b.m) +
         apart(a.axi_data_w, b.axi_data_w) +
         0.5 * apart(double(a.fb_depth) * a.m * a.p, double(b.fb_depth) * b.m * b.p) +
         0.5 * apart(double(a.wm_depth) * a.m * a.c, double(b.wm_depth) * b.m * b.c);
}

/// A configuration that was compiled, or could not be.
struct Known {
  isa::Hardware hw;
  std::vector<NetworkResult> networks;  ///< empty: refused
  double of_bound = 0;                  ///< its frames, of those that it cannot exceed
};

class Search {
 public:
  Search(const Task& task, const std::vector<Candidate>& all, std::size_t most,
         const Evaluate& evaluate, const std::function<void()>& done)
      : all_(all), most_(most), evaluate_(evaluate), done_(done) {
    for (const Candidate& candidate : all) bounds_.push_back(most_frames(task, candidate));
  }

  SearchResult run() {
    compile(of_every_size());
    while (known_.size() < most_) {
      const std::vector<std::size_t> next = most_promising();
      if (next.empty()) break;
      compile(next);
    }
    return result();
  }

 private:
  const std::string& name(std::size_t i) const { return *all_[i].name; }

  /// Of each range of LUTs the candidates with the highest bounds, of different shapes.
  std::vector<std::size_t> of_every_size() const {
    std::vector<std::size_t> order(all_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    // Of candidates with the same bound, the one with the most room for features and weights first.
    const auto room = [&](std::size_t i) {
      const isa::Hardware& hw = all_[i].hw;
      return std::min(std::int64_t{hw.m} * hw.p * hw.fb_depth,
                      std::int64_t{hw.m} * hw.c * hw.wm_depth);
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (bounds_[a] != bounds_[b]) return bounds_[a] > bounds_[b];
      if (all_[a].hw.axi_data_w != all_[b].hw.axi_data_w)
        return all_[a].hw.axi_data_w > all_[b].hw.axi_data_w;
      if (room(a) != room(b)) return room(a) > room(b);
      return a < b;
    });
    double most = 0;
    for (const Candidate& candidate : all_) most = std::max(most, luts(candidate));
    std::map<std::size_t, std::set<std::string>> shapes;
    std::vector<std::size_t> chosen;
    for (const std::size_t i : order) {
      const auto size = static_cast<std::size_t>(kSizes * luts(all_[i]) / (most * 1.001));
      const isa::Hardware& hw = all_[i].hw;
      auto& seen = shapes[size];
      if (seen.size() == kOfSize || chosen.size() == most_) continue;
      if (seen.insert(fmt::format("{} {} {}", hw.m, hw.c, hw.weight_format)).second)
        chosen.push_back(i);
    }
    return chosen;
  }

  /// Frames known with no more LUTs than candidate i; 0 when there are none.
  double known_frames(std::size_t i) const {
    const auto above = front_.upper_bound(luts(all_[i]));
    return above == front_.begin() ? 0 : std::prev(above)->second;
  }

  /// Frames that candidate i is likely to have: its bound, less what the most similar configuration
  /// loses of its own.
  double expected(std::size_t i) const {
    double nearest = 1e9, of_bound = 1;
    for (const auto& [unused, known] : known_) {
      const double apart = distance(all_[i].hw, known.hw);
      if (apart < nearest) {
        nearest = apart;
        of_bound = known.of_bound;
      }
    }
    return bounds_[i] * of_bound;
  }

  /// The next candidates: half of them those with the most frames, half those that raise the front
  /// of frames against LUTs most.
  std::vector<std::size_t> most_promising() const {
    struct Promise {
      std::size_t i;
      double frames, gain;
    };
    std::vector<Promise> promises;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (known_.contains(name(i)) || bounds_[i] <= known_frames(i)) continue;
      const double frames = expected(i), before = known_frames(i);
      const double gain = before > 0 ? frames / before : 2;
      if (gain > kWorthwhile) promises.push_back({i, frames, gain});
    }
    std::vector<std::size_t> next;
    std::set<std::string> names, shapes;
    const auto take = [&](auto before, std::size_t count) {
      std::stable_sort(promises.begin(), promises.end(), before);
      for (const Promise& promise : promises) {
        if (next.size() == std::min(count, most_ - known_.size())) break;
        const isa::Hardware& hw = all_[promise.i].hw;
        // Different shapes: those of one shape come in later rounds.
        const std::string shape = fmt::format("{} {} {} {}", hw.m, hw.c, hw.p, hw.weight_format);
        if (!names.insert(name(promise.i)).second || !shapes.insert(shape).second) continue;
        next.push_back(promise.i);
      }
    };
    take([](const Promise& a, const Promise& b) { return a.frames > b.frames; }, kRound / 2);
    take([](const Promise& a, const Promise& b) { return a.gain > b.gain; }, kRound);
    return next;
  }

  void compile(const std::vector<std::size_t>& chosen) {
    std::mutex mutex;
    std::map<std::string, std::string> errors;
    parallel_for(chosen.size(), [&](std::size_t n) {
      const std::size_t i = chosen[n];
      Known known{all_[i].hw, {}, 0};
      std::string error;
      try {
        known.networks = evaluate_(all_[i]);
        known.of_bound = frames(known.networks, all_[i].cores) / bounds_[i];
      } catch (const Error& e) {
        error = fmt::format("{}: {}", name(i), e.what());
      }
      done_();
      const std::lock_guard lock(mutex);
      if (!error.empty()) errors[name(i)] = error;
      known_.insert({name(i), std::move(known)});
    });
    for (auto& [unused, error] : errors) refused_.push_back(error);
    update_front();
  }

  void update_front() {
    std::map<double, double> best;
    for (const Candidate& candidate : all_) {
      const auto found = known_.find(*candidate.name);
      if (found == known_.end() || found->second.networks.empty()) continue;
      double& place = best[luts(candidate)];
      place = std::max(place, frames(found->second.networks, candidate.cores));
    }
    front_.clear();
    double most = 0;
    for (const auto& [lut, value] : best) {
      if (value > most) front_[lut] = most = value;
    }
  }

  SearchResult result() const {
    SearchResult result;
    result.compiled = known_.size();
    result.refused = refused_;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto found = known_.find(name(i));
      if (found == known_.end()) {
        ++(bounds_[i] <= known_frames(i) ? result.skipped : result.open);
      } else if (!found->second.networks.empty()) {
        const auto& networks = found->second.networks;
        result.choices.push_back({all_[i], networks, frames(networks, all_[i].cores)});
      }
    }
    std::stable_sort(result.choices.begin(), result.choices.end(),
                     [](const Choice& a, const Choice& b) {
                       if (a.frames_per_cycle != b.frames_per_cycle)
                         return a.frames_per_cycle > b.frames_per_cycle;
                       return luts(a.candidate) < luts(b.candidate);
                     });
    double least = 1e18;
    for (Choice& choice : result.choices) {
      choice.on_front = luts(choice.candidate) < least;
      least = std::min(least, luts(choice.candidate));
    }
    return result;
  }

  const std::vector<Candidate>& all_;
  const std::size_t most_;
  const Evaluate& evaluate_;
  const std::function<void()>& done_;
  std::vector<double> bounds_;
  std::map<std::string, Known> known_;
  std::map<double, double> front_;  ///< frames by LUTs, both rising
  std::vector<std::string> refused_;
};

}  // namespace

std::vector<NetworkResult> compile_all(const Task& task, const Candidate& candidate, bool quick) {
  std::vector<NetworkResult> results;
  for (const QNet& net : task.formats[candidate.format].nets) {
    const Program program = compile(candidate.hw, net, {.quick = quick});
    NetworkResult result;
    result.cycles = static_cast<double>(program.cycles);
    for (const OpReport& op : program.ops) {
      double& part = op.bound == "memory"            ? result.by_bus
                     : op.bound == "post-processing" ? result.by_post
                                                     : result.by_lanes;
      part += static_cast<double>(op.cycles);
    }
    results.push_back(result);
  }
  return results;
}

double most_frames(const Task& task, const Candidate& candidate) {
  std::vector<NetworkResult> least;
  for (const auto& net : task.formats[candidate.format].sizes)
    least.push_back({static_cast<double>(least_cycles(candidate.hw, net))});
  return frames(least, candidate.cores);
}

SearchResult search(const Task& task, const std::vector<Candidate>& candidates, std::size_t most,
                    const Evaluate& evaluate, const std::function<void()>& done) {
  return Search(task, candidates, most, evaluate, done).run();
}

Choice recompiled(Choice choice, const Evaluate& evaluate) {
  choice.networks = evaluate(choice.candidate);
  choice.frames_per_cycle = frames(choice.networks, choice.candidate.cores);
  return choice;
}

Choice with_smallest_memories(Choice choice, const Evaluate& evaluate,
                              const std::function<Resources(const Candidate&)>& needs) {
  const double wanted = choice.frames_per_cycle * kEqual;
  for (int isa::Hardware::*depth : {&isa::Hardware::fb_depth, &isa::Hardware::wm_depth}) {
    while (choice.candidate.hw.*depth > 64) {
      Choice smaller = choice;
      isa::Hardware& hw = smaller.candidate.hw;
      hw.*depth /= 2;
      hw.pm_depth = std::max(hw.wm_depth / 8, 16);
      smaller.candidate.name = std::make_shared<const std::string>(configuration_name(hw));
      hw.name = *smaller.candidate.name;
      try {
        smaller.networks = evaluate(smaller.candidate);
      } catch (const Error&) {
        break;
      }
      smaller.frames_per_cycle = frames(smaller.networks, smaller.candidate.cores);
      if (smaller.frames_per_cycle < wanted) break;
      smaller.candidate.needs = needs(smaller.candidate);
      choice = smaller;
    }
  }
  return choice;
}

std::string part_bound(const Candidate& candidate, const Part& part, double share) {
  std::string bound;
  double most = -1;
  for (const char* resource : kResourceNames) {
    const double has = part.has.at(resource);
    if (has == 0) continue;
    const std::string name = resource;
    const double limit = name == "lut" || name == "ff" ? share : 1;
    const double used = candidate.needs.at(name) / has;
    if (used / limit <= most) continue;
    most = used / limit;
    bound = name;
    std::transform(bound.begin(), bound.end(), bound.begin(), ::toupper);
    bound += fmt::format(" {:.0f} % of {:.0f} %", 100 * used, 100 * limit);
  }
  return bound;
}

std::string core_bound(const Choice& choice) {
  double lanes = 0, post = 0, bus = 0;
  for (const NetworkResult& network : choice.networks) {
    lanes += network.by_lanes / network.cycles;
    post += network.by_post / network.cycles;
    bus += network.by_bus / network.cycles;
  }
  const double most = std::max({lanes, post, bus}), sum = std::max(lanes + post + bus, 1e-9);
  const char* name = most == lanes ? "lanes" : most == post ? "post-processing" : "bus";
  return fmt::format("{} {:.0f} %", name, 100 * most / sum);
}

}  // namespace reshift
