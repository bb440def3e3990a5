// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/reduction_list.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/neighbours.hpp"
#include "compile/walk.hpp"
#include "cost/bank_ports.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/transfers.hpp"
#include "isa/fields.hpp"
#include "program/neighbours.hpp"
#include "program/row_streams.hpp"
#include "program/weight_block.hpp"

namespace reshift {
namespace {

/// What the header says for an offset: itself, or 0 where it is out of the field's range but no
/// output reads padding through this tap, so that its mask never acts. Throws Error when neither
/// works.
int mask_offset(int offset, int out, int in, const isa::Field& field) {
  const int limit = 1 << (field.width - 1);
  if (offset >= -limit && offset < limit) return offset;
  if (offset >= 0 && out - 1 + offset < in && out <= in) return 0;
  throw Error("a tap {} pixels away; a header's {} says -{} to {}", offset, field.name, limit,
              limit - 1);
}

int extent(int size, int stride) { return (size + stride - 1) / stride; }

/// Builds the tiles of one M-block: rows are output channels, columns input channels of a C-block.
class Builder {
 public:
  Builder(const isa::Hardware& hw, const QNet& net, const QOp& op, int m_block)
      : hw_(hw),
        net_(net),
        op_(op),
        m_block_(m_block),
        in_(net.tensors[index(op.input)]),
        out_channels_(net.written_channels(op)),
        row_(op.kind == QKind::kConv ? net.row_size(op) : 0),
        tile_(index(hw.m * hw.c)) {}

  MBlockTiles build() {
    const std::optional<Neighbours> neighbours = neighbours_of(hw_, net_, op_);
    for (int ky = 0; ky < op_.kernel_h; ++ky) {
      for (int kx = 0; kx < op_.kernel_w && !neighbours; ++kx) {
        op_.kind == QKind::kConv ? convolution_tap(ky, kx) : pooling_tap(ky, kx);
      }
      if (!neighbours) continue;
      for (const Neighbours::Taps& taps : neighbours->row) neighbour_taps(ky, taps);
    }
    if (op_.shortcut >= 0) shortcut_tap();
    if (made_.places
            .empty()) {  // all weights are zero: the accumulators still need a start, an end
      clear();
      append({});
    }
    return std::move(made_);
  }

 private:
  void clear() { std::fill(tile_.begin(), tile_.end(), 0); }
  int& at(int row, int column) { return tile_[index(row * hw_.c + column)]; }

  void pooling_tap(int ky, int kx) {
    const int per_word = isa::c_blocks_per_word(hw_);
    for (int j = 0; j < per_word; ++j) {
      const int c_block = m_block_ * per_word + j;
      // A maximum visits every C-block of the word, so that all its rows are defined.
      if (op_.kind == QKind::kAvgPool && c_block * hw_.c >= in_.channels) break;
      clear();
      for (int c = 0; c < hw_.c; ++c) at(j * hw_.c + c, c) = identity_weight(hw_.weight_format);
      append({ky, kx, c_block});
    }
  }

  void convolution_tap(int ky, int kx) {
    const int taps = op_.kernel_h * op_.kernel_w, tap = ky * op_.kernel_w + kx;
    convolution_tiles(
        in_.channels, op_.groups, [&](int in) { return in * taps + tap; },
        [&](int c_block, bool plane) {
          append({ky, kx, c_block, false, plane});
        });
  }

  /// A row has its own channel only, once for each tap.
  void neighbour_taps(int ky, const Neighbours::Taps& taps) {
    for (int c_block = m_block_ * hw_.m / hw_.c; c_block < (m_block_ + 1) * hw_.m / hw_.c;
         ++c_block) {
      auto tiles = empty_tiles();
      for (int oc = c_block * hw_.c; oc < std::min((c_block + 1) * hw_.c, out_channels_); ++oc) {
        const int row = oc - m_block_ * hw_.m, channel = oc % hw_.c;
        for (int lane = 0; lane < hw_.c; ++lane) {
          const int left = neighbour(hw_, channel, lane);
          const int kx = left > 0 || lane == channel ? taps[index(left)] : -1;
          if (kx >= 0) set_weight(tiles, row, lane, oc, ky * op_.kernel_w + kx);
        }
      }
      append_tiles(tiles, c_block, [&](int, bool plane) {
        append({ky, taps[0], c_block, false, plane});
      });
    }
  }

