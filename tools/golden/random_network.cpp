// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <tuple>
#include <utility>

namespace reshift {
namespace {

/// Different tables of a network at most, more than some cores hold.
constexpr int kTables = 4;

/// A network under construction: random numbers, and operations made whole from a window and the
/// shape of their output.
class Growing {
 protected:
  static constexpr int kAnyResidual = -2, kNoResidual = -1;

  Growing(std::uint64_t seed, const RandomNetworkOptions& options)
      : random_(seed),
        tables_(options.act_w == 8 ? options.tables : 0),
        requantise_(options.requantise) {
    net_.name = fmt::format("random-{}", seed);
    net_.act_w = options.act_w;
    net_.weight_format = options.weight_format;
    net_.mult_w = options.mult_w;
  }

  int pick(int low, int high) {  // both included
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int of) { return pick(1, of) == 1; }
  const QTensor& tensor(int i) const { return net_.tensors[static_cast<std::size_t>(i)]; }
  int last() const { return static_cast<int>(net_.tensors.size()) - 1; }

  /// Term t of a weight, 0 but for integers never. Of eight bits, `low` is the term before.
  int random_term(int t, int low) {
    if (net_.weight_format == kDigits) {
      return t == 0 ? pick(-8, 7) : kPlane * (low < 0 ? pick(-7, 8) : pick(-8, 7));
    }
    if (is_multiplier(net_.weight_format)) {
      const int most = code_max(weight_bits(net_.weight_format));
      return pick(-most, most);
    }
    const int sign = chance(2) ? 1 : -1;
    if (net_.weight_format == kHalfOctave) {
      return sign * kHalfOctaves[static_cast<std::size_t>(
                        pick(0, static_cast<int>(kHalfOctaves.size()) - 1))];
    }
    return sign * (1 << pick(0, net_.weight_format - 1));
  }

  QTensor make_tensor(const std::string& name, int channels, int height, int width) {
    const int zero =
        chance(3) ? pick(code_min(net_.act_w), code_max(net_.act_w)) : code_min(net_.act_w);
    return {name, channels, height, width, 0.1, zero};
  }

  void finish(QOp& op, int channels, int height, int width) {
    op.output = last() + 1;
    QTensor out = make_tensor(fmt::format("t{}", op.output), channels, height, width);
    if (op.kind == QKind::kMaxPool) out.zero = tensor(op.input).zero;
    complete(op, out);
    net_.tensors.push_back(out);
  }

  /// What an operation needs that writes `out`, a tensor that is not in the network yet or a slice
  /// of one.
  void complete(QOp& op, const QTensor& out) {
    const QTensor in = tensor(op.input);
    op.post = {.out_zero = out.zero, .lo = code_min(net_.act_w), .hi = code_max(net_.act_w)};
    op.post.round = static_cast<RoundMode>(pick(0, 2));
    if (op.kind != QKind::kMaxPool) {
      if (op.kind == QKind::kConv) add_weights(op, in, out);
      add_params(op, in, out);
    }
    add_residual(op, out);
    if (requantise_ && chance(3)) op.in_cut = pick(0, (1 << net_.act_w) - 1);
    if (requantise_ && op.kind != QKind::kMaxPool && chance(3)) {
      op.post.early = pick(1, kMostEarly);
    }
    if (tables_ > 0 && chance(4)) op.table = table(pick(1, kTables));
    if (chance(4)) {
      op.post.lo = pick(code_min(net_.act_w), -1);
      op.post.hi = pick(0, code_max(net_.act_w));
    }
    net_.ops.push_back(op);
  }

