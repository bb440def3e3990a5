// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// A block RAM's shapes: data bits at a depth, with two full ports and with one read and one write.
struct Shape {
  int width, depth;
  double blocks;
};

struct BlockRam {
  std::vector<Shape> two_ports, one_write;
};

BlockRam block_ram(std::string_view family) {
  if (family == "ecp5") {
    const std::vector<Shape> both{{18, 1024, 1}, {9, 2048, 1}, {4, 4096, 1}, {2, 8192, 1}};
    std::vector<Shape> simple = both;
    simple.push_back({36, 512, 1});
    return {both, simple};
  }
  if (family == "ice40") {
    const std::vector<Shape> simple{{16, 256, 1}, {8, 512, 1}, {4, 1024, 1}, {2, 2048, 1}};
    std::vector<Shape> copies = simple;  // a second reader is a second copy
    for (Shape& shape : copies) shape.blocks = 2;
    return {copies, simple};
  }
  const std::vector<Shape> both{{18, 1024, 0.5}, {9, 2048, 0.5}, {36, 1024, 1}, {18, 2048, 1},
                                {9, 4096, 1},    {4, 8192, 1},   {2, 16384, 1}};
  std::vector<Shape> simple = both;
  simple.push_back({36, 512, 0.5});
  simple.push_back({72, 512, 1});
  return {both, simple};
}

double blocks(const std::vector<Shape>& shapes, int width, int depth) {
  double best = std::numeric_limits<double>::max();
  for (const Shape& shape : shapes) {
    const auto times = [](int size, int unit) { return (size + unit - 1) / unit; };
    best = std::min(best, shape.blocks * times(width, shape.width) * times(depth, shape.depth));
  }
  return best;
}

/// Block RAM of the feature buffer, the weight tiles and their headers, the channel parameters, the
/// residual's words, what is read from the bus and the tables of post-processing: widths and depths
/// as the RTL has them.
double memory_blocks(std::string_view family, const isa::Hardware& hw) {
  const BlockRam ram = block_ram(family);
  const int tile_w = hw.m * hw.c * weight_bits(hw.weight_format);
  const int records = isa::param_records(hw);
  constexpr int kRecordW = 54, kResidualDepth = 256, kReadDepth = 128;
  return hw.p * blocks(ram.two_ports, hw.m * hw.act_w, hw.fb_depth) +
         blocks(ram.one_write, tile_w, hw.wm_depth) + blocks(ram.one_write, 32, hw.wm_depth) +
         blocks(ram.one_write, kRecordW * records, hw.pm_depth * (hw.m / records)) +
         blocks(ram.one_write, hw.m * hw.act_w, kResidualDepth) +
         blocks(ram.one_write, hw.axi_data_w, kReadDepth) +
         (hw.tables == 0 ? 0
                         : (hw.post_lanes + 1) / 2 *
                               blocks(ram.two_ports, 16, 1 << isa::table_address_width(hw)));
}

/// What a resource of the core grows with.
std::vector<double> terms(std::string_view family, std::string_view name, const isa::Hardware& hw) {
  const double m = hw.m, c = hw.c, p = hw.p;
  const double rotation = p * m * hw.act_w * std::bit_width(static_cast<unsigned>(hw.p - 1));
  if (name == "bram") return {1, memory_blocks(family, hw)};
  const double post = hw.post_lanes == hw.m ? m : 0;
  if (name == "dsp") return {1, post};
  // Control; lanes; cells; channels (words); channels post-processed at full speed; pixels
  // (windows, masks); the rotation of the feature buffer's banks; weights of a tile (edge of the
  // array); the bus.
  return {1,
          m * c * p,
          m * p,
          m,
          post,
          p,
          rotation,
          m * c * weight_bits(hw.weight_format),
          double(hw.axi_data_w)};
}

/// Coefficients >= 0 that minimise the sum of squared relative errors, by coordinate descent on the
/// normal equations.
std::vector<double> solve(const Eigen::MatrixXd& relative) {
  const Eigen::MatrixXd normal = relative.transpose() * relative;
  const Eigen::VectorXd target = relative.transpose() * Eigen::VectorXd::Ones(relative.rows());
  Eigen::VectorXd x = Eigen::VectorXd::Zero(relative.cols());
  for (int round = 0; round < 200000; ++round) {
    double change = 0;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (normal(i, i) == 0) continue;
      const double gradient = target(i) - normal.row(i).dot(x);
      const double next = std::max(0.0, x(i) + gradient / normal(i, i));
      change = std::max(change, std::abs(next - x(i)) * std::sqrt(normal(i, i)));
      x(i) = next;
    }
    if (change < 1e-12) break;
  }
  return {x.begin(), x.end()};
}

using Coefficients = std::array<std::vector<double>, kResourceNames.size()>;

Coefficients fit_all(std::string_view family, const std::vector<Sample>& runs) {
  Coefficients result;
  for (std::size_t r = 0; r < kResourceNames.size(); ++r) {
    const char* name = kResourceNames[r];
    const auto columns = static_cast<Eigen::Index>(terms(family, name, runs.front().hw).size());
    Eigen::MatrixXd relative(static_cast<Eigen::Index>(runs.size()), columns);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::vector<double> row = terms(family, name, runs[i].hw);
      const double took = std::max(runs[i].took.at(name), 1.0);
      for (Eigen::Index j = 0; j < columns; ++j) {
        relative(static_cast<Eigen::Index>(i), j) = row[static_cast<std::size_t>(j)] / took;
      }
    }
    result[r] = solve(relative);
  }
  return result;
}