  /// Pixel for pixel as the raster is walked; of a polyphase tensor that is phase 0.
  void shortcut_tap() {
    const int channels = net_.tensors[index(op_.shortcut)].channels;
    convolution_tiles(
        channels, 1, [&](int in) { return row_ - channels + in; },
        [&](int c_block, bool plane) {
          append({0, 0, c_block, true, plane});
        });
  }

  /// All tiles of a tap. `weight_at` is where the weight of a channel of the group is in its row;
  /// `append_c_block` appends a tile, of the upper plane or not.
  template <typename WeightAt, typename Append>
  void convolution_tiles(int channels, int groups, WeightAt weight_at, Append append_c_block) {
    const int group_in = channels / groups, group_out = out_channels_ / groups;
    for (int c_block = 0; c_block * hw_.c < channels; ++c_block) {
      auto tiles = empty_tiles();
      for (int row = 0; row < hw_.m; ++row) {
        const int oc = m_block_ * hw_.m + row;
        if (oc >= out_channels_) break;
        const int first_in = oc / group_out * group_in;
        const int begin = std::max(c_block * hw_.c, first_in);
        const int end = std::min((c_block + 1) * hw_.c, first_in + group_in);
        for (int ic = begin; ic < end; ++ic) {
          set_weight(tiles, row, ic - c_block * hw_.c, oc, weight_at(ic - first_in));
        }
      }
      append_tiles(tiles, c_block, append_c_block);
    }
  }

  bool planes() const { return hw_.weight_format == kDigits; }

  /// A tile for each term.
  std::vector<std::vector<int>> empty_tiles() const {
    return {index(op_.terms), std::vector<int>(tile_.size())};
  }

  /// The weight at `at` in the row of output channel `oc`.
  void set_weight(std::vector<std::vector<int>>& tiles, int row, int lane, int oc, int at) const {
    const std::int64_t weight = std::int64_t{oc} * row_ + at;
    for (int t = 0; t < op_.terms; ++t) {
      tiles[index(t)][index(row * hw_.c + lane)] =
          planes() ? op_.term_values[index(weight * op_.terms + t)] : nth_term(weight, t);
    }
  }

  template <typename Append>
  void append_tiles(std::vector<std::vector<int>>& tiles, int c_block, Append append_c_block) {
    planes() ? append_planes(tiles, c_block, append_c_block)
             : append_terms(tiles, c_block, append_c_block);
  }

  static bool is_empty(const std::vector<int>& tile) {
    return std::all_of(tile.begin(), tile.end(), [](int weight) { return weight == 0; });
  }

  template <typename Append>
  void append_terms(const std::vector<std::vector<int>>& tiles, int c_block,
                    Append append_c_block) {
    for (const std::vector<int>& tile : tiles) {
      if (is_empty(tile)) continue;
      tile_ = tile;
      append_c_block(c_block, false);
    }
  }

  /// A tile of an upper plane adds the signs of the one before, so only the last ones are left out.
  template <typename Append>
  void append_planes(std::vector<std::vector<int>>& tiles, int c_block, Append append_c_block) {
    while (!tiles.empty() && is_empty(tiles.back())) tiles.pop_back();
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      if (t > 0) {
        for (std::size_t i = 0; i < tile_.size(); ++i) {
          tiles[t][i] = tiles[t][i] / kPlane - (tile_[i] < 0);
        }
      }
      tile_ = tiles[t];
      append_c_block(c_block, t > 0);
    }
  }

  /// Term t of a weight, those that are not zero first, so that later tiles are empty more often.
  int nth_term(std::int64_t weight, int t) const {
    const auto* terms = op_.term_values.data() + weight * op_.terms;
    for (int i = 0; i < op_.terms; ++i) {
      if (terms[i] != 0 && t-- == 0) return terms[i];
    }
    return 0;
  }

  void append(const TilePlace& place) {
    made_.places.push_back(place);
    append_tile(hw_, tile_, made_.tiles);
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const QOp& op_;
  int m_block_;
  const QTensor& in_;
  int out_channels_, row_;
  std::vector<int> tile_;
  MBlockTiles made_;
};

/// Says where the operands of a strip's tiles are.
class HeaderWriter {
 public:
  HeaderWriter(const isa::Hardware& hw, const QNet& net, const QOp& op, const Strip& strip,
               const Layout& source, const Layout& shortcut)
      : hw_(hw),
        op_(op),
        strip_(strip),
        source_(source),
        shortcut_(shortcut),
        in_(net.tensors[index(op.input)]),
        out_width_(net.written(op).width),
        walk_(walk_of(op)) {
    if (const auto neighbours = neighbours_of(hw, net, op)) lead_ = neighbours->lead;
  }