 private:
  /// Table number n of the network.
  std::vector<std::int16_t> table(int n) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n));
    std::vector<std::int16_t> codes(std::size_t{1} << net_.act_w);
    for (auto& code : codes) {
      code = static_cast<std::int16_t>(code_min(net_.act_w) +
                                       static_cast<int>(random() % codes.size()));
    }
    return codes;
  }

  void add_weights(QOp& op, const QTensor& in, const QTensor& out) {
    op.terms = pick(1, net_.weight_format == kDigits ? 2 : 3);
    const int zeros = chance(6) ? 100 : chance(3) ? pick(0, 99) : 10;  // percent
    op.term_values.resize(static_cast<std::size_t>(out.channels) *
                          static_cast<std::size_t>(in.channels / op.groups) *
                          static_cast<std::size_t>(op.kernel_h * op.kernel_w * op.terms));
    const std::size_t terms = static_cast<std::size_t>(op.terms);
    for (std::size_t i = 0; i < op.term_values.size(); ++i) {
      if (pick(1, 100) <= zeros) continue;
      const int low = i % terms == 0 ? 0 : op.term_values[i - 1];
      op.term_values[i] = static_cast<std::int16_t>(random_term(static_cast<int>(i % terms), low));
    }
  }

  /// Scales that spread the outputs over the codes, and biases that take the input's zero point
  /// out.
  void add_params(QOp& op, const QTensor& in, const QTensor& out) {
    const int window = op.kernel_h * op.kernel_w;
    const std::size_t per_channel =
        op.term_values.size() / static_cast<std::size_t>(op.terms * out.channels);
    for (int oc = 0; oc < out.channels; ++oc) {
      double power = 0;
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < per_channel && op.kind == QKind::kConv; ++i) {
        const int w = op.weight(static_cast<std::size_t>(oc) * per_channel + i);
        power += double(w) * w;
        sum += w;
      }
      if (op.kind == QKind::kAvgPool) {
        power = std::pow(double(window), 2);
        sum = window;
      }
      const double gain = (0.3 + 0.1 * pick(0, 14)) / std::max(1.0, std::sqrt(power));
      const int shift =
          net_.mult_w == 1 ? std::max(0, -std::ilogb(gain)) : pick(16, 24) + net_.mult_w - 16;
      const double most = std::ldexp(1.0, net_.mult_w) - 1;
      const auto mult = static_cast<std::uint32_t>(std::clamp(std::ldexp(gain, shift), 0.0, most));
      op.params.push_back({static_cast<std::int32_t>(-in.zero * sum + pick(-40, 40)), mult,
                           static_cast<std::uint8_t>(shift)});
    }
  }

  void add_residual(QOp& op, const QTensor& out) {
    const int wanted = op.residual;
    op.residual = -1;
    if (op.kind == QKind::kMaxPool || wanted == kNoResidual) return;
    std::vector<int> candidates;
    for (int t = 0; t <= last(); ++t) {
      const QTensor& r = tensor(t);
      const bool one_pixel = r.height == 1 && r.width == 1;
      if (r.channels != out.channels) continue;
      if (!one_pixel && (r.height != out.height || r.width != out.width)) continue;
      if (wanted == kAnyResidual || wanted == t) candidates.push_back(t);
    }
    if (candidates.empty() || chance(8)) return;
    op.residual =
        candidates[static_cast<std::size_t>(pick(0, static_cast<int>(candidates.size()) - 1))];
    op.post.res_zero = tensor(op.residual).zero;
    if (net_.mult_w == 1) {
      op.post.res_factor = 1u << (fraction_bits(net_.act_w) - pick(0, 2));
    } else if (chance(4)) {
      make_product(op);
    } else {
      const int half = 1 << (fraction_bits(net_.act_w) - 1);
      op.post.res_factor =
          static_cast<std::uint32_t>(half * pick(1, 3) + (chance(2) ? 0 : pick(-half / 2, half)));
    }
  }

  /// The residual becomes a factor: of the channels' factors the power of two is left, and what a
  /// residual in the middle of its range makes up for.
  void make_product(QOp& op) {
    op.post.product = true;
    for (ChannelParams& p : op.params) {
      const int shift = p.shift - std::bit_width(p.mult) + net_.act_w - 1;
      p = {p.bias, 1, static_cast<std::uint8_t>(std::clamp(shift, 0, max_shift(net_.mult_w)))};
    }
  }

  std::mt19937_64 random_;
  int tables_;  ///< that the core holds
  bool requantise_;

 protected:
  QNet net_;
};

