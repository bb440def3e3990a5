// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "energy/array_activity.hpp"

#include <algorithm>
#include <deque>
#include <fstream>
#include <vector>

#include "base/error.hpp"
#include "energy/netlist_simulator.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// The parameters of rs_array.
struct Shape {
  explicit Shape(const nlohmann::json& array)
      : m(array.at("M")),
        c(array.at("C")),
        p(array.at("P")),
        act_w(array.at("ActW")),
        format(array.at("WeightFormat")),
        acc_w(array.at("AccW")) {}
  int m, c, p, act_w, format, acc_w;
  /// More cycles than a tile takes through the array.
  int drain() const { return 2 * (m + p + c + 8); }
};

struct Tile {
  int first = 0, last = 0, max = 0, c_block = 0;
  std::vector<std::int64_t> acts;     ///< [pixel][lane]
  std::vector<std::int64_t> weights;  ///< [row][lane]
};

/// Reads the tiles of a trace, scaled.
class Trace {
 public:
  Trace(const std::string& path, const Shape& shape, const TraceScale& scale)
      : path_(path), in_(path), shape_(shape), scale_(scale) {
    int m = 0, c = 0, act_w = 0, format = 0;
    std::int64_t entries = 0, macs = 0;
    in_ >> m >> c >> pixels_ >> act_w >> format >> entries >> macs;
    if (!in_) throw Error("{} is no trace", path);
    if (m != shape.m || c != shape.c || pixels_ < shape.p ||
        act_w + scale.act_shift > shape.act_w) {
      throw Error("{} is for {}x{}x{} and {} bits, the array is {}x{}x{} and {} bits", path, m, c,
                  pixels_, act_w + scale.act_shift, shape.m, shape.c, shape.p, shape.act_w);
    }
  }

  bool next(Tile& tile) {
    if (!(in_ >> tile.first >> tile.last >> tile.max >> tile.c_block)) return false;
    tile.acts.assign(static_cast<std::size_t>(pixels_ * shape_.c), 0);
    for (std::int64_t& act : tile.acts) {
      in_ >> act;
      act <<= scale_.act_shift;
    }
    tile.acts.resize(static_cast<std::size_t>(shape_.p * shape_.c));
    tile.weights.resize(static_cast<std::size_t>(shape_.m * shape_.c));
    for (int c = 0; c < shape_.c; ++c) {
      for (int m = 0; m < shape_.m; ++m) {
        std::int64_t weight = 0;
        in_ >> weight;
        if (!tile.max) weight <<= scale_.weight_shift;
        tile.weights[static_cast<std::size_t>(m * shape_.c + c)] = weight;
        if (!weight_fits(static_cast<int>(weight), shape_.format)) {
          throw Error("{}: the array's lanes have no weight {}", path_, weight);
        }
      }
    }
    if (!in_) throw Error("{} ends in the middle of an entry", path_);
    return true;
  }

 private:
  std::string path_;
  std::ifstream in_;
  Shape shape_;
  TraceScale scale_;
  int pixels_ = 0;
};

class Driver {
 public:
  Driver(const nlohmann::json& netlist, const Shape& shape)
      : shape_(shape),
        array_(netlist, "rs_array"),
        accs_(static_cast<std::size_t>(shape.p),
              std::vector<std::int64_t>(static_cast<std::size_t>(shape.m))),
        since_last_(shape.p) {
    array_.set("valid_i", 0, 1, 0);
    array_.set("plane_i", 0, 1, 0);
    array_.set("beside_i", 0, 1, 0);
    array_.set("rst_ni", 0, 1, 0);
    for (int i = 0; i < shape.drain(); ++i) array_.clock();
    array_.set("rst_ni", 0, 1, 1);
    array_.record();
  }

  void issue(const Tile& tile) {
    // The array's condition: its row merges take one pixel a cycle.
    while (tile.last && since_last_ + 1 < shape_.p) idle();
    since_last_ = tile.last ? 0 : since_last_ + 1;
    ++run_.tiles;
    expect(tile);
    array_.set("valid_i", 0, 1, 1);
    array_.set("first_i", 0, 1, static_cast<std::uint64_t>(tile.first));
    array_.set("last_i", 0, 1, static_cast<std::uint64_t>(tile.last));
    array_.set("max_i", 0, 1, static_cast<std::uint64_t>(tile.max));
    int sub_bits = 0;
    while (1 << sub_bits < shape_.m / shape_.c) ++sub_bits;
    array_.set("sub_i", 0, sub_bits, static_cast<std::uint64_t>(tile.c_block));
    int low = 0;
    for (const std::int64_t act : tile.acts) {
      array_.set("act_i", low, shape_.act_w, static_cast<std::uint64_t>(act));
      low += shape_.act_w;
    }
    low = 0;
    for (const std::int64_t weight : tile.weights) {
      array_.set("tile_i", low, weight_bits(shape_.format),
                 encode_weight(static_cast<int>(weight), shape_.format));
      low += weight_bits(shape_.format);
    }
    cycle();
  }

  ArrayRun finish(const std::string& saif) {
    for (int i = 0; i < shape_.drain(); ++i) idle();
    if (!due_.empty()) throw Error("{} results did not come", due_.size());
    array_.write_saif(saif);
    return run_;
  }

 private:
  void idle() {
    array_.set("valid_i", 0, 1, 0);
    cycle();
    ++since_last_;
  }

  void expect(const Tile& tile) {
    for (int p = 0; p < shape_.p; ++p) {
      auto& pixel = accs_[static_cast<std::size_t>(p)];
      const auto* acts = tile.acts.data() + p * shape_.c;
      for (int m = 0; m < shape_.m; ++m) {
        const auto* weights = tile.weights.data() + m * shape_.c;
        std::int64_t sum = 0;
        for (int c = 0; c < shape_.c; ++c) sum += acts[c] * weights[c];
        std::int64_t& acc = pixel[static_cast<std::size_t>(m)];
        if (!tile.max) {
          acc = tile.first ? sum : acc + sum;
        } else {
          if (tile.first) acc = code_min(shape_.act_w);
          if (m / shape_.c == tile.c_block) acc = std::max(acc, sum);
        }
      }
      if (tile.last) due_.push_back(pixel);
    }
  }

  void cycle() {
    array_.clock();
    ++run_.cycles;
    if (array_.get("valid_o", 0, 1) == 0) return;
    if (due_.empty()) throw Error("cycle {}: a result too many", run_.cycles);
    const std::uint64_t mask = (std::uint64_t{1} << shape_.acc_w) - 1;
    for (int m = 0; m < shape_.m; ++m) {
      const std::uint64_t acc = array_.get("acc_o", m * shape_.acc_w, shape_.acc_w);
      const auto sum = static_cast<std::uint64_t>(due_.front()[static_cast<std::size_t>(m)]) & mask;
      if (acc != sum) throw Error("cycle {}: row {} is {}, not {}", run_.cycles, m, acc, sum);
    }
    due_.pop_front();
    ++run_.pixels;
  }

  Shape shape_;
  NetlistSimulator array_;
  std::vector<std::vector<std::int64_t>> accs_;
  std::deque<std::vector<std::int64_t>> due_;
  int since_last_;
  ArrayRun run_;
};

}  // namespace

ArrayRun measure_array(const nlohmann::json& netlist, const std::string& trace,
                       const TraceScale& scale, const std::string& saif) {
  const Shape shape(netlist.at("array"));
  Trace tiles(trace, shape, scale);
  Driver driver(netlist, shape);
  for (Tile tile; tiles.next(tile);) driver.issue(tile);
  return driver.finish(saif);
}

}  // namespace reshift