  UopHeader header(const TilePlace& place) const {
    if (place.shortcut) return at(place.c_block, shortcut_.shift, 0, 0, place);
    const TapAxis y = tap_axis(place.ky, walk_.stride, op_.dilation_h, strip_.pad_top);
    TapAxis x = tap_axis(place.kx, walk_.stride, op_.dilation_w, op_.pad_left);
    x.offset -= lead_;
    const int per_word = isa::c_blocks_per_word(hw_);
    const int linear = source_.shift + y.offset * source_.pitch + x.offset;
    const int whole = floor_div(linear, hw_.p);
    const int address =
        (whole * source_.words + (2 * y.phase + x.phase) * source_.phase_words(hw_)) * per_word +
        place.c_block;
    return at(address, linear - whole * hw_.p,
              mask_offset(y.offset, walk_.rows(strip_.out.count),
                          extent(strip_.in.count, walk_.stride), isa::header::kDy),
              mask_offset(x.offset, walk_.columns(out_width_), extent(in_.width, walk_.stride),
                          isa::header::kDx),
              place);
  }

 private:
  /// `address`: C-blocks from the source's base, modulo the buffer.
  UopHeader at(int address, int rotation, int dy, int dx, const TilePlace& place) const {
    const int buffer = isa::c_blocks(hw_);
    return {.offset = ((address % buffer) + buffer) % buffer,
            .rotation = rotation,
            .dy = dy,
            .dx = dx,
            .source = place.shortcut ? 1 : 0,
            .plane = place.plane};
  }