/// Layers of random windows and shapes.
class Layers : protected Growing {
 protected:
  /// Of an operation's output: free, of the first operation, as the input, half of it.
  enum class Shape { kAny, kFirst, kSame, kHalf };

  Layers(std::uint64_t seed, const RandomNetworkOptions& options)
      : Growing(seed, options), options_(options) {}

  void add_op(int input, Shape shape, int residual) {
    QOp op;
    op.name = fmt::format("op{}", net_.ops.size());
    op.input = input;
    op.residual = residual;
    const QTensor in = tensor(op.input);
    const int kind = pick(1, 10);
    op.kind = kind <= 7 || shape == Shape::kSame ? QKind::kConv
              : kind <= 9                        ? QKind::kMaxPool
                                                 : QKind::kAvgPool;
    op.stride_h = op.stride_w = shape == Shape::kHalf || chance(3) ? 2 : 1;
    int height = 0, width = 0, channels = in.channels;
    const bool same = shape == Shape::kSame, first = shape == Shape::kFirst;
    if (same) {
      op.stride_h = op.stride_w = 1;
      op.kernel_h = 2 * pick(0, 3) + 1;
      op.kernel_w = 2 * pick(0, 3) + 1;
      op.pad_top = op.pad_bottom = op.kernel_h / 2;
      op.pad_left = op.pad_right = op.kernel_w / 2;
      height = in.height;
      width = in.width;
    } else {
      if (chance(first ? 3 : 6)) {
        op.stride_h = pick(1, 4);
        op.stride_w = pick(1, 4);
      }
      const bool pooling = op.kind != QKind::kConv;
      height = add_axis(in.height, op.stride_h, op.kernel_h, op.dilation_h, op.pad_top,
                        op.pad_bottom, pooling);
      width = add_axis(in.width, op.stride_w, op.kernel_w, op.dilation_w, op.pad_left, op.pad_right,
                       pooling);
    }
    if (op.kind == QKind::kConv) {
      if (!same || chance(2)) channels = pick(1, options_.max_channels);
      if (residual >= 0) channels = tensor(residual).channels;
      if (chance(5)) {
        op.groups = common_divisor(in.channels, channels);
      }
      if (options_.depthwise && chance(2)) op.groups = channels = in.channels;
    }
    finish(op, channels, height, width);
  }

  /// A tensor with as many rows and columns; the image rarely, which most networks read once.
  int pick_like(int model) {
    std::vector<int> tensors{model};
    for (int t = chance(8) ? 0 : 1; t <= last(); ++t) {
      if (tensor(t).height == tensor(model).height && tensor(t).width == tensor(model).width)
        tensors.push_back(t);
    }
    return tensors[static_cast<std::size_t>(pick(0, static_cast<int>(tensors.size()) - 1))];
  }