Resources apply(std::string_view family, const Coefficients& coefficients,
                const isa::Hardware& hw) {
  Resources result;
  for (std::size_t r = 0; r < kResourceNames.size(); ++r) {
    const std::vector<double> row = terms(family, kResourceNames[r], hw);
    for (std::size_t i = 0; i < row.size(); ++i) {
      result[kResourceNames[r]] += coefficients[r].at(i) * row[i];
    }
  }
  return result;
}

bool fits(const Resources& needs, const Part& part, double share) {
  return std::all_of(kResourceNames.begin(), kResourceNames.end(), [&](const std::string& name) {
    // Only LUTs and registers get hard to place long before the part is full.
    const bool logic = name == "lut" || name == "ff";
    return needs.at(name) <= part.has.at(name) * (logic ? share : 1.0);
  });
}

}  // namespace

Part find_part(const nlohmann::json& parts, std::string_view name) {
  std::string known;
  for (const auto& [key, value] : parts.items()) {
    if (key == name) {
      Part part{key, text_field(value, "family"), {}};
      for (const char* r : kResourceNames) part.has[r] = number_field(value, r);
      return part;
    }
    known += (known.empty() ? "" : ", ") + key;
  }
  throw Error("unknown part \"{}\"; known are {}", name, known);
}

Sample sample_from_json(const nlohmann::json& report) {
  if (const std::string top = text_field(report, "top"); top != "reshift_core")
    throw Error("a report of {}, expected one of the whole core", top);
  const nlohmann::json& p = field(report, "parameters");
  const auto get = [&](const char* name) { return integer_field<int>(p, name); };
  // Of older reports.
  const auto get_or = [&](const char* name, int absent) {
    return p.contains(name) ? get(name) : absent;
  };
  Sample sample{text_field(report, "config"),
                {"", get("M"), get("C"), get("P"), get("ActW"), get("WeightFormat"), get("AccW"),
                 get_or("MultW", 16), get("FbDepth"), get("WmDepth"), get("PmDepth"),
                 get_or("PostLanes", get("M")), get_or("Tables", 0), get("AxiDataW")},
                {}};
  for (const char* r : kResourceNames) sample.took[r] = number_field(report, r);
  return sample;
}

FitModel FitModel::fit(std::string_view family, const std::vector<Sample>& runs) {
  const std::size_t least = runs.empty() ? 1 : terms(family, "lut", runs.front().hw).size();
  if (runs.size() < least) {
    throw Error("{} runs on {} are too few for a model of {} terms", runs.size(), family, least);
  }
  FitModel model;
  model.family_ = family;
  model.coefficients_ = fit_all(family, runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    model.runs_.push_back(runs[i].name);
    std::vector<Sample> others = runs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const Resources guess = apply(family, fit_all(family, others), runs[i].hw);
    for (const char* name : {"lut", "bram"}) {
      const double took = runs[i].took.at(name);
      model.error_ = std::max(model.error_, std::abs(guess.at(name) - took) / took);
    }
  }
  return model;
}

FitModel FitModel::from_json(const nlohmann::json& models, std::string_view family) {
  std::string known;
  for (const auto& [key, value] : models.items()) {
    if (key == family) {
      FitModel model;
      model.family_ = family;
      for (std::size_t r = 0; r < kResourceNames.size(); ++r) {
        for (const auto& c : array_field(value, kResourceNames[r]))
          model.coefficients_[r].push_back(to_number(c, kResourceNames[r]));
      }
      for (const auto& run : array_field(value, "runs"))
        model.runs_.push_back(to_text(run, "runs"));
      model.error_ = number_field(value, "error");
      return model;
    }
    known += (known.empty() ? "" : ", ") + key;
  }
  throw Error("no area model of {}; there are {}", family, known);
}

nlohmann::json FitModel::to_json() const {
  nlohmann::json json{{"runs", runs_}, {"error", error_}};
  for (std::size_t r = 0; r < kResourceNames.size(); ++r) {
    json[kResourceNames[r]] = coefficients_[r];
  }
  return json;
}

Resources FitModel::predict(const isa::Hardware& hw) const {
  return apply(family_, coefficients_, hw);
}

isa::Hardware largest_that_fits(const FitModel& model, const Part& part, const isa::Hardware& like,
                                double share) {
  isa::Hardware best = like;
  best.m = best.c = best.p = 0;
  const std::int64_t feature_words = std::int64_t{like.m} * like.p * like.fb_depth;
  const std::int64_t weights = std::int64_t{like.m} * like.c * like.wm_depth;
  for (int c = 4; c <= 32; c *= 2) {
    for (int m = c; m <= 64; m *= 2) {
      for (int p = 2; p <= 15; ++p) {
        isa::Hardware hw = like;
        hw.m = m;
        hw.c = c;
        hw.p = p;
        hw.post_lanes = like.post_lanes == like.m ? m : 1;
        const auto depth = [](std::int64_t words) {
          return static_cast<int>(
              std::bit_ceil(static_cast<std::uint64_t>(std::max(words, std::int64_t{2}))));
        };
        hw.fb_depth = depth(feature_words / (m * p));
        hw.wm_depth = depth(weights / (m * c));
        hw.pm_depth = depth(std::int64_t{like.m} * like.pm_depth / m);
        if (hw.fb_depth > 32768 / (m / c)) continue;
        if (m * c * p > best.m * best.c * best.p && fits(model.predict(hw), part, share)) best = hw;
      }
    }
  }
  return best;
}

}  // namespace reshift