  const isa::Hardware& hw_;
  const QOp& op_;
  const Strip& strip_;
  const Layout& source_;
  const Layout& shortcut_;
  const QTensor& in_;
  int out_width_;
  Walk walk_;
  int lead_ = 0;
};

}  // namespace

namespace {

bool same_tiles(const isa::Hardware& hw, const QNet& a_net, const QOp& a, const QNet& b_net,
                const QOp& b) {
  const auto channels = [](const QNet& net, int tensor) {
    return tensor < 0 ? 0 : net.tensors[index(tensor)].channels;
  };
  return a.kind == b.kind && a.kernel_h == b.kernel_h && a.kernel_w == b.kernel_w &&
         a.groups == b.groups && a.terms == b.terms && a.params.size() == b.params.size() &&
         channels(a_net, a.input) == channels(b_net, b.input) &&
         channels(a_net, a.shortcut) == channels(b_net, b.shortcut) &&
         a.term_values == b.term_values &&
         neighbours_of(hw, a_net, a).has_value() == neighbours_of(hw, b_net, b).has_value();
}

}  // namespace

MBlockTiles m_block_tiles(const isa::Hardware& hw, const QNet& net, const QOp& op, int m_block) {
  try {
    return Builder(hw, net, op, m_block).build();
  } catch (const Error& e) {
    throw Error("operation {}: {}", op.name, e.what());
  }
}

NetTiles::NetTiles(const isa::Hardware& hw, const QNet& net, NetTiles* first)
    : hw_(hw), net_(net), first_(first), same_(net.ops.size(), false) {
  for (std::size_t i = 0; first != nullptr && i < std::min(net.ops.size(), first->same_.size());
       ++i) {
    same_[i] = same_tiles(hw, net, net.ops[i], first->net_, first->net_.ops[i]);
  }
}

const MBlockTiles& NetTiles::of(std::size_t op, int m_block) {
  if (same_[op]) return first_->of(op, m_block);
  const auto [found, fresh] = made_.try_emplace({op, m_block});
  if (fresh) found->second = m_block_tiles(hw_, net_, net_.ops[op], m_block);
  return found->second;
}

ReductionList reduction_list(const isa::Hardware& hw, const QNet& net, const QOp& op,
                             const MBlockTiles& tiles, const Strip& strip, const Layout& source,
                             const Layout& shortcut) {
  try {
    const HeaderWriter writer(hw, net, op, strip, source, shortcut);
    ReductionList list;
    for (std::size_t i = 0; i < tiles.places.size(); ++i) {
      UopHeader header = writer.header(tiles.places[i]);
      header.last = i + 1 == tiles.places.size();
      list.headers.push_back(encode_header(header));
    }
    list.tiles = tiles.tiles;
    return list;
  } catch (const Error& e) {
    throw Error("operation {}: {}", op.name, e.what());
  }
}

ReductionList map_sum_list(const isa::Hardware& hw, const Layout& source) {
  const bool without_gaps = source.pitch == source.width;
  const int rows = without_gaps ? 1 : source.height;
  const int row_pixels = without_gaps ? source.width * source.height : source.width;
  const int per_word = isa::c_blocks_per_word(hw);
  ReductionList list;
  std::vector<int> tile(index(hw.m * hw.c));
  std::vector<UopHeader> headers;
  for (int row = 0; row < rows; ++row) {
    for (int pixel = 0; pixel < row_pixels; pixel += hw.p) {
      const int group = row * source.pitch / hw.p + pixel / hw.p;
      const int hidden = hw.p - std::min(hw.p, row_pixels - pixel);
      for (int j = 0; j < per_word; ++j) {
        headers.push_back(
            {.offset = (group * source.words * per_word + j) % isa::c_blocks(hw), .dx = hidden});
        std::fill(tile.begin(), tile.end(), 0);
        for (int c = 0; c < hw.c; ++c) {
          tile[index((j * hw.c + c) * hw.c + c)] = identity_weight(hw.weight_format);
        }
        append_tile(hw, tile, list.tiles);
      }
    }
  }
  headers.back().last = true;
  for (const UopHeader& header : headers) list.headers.push_back(encode_header(header));
  return list;
}

namespace {

/// C-blocks of the input of which an M-block of a convolution has weights.
int c_blocks_read(const isa::Hardware& hw, const QNet& net, const QOp& op, int m_block) {
  const int out = net.written_channels(op), in = net.tensors[index(op.input)].channels;
  const int end = std::min((m_block + 1) * hw.m, out);
  if (op.groups > 1) {
    const int group_in = in / op.groups, group_out = out / op.groups;
    const int first = m_block * hw.m / group_out * group_in;
    const int last = (end - 1) / group_out * group_in + group_in - 1;
    return last / hw.c - first / hw.c + 1;
  }
  const std::int64_t row = std::int64_t{net.row_size(op)} * op.terms;
  const std::int64_t channel = std::int64_t{op.kernel_h} * op.kernel_w * op.terms;
  const auto reads = [&](int first, int last) {
    for (int oc = m_block * hw.m; oc < end; ++oc) {
      const auto weights = op.term_values.begin() + oc * row;
      if (std::any_of(weights + first * channel, weights + last * channel,
                      [](int term) { return term != 0; })) {
        return true;
      }
    }
    return false;
  };
  int count = 0;
  for (int c = 0; c < in; c += hw.c) count += reads(c, std::min(c + hw.c, in));
  return count;
}

/// Items of the row streams that make an operation's tiles, where LOAD takes less for them, else 0.
/// Tiles are made only for weights of which many are zero.
std::int64_t stream_items(const isa::Hardware& hw, const QNet& net, const QOp& op,
                          std::int64_t uops) {
  const auto zeros = std::count(op.term_values.begin(), op.term_values.end(), 0);
  if (!hw.weight_streams || op.kind != QKind::kConv || 2 * zeros < std::ssize(op.term_values)) {
    return 0;
  }
  std::int64_t items = 0;
  for (int m = 0; m < words_of(hw, net.written_channels(op)); ++m) {
    const std::vector<std::uint8_t> streams =
        encode_row_streams(hw, m_block_tiles(hw, net, op, m).tiles);
    items += std::ssize(streams) / isa::item_bytes(hw);
  }
  return cost::stream_cycles(hw, items) < cost::tile_cycles(hw, uops) ? items : 0;
}

ListSize list_size(const isa::Hardware& hw, const QNet& net, const QOp& op) {
  const int out = net.written_channels(op);
  const auto neighbours = neighbours_of(hw, net, op);
  const int taps =
      op.kernel_h * (neighbours ? static_cast<int>(neighbours->row.size()) : op.kernel_w);
  const int added = op.shortcut < 0 ? 0 : net.tensors[index(op.shortcut)].channels;
  ListSize size;
  for (int m = 0; m < words_of(hw, out); ++m) {
    int c_blocks = isa::c_blocks_per_word(hw);
    if (op.kind == QKind::kConv) {
      c_blocks = c_blocks_read(hw, net, op, m) * op.terms;
    }
    std::int64_t uops = std::int64_t{taps} * c_blocks + (added + hw.c - 1) / hw.c * op.terms;
    // Of a kernel that is packed into a few channels, tiles are empty for all weights.
    if (op.input == 0 && op.kind == QKind::kConv && op.shortcut < 0) {
      uops = static_cast<std::int64_t>(m_block_tiles(hw, net, op, m).places.size());
    }
    uops = std::max<std::int64_t>(uops, 1);  // accumulators need a start and an end
    size.uops += uops;
    size.longest = std::max(size.longest, uops);
    size.group_cycles += std::max(uops, cost::post_cycles(hw));
  }
  const int m_blocks = words_of(hw, out);
  size.words_beside = cost::words_beside_polyphase(hw, m_blocks, size.group_cycles / m_blocks);
  size.as_block.uops = size.uops;
  size.as_block.stream_items = stream_items(hw, net, op, size.uops);
  size.as_block.bytes = WeightBlockSections(hw, 0, size.uops, size.as_block.stream_items).bytes;
  return size;
}

}  // namespace

std::vector<ListSize> list_sizes(const isa::Hardware& hw, const QNet& net) {
  std::vector<ListSize> sizes;
  for (const QOp& op : net.ops) sizes.push_back(list_size(hw, net, op));
  return sizes;
}

std::string unreachable_tap(const QNet& net, const QOp& op) {
  const QTensor& in = net.tensors[index(op.input)];
  const Walk walk = walk_of(op);
  const QShape out = net.written(op);
  const int out_rows = walk.rows(out.height), out_columns = walk.columns(out.width);
  const int rows = extent(in.height, walk.stride), columns = extent(in.width, walk.stride);
  if (op.shortcut >= 0 && (out.height > rows || out.width > columns)) {
    return fmt::format(
        "an output of {}x{} with a shortcut, whose mask is that of the input and ends at {}x{}",
        out.height, out.width, rows, columns);
  }
  try {
    for (int ky = 0; ky < op.kernel_h; ++ky) {
      mask_offset(tap_axis(ky, walk.stride, op.dilation_h, op.pad_top).offset, out_rows, rows,
                  isa::header::kDy);
    }
    for (int kx = 0; kx < op.kernel_w; ++kx) {
      mask_offset(tap_axis(kx, walk.stride, op.dilation_w, op.pad_left).offset, out_columns,
                  columns, isa::header::kDx);
    }
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::string overflow(const isa::Hardware& hw, const QNet& net, const QOp& op) {
  if (op.kind == QKind::kMaxPool) return "";
  const bool average = op.kind == QKind::kAvgPool;
  const int one = average ? identity_weight(hw.weight_format) : 1;
  const std::int64_t taps = std::int64_t{op.kernel_h} * op.kernel_w * one;
  const int channels = net.written_channels(op);
  const std::size_t per_channel = op.term_values.size() / index(channels);
  for (int oc = 0; oc < channels; ++oc) {
    std::int64_t sum = average ? taps : 0;
    for (std::size_t i = 0; i < per_channel && op.kind == QKind::kConv; ++i) {
      sum += std::abs(op.term_values[index(oc) * per_channel + i]);
    }
    const std::int64_t bound = sum << (net.act_w - 1);
    const std::int64_t bias = std::int64_t{op.params[index(oc)].bias} * one;
    if (one > 1 && op.params[index(oc)].shift >= max_shift(hw.mult_w)) {
      return fmt::format("a shift of {} beside the larger identity of half-octaves, at most {}",
                         op.params[index(oc)].shift, max_shift(hw.mult_w) - 1);
    }
    if (bound >= std::int64_t{1} << (hw.acc_w - 1)) {
      return fmt::format(
          "accumulator of channel {} reaches {}, {} bits hold less than {}; take hardware with "
          "wider "
          "accumulators (AccW), or quantise with `--terms 1` or fewer exponents",
          oc, bound, hw.acc_w, std::int64_t{1} << (hw.acc_w - 1));
    }
    if (bound + std::abs(bias) >= std::int64_t{1} << 31) {
      return fmt::format(
          "channel {} reaches {} with its bias {}, 32 bits hold less than {}; its bias is out of "
          "all "
          "proportion to its weights: look at the batch norm before it",
          oc, bound + std::abs(bias), bias, std::int64_t{1} << 31);
    }
  }
  return "";
}

}  // namespace reshift