  /// A tensor of twice as many rows and columns: each quarter of its pixels has a convolution of
  /// its own, as in a transposed one, or all are the same code; sometimes two slices so.
  void add_upsampling() {
    // Of a map of half the size, so that the large one can be added.
    if (const QTensor map = tensor(last()); map.height % 2 == 0 && map.width % 2 == 0) {
      QOp half;
      half.name = fmt::format("op{}", net_.ops.size());
      half.kind = QKind::kAvgPool;
      half.residual = kNoResidual;
      half.input = last();
      half.kernel_h = half.kernel_w = half.stride_h = half.stride_w = 2;
      finish(half, map.channels, map.height / 2, map.width / 2);
    }
    const int input = last();
    const QTensor in = tensor(input);
    if (in.height > 12 || in.width > 12) return;
    const bool nearest = chance(3);
    QTensor whole = make_tensor("", 0, 2 * in.height, 2 * in.width);
    if (nearest) whole.zero = in.zero;
    std::vector<std::size_t> writers;
    const bool two = chance(3) && options_.slice_channels <= options_.max_channels;
    for (int slice = 0; slice < (two ? 2 : 1); ++slice) {
      QTensor part = whole;
      part.channels = two && slice == 0 ? options_.slice_channels
                                        : pick(1, std::max(1, options_.max_channels / 2));
      // As many as a tensor of that size has, which can then be added.
      const bool like = !two && !chance(4);
      for (int t = 1; like && t <= last(); ++t) {
        if (tensor(t).height == whole.height && tensor(t).width == whole.width) {
          part.channels = tensor(t).channels;
        }
      }
      if (nearest && (!two || slice == 1 || in.channels == part.channels))
        part.channels = in.channels;
      for (const int phase : {0, 1, 2, 3}) {
        QOp op;
        op.name = fmt::format("op{}", net_.ops.size());
        op.kind = nearest && part.channels == in.channels ? QKind::kMaxPool : QKind::kConv;
        op.input = input;
        op.residual = kAnyResidual;
        op.first_channel = whole.channels;
        op.out_stride = 2;
        op.out_row = phase / 2;
        op.out_column = phase % 2;
        if (op.kind == QKind::kConv) {
          op.kernel_h = 2 * pick(0, 1) + 1;
          op.kernel_w = 2 * pick(0, 1) + 1;
        }
        op.pad_top = op.pad_bottom = op.kernel_h / 2;
        op.pad_left = op.pad_right = op.kernel_w / 2;
        writers.push_back(net_.ops.size());
        complete(op, part);
      }
      whole.channels += part.channels;
    }
    whole.name = fmt::format("t{}", last() + 1);
    net_.tensors.push_back(whole);
    for (const std::size_t i : writers) net_.ops[i].output = last();
  }

  static int common_divisor(int a, int b) {
    while (b != 0) {
      a %= b;
      std::swap(a, b);
    }
    return a;
  }

  const RandomNetworkOptions options_;

 private:
  /// Kernel, stride, dilation and padding of one axis; returns the size of the output.
  int add_axis(int in, int stride, int& kernel, int& dilation, int& before, int& after,
               bool pooling) {
    while (true) {
      kernel = pick(1, 7);
      dilation = chance(4) ? 2 : 1;
      const int span = dilation * (kernel - 1) + 1;
      const int most =
          pooling ? kernel / 2 : span - 1;  // no window of a maximum lies in the padding
      before = chance(2) ? std::min(most, span / 2) : pick(0, most);
      after = chance(2) ? before : pick(0, most);
      if (pooling) dilation = 1;
      const int room = in + before + after - (dilation * (kernel - 1) + 1);
      if (room >= 0) return room / stride + 1;
    }
  }
};

/// Chooses the topology.
class Maker : private Layers {
 public:
  Maker(std::uint64_t seed, const RandomNetworkOptions& options) : Layers(seed, options) {}

  QNet make() {
    do {
      net_.tensors.clear();
      net_.ops.clear();
      add_all();
    } while (!supported());
    for (std::size_t i = 1; i < net_.ops.size(); ++i) add_shortcut(i);
    net_.outputs = {{"scores", last()}};
    net_.validate();
    return net_;
  }

 private:
  void add_all() {
    const int channels = chance(2) ? 3 : pick(1, options_.max_channels / 2);
    const int height = pick(1, options_.max_side), width = pick(1, options_.max_side);
    net_.tensors.push_back(make_tensor("image", channels, height, width));
    const int ops = pick(1, options_.max_ops);
    for (int i = 0; i < ops; ++i) {
      const bool first = i == 0;
      if (!first && chance(3)) {
        add_block();
      } else if (!first && chance(3)) {
        add_concatenation();
      } else if (!first && chance(5)) {
        add_upsampling();
      } else if (!first && chance(5)) {
        add_gate();
      } else {
        const bool same = !first && chance(3);
        add_op(pick_input(first),
               same    ? Shape::kSame
               : first ? Shape::kFirst
                       : Shape::kAny,
               kAnyResidual);
      }
    }
    if (chance(2)) add_end();
  }

