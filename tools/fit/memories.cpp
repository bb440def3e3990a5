// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "fit/memories.hpp"

#include <algorithm>
#include <limits>
#include <vector>

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

constexpr int times(int size, int unit) { return (size + unit - 1) / unit; }

double blocks(const std::vector<Shape>& shapes, int width, int depth) {
  double best = std::numeric_limits<double>::max();
  for (const Shape& shape : shapes) {
    best = std::min(best, shape.blocks * times(width, shape.width) * times(depth, shape.depth));
  }
  return best;
}

/// The rule of rtl/tech/xcup_uram/rs_tech_pkg.sv: shallower or narrower memories would leave most
/// of an UltraRAM empty.
constexpr bool in_ultra_ram(int width, int depth) { return width >= 64 && depth >= 2048; }
constexpr int ultra_ram(int width, int depth) { return times(width, 72) * times(depth, 4096); }

}  // namespace

MemoryBlocks memory_blocks(std::string_view family, const isa::Hardware& hw, bool ultra) {
  const BlockRam ram = block_ram(family);
  const int word_w = hw.m * hw.act_w, tile_w = isa::tile_width(hw);
  const int records = isa::param_records(hw), headers = isa::headers_per_beat(hw);
  // A record as it is kept: bias, shift, and the multiplier with a bit more.
  const int record_w = 38 + hw.mult_w;
  constexpr int kResidualDepth = 256, kReadDepth = 128;
  MemoryBlocks result;
  const auto large = [&](const std::vector<Shape>& shapes, int count, int width, int depth) {
    if (ultra && in_ultra_ram(width, depth)) {
      result.ultra_ram += count * ultra_ram(width, depth);
    } else {
      result.block_ram += count * blocks(shapes, width, depth);
    }
  };
  large(ram.two_ports, hw.p, word_w, hw.fb_depth);
  const int weight_memories = hw.weight_streams > 0 ? hw.m : 1;  // a row each
  large(ram.one_write, weight_memories, tile_w / weight_memories, hw.wm_depth);
  result.block_ram +=
      headers * blocks(ram.one_write, 32, hw.wm_depth / headers) +
      blocks(ram.one_write, record_w * records, hw.pm_depth * std::max(hw.m / records, 1)) +
      isa::post_pixels(hw) * blocks(ram.one_write, word_w, kResidualDepth) +
      blocks(ram.one_write, hw.axi_data_w, kReadDepth);
  if (hw.neighbours > 0) {
    result.block_ram += blocks(ram.one_write, hw.neighbours * hw.c * hw.act_w, isa::kNeighbourUops);
  }
  if (hw.tables > 0) {
    result.block_ram +=
        (hw.post_lanes + 1) / 2 * blocks(ram.two_ports, 16, 1 << isa::table_address_width(hw));
  }
  return result;
}

}  // namespace reshift