  /// Sometimes a shortcut for a convolution: a tensor made before it that has a pixel, or one of
  /// every second row and column, for each of the output. The input's mask must not hide any. Lists
  /// of large kernels fill the smallest weight memories as they are.
  void add_shortcut(std::size_t index) {
    QOp& op = net_.ops[index];
    const QTensor& in = tensor(op.input);
    const QShape out = net_.written(op);
    const auto reduced = [](int size, int stride) { return (size - 1) / stride + 1; };
    if (op.kind != QKind::kConv || op.kernel_h * op.kernel_w > 9 || !chance(2) ||
        op.stride_h != op.stride_w || op.stride_h > 2 ||
        out.height > reduced(in.height, op.stride_h) ||
        out.width > reduced(in.width, op.stride_w)) {
      return;
    }
    std::vector<std::pair<int, int>> candidates;  // tensor, stride
    // The image rarely, which most networks read once.
    for (int t = chance(8) ? 0 : 1; t <= last(); ++t) {
      const bool made = std::none_of(net_.ops.begin() + static_cast<std::ptrdiff_t>(index),
                                     net_.ops.end(), [&](const QOp& o) { return o.output == t; });
      for (const int stride : {1, 2}) {
        if (made && reduced(tensor(t).height, stride) == out.height &&
            reduced(tensor(t).width, stride) == out.width) {
          candidates.emplace_back(t, stride);
        }
      }
    }
    if (candidates.empty()) return;
    const QOp before = op;
    std::tie(op.shortcut, op.shortcut_stride) =
        candidates[static_cast<std::size_t>(pick(0, static_cast<int>(candidates.size()) - 1))];
    const QTensor& added = tensor(op.shortcut);
    op.term_values.clear();
    auto from = before.term_values.begin();
    for (ChannelParams& p : op.params) {
      const auto end = from + net_.row_size(before) * op.terms;
      op.term_values.insert(op.term_values.end(), from, end);
      from = end;
      for (int i = 0; i < added.channels * op.terms; ++i) {
        const int low = i % op.terms == 0 ? 0 : op.term_values.back();
        const int term = chance(3) ? 0 : random_term(i % op.terms, low);
        op.term_values.push_back(static_cast<std::int16_t>(term));
        p.bias -= added.zero * term;
      }
    }
    if (!supported()) op = before;
  }

  /// Sums of many wide codes may be too large, or with their biases for 32 bits.
  bool supported() const {
    for (const QOp& op : net_.ops) {
      for (std::size_t channel = 0; channel < op.params.size(); ++channel) {
        const std::size_t count = op.term_values.size() / op.params.size();
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i) {
          sum += std::abs(op.term_values[channel * count + i]);
        }
        const std::int64_t most = sum << (options_.act_w - 1);
        const std::int64_t biased = most + std::abs(std::int64_t{op.params[channel].bias});
        if (most >= std::int64_t{1} << (options_.acc_w - 1) || biased >= std::int64_t{1} << 31)
          return false;
      }
    }
    return true;
  }

  int pick_input(bool first) {
    const int input = chance(4) ? pick(0, last()) : last();
    // Most networks read the image once.
    return !first && input == 0 && !chance(4) ? last() : input;
  }

  /// Two convolutions around a skip connection, and sometimes a stride-2 reader of the skip tensor
  /// too.
  void add_block() {
    const int skip = last(), before = net_.ops.back().input;
    // A projection: the block starts from what the skip tensor was made of.
    const bool projection = chance(2) && before > 0 &&
                            tensor(before).height == tensor(skip).height &&
                            tensor(before).width == tensor(skip).width;
    add_op(projection ? before : skip, Shape::kSame, kNoResidual);
    add_op(last(), Shape::kSame, skip);
    if (!projection && !chance(3)) return;
    const int sum = last();
    add_op(chance(2) ? skip : sum, Shape::kHalf, kNoResidual);
    if (chance(2)) add_op(skip, Shape::kHalf, kNoResidual);
  }

  /// Operations that write slices of one tensor, sometimes with another operation in between; the
  /// last slice may end within a word. The tensor comes after those in between, so that it is the
  /// last one.
  void add_concatenation() {
    const int model = last();
    const int stride = chance(4) ? 2 : 1;
    const auto reduced = [&](int size) { return (size - 1) / stride + 1; };
    QTensor whole = make_tensor("", 0, reduced(tensor(model).height), reduced(tensor(model).width));
    std::vector<std::size_t> writers;
    const int slices = pick(2, 3);
    for (int i = 0; i < slices; ++i) {
      if (i > 0 && chance(2)) add_op(pick_like(model), Shape::kSame, kNoResidual);
      const bool last_slice = i == slices - 1;
      QOp op;
      op.name = fmt::format("op{}", net_.ops.size());
      op.input = chance(2) ? last() : pick_like(model);
      op.residual = kAnyResidual;
      op.first_channel = whole.channels;
      op.stride_h = op.stride_w = stride;
      op.kernel_h = 2 * pick(0, 2) + 1;
      op.kernel_w = 2 * pick(0, 2) + 1;
      op.pad_top = op.pad_bottom = op.kernel_h / 2;
      op.pad_left = op.pad_right = op.kernel_w / 2;
      const QTensor in = tensor(op.input);
      QTensor slice = whole;
      slice.channels =
          last_slice
              ? pick(1, std::max(1, options_.max_channels / 2))
              : options_.slice_channels *
                    pick(1, std::max(1, options_.max_channels / (3 * options_.slice_channels)));
      // As many channels as the input: for pooling and residual sums.
      if (chance(2) && (last_slice || in.channels % options_.slice_channels == 0)) {
        slice.channels = in.channels;
        if (chance(2)) op.kind = in.zero == whole.zero ? QKind::kMaxPool : QKind::kAvgPool;
      }
      if (op.kind == QKind::kConv && chance(5)) {
        op.groups = common_divisor(in.channels, slice.channels);
      }
      writers.push_back(net_.ops.size());
      complete(op, slice);
      whole.channels += slice.channels;
    }
    whole.name = fmt::format("t{}", last() + 1);
    net_.tensors.push_back(whole);
    for (const std::size_t i : writers) net_.ops[i].output = last();
  }

  /// An average over the whole map, a convolution of that, and its one pixel added to all pixels of
  /// another convolution of the map.
  void add_gate() {
    const int map = last();
    const QTensor in = tensor(map);
    QOp pool;
    pool.name = fmt::format("op{}", net_.ops.size());
    pool.kind = QKind::kAvgPool;
    pool.residual = kNoResidual;
    pool.input = map;
    pool.kernel_h = pool.stride_h = in.height;
    pool.kernel_w = pool.stride_w = in.width;
    finish(pool, in.channels, 1, 1);
    add_op(last(), Shape::kSame, kNoResidual);
    add_op(map, Shape::kSame, last());
  }

  /// A fully connected layer or an average over the whole map.
  void add_end() {
    QOp op;
    op.name = "end";
    op.residual = kAnyResidual;
    op.input = last();
    const QTensor in = tensor(op.input);
    op.kind = chance(2) ? QKind::kConv : QKind::kAvgPool;
    op.kernel_h = in.height;
    op.kernel_w = in.width;
    op.stride_h = in.height;
    op.stride_w = in.width;
    finish(op, op.kind == QKind::kConv ? pick(1, options_.max_channels) : in.channels, 1, 1);
  }
};

}  // namespace

QNet random_qnet(std::uint64_t seed, const RandomNetworkOptions& options) {
  return Maker(seed, options).make();
}

std::vector<std::int32_t> random_image(const QNet& net, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> codes(net.tensors[0].size());
  const int low = code_min(net.act_w), high = code_max(net.act_w);
  for (auto& code : codes) {
    code = low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  }
  return codes;
}

}  // namespace reshift
