// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/graph_interpreter.hpp"

#include <cstdlib>
#include <limits>

#include "base/error.hpp"

namespace reshift {
namespace {

const QTensor& tensor(const QNet& net, int i) { return net.tensors[static_cast<std::size_t>(i)]; }

/// The parameters of max pooling, which has none of its own: the maximum as it is, clamped.
constexpr ChannelParams kPassThrough{0, 1, 0};

PostParams effective_post(const QOp& op) {
  PostParams post = op.post;
  if (op.kind == QKind::kMaxPool) post.out_zero = 0;
  return post;
}

/// The residual's code for pixel (y, x) of what an operation makes; 0 without one.
std::int32_t residual_code(const QNet& net, const QOp& op,
                           const std::vector<std::vector<std::int32_t>>& tensors, int channel,
                           int y, int x) {
  if (op.residual < 0) return 0;
  const QTensor& t = tensor(net, op.residual);
  const auto& codes = tensors[static_cast<std::size_t>(op.residual)];
  const bool one_pixel = t.height == 1 && t.width == 1;
  const int row = one_pixel ? 0 : y * op.out_stride + op.out_row;
  const int column = one_pixel ? 0 : x * op.out_stride + op.out_column;
  return codes[static_cast<std::size_t>((channel * t.height + row) * t.width + column)];
}

/// Where pixel (y, x) of what an operation makes is in its output tensor.
std::size_t place_of(const QOp& op, const QTensor& out, int channel, int y, int x) {
  const int row = (op.first_channel + channel) * out.height + y * op.out_stride + op.out_row;
  return static_cast<std::size_t>(row * out.width + x * op.out_stride + op.out_column);
}

void run_plain(const QNet& net, const QOp& op, std::vector<std::vector<std::int32_t>>& tensors) {
  const QTensor& in = tensor(net, op.input);
  const QTensor& out = tensor(net, op.output);
  const auto& source = tensors[static_cast<std::size_t>(op.input)];
  auto& result = tensors[static_cast<std::size_t>(op.output)];
  result.resize(out.size());
  const PostParams post = effective_post(op);
  const bool pooling = op.kind != QKind::kConv;
  const int in_per_group = pooling ? 1 : in.channels / op.groups;
  const int out_per_group = pooling ? 1 : net.written_channels(op) / op.groups;
  const auto [written, height, width] = net.written(op);
  const int row = pooling ? 0 : net.row_size(op);
  const std::int64_t highest = code_max(net.act_w) - op.in_cut;
  for (int o = 0; o < written; ++o) {
    const int first = o / out_per_group * in_per_group;
    const ChannelParams& params =
        op.kind == QKind::kMaxPool ? kPassThrough : op.params[static_cast<std::size_t>(o)];
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        std::int64_t sum = 0;
        std::int64_t maximum = code_min(net.act_w);
        int weight = o * row;  // pooling has none
        for (int c = 0; c < in_per_group; ++c) {
          for (int ky = 0; ky < op.kernel_h; ++ky) {
            for (int kx = 0; kx < op.kernel_w; ++kx) {
              const int in_y = y * op.stride_h + ky * op.dilation_h - op.pad_top;
              const int in_x = x * op.stride_w + kx * op.dilation_w - op.pad_left;
              const bool inside = in_y >= 0 && in_y < in.height && in_x >= 0 && in_x < in.width;
              const std::int64_t code = std::min<std::int64_t>(
                  inside ? source[static_cast<std::size_t>(
                               ((first + c) * in.height + in_y) * in.width + in_x)]
                         : (op.kind == QKind::kMaxPool ? code_min(net.act_w) : in.zero),
                  highest);
              sum += pooling ? code : op.weight(static_cast<std::size_t>(weight++)) * code;
              maximum = std::max(maximum, code);
            }
          }
        }
        if (op.shortcut >= 0) {
          const QTensor& added = tensor(net, op.shortcut);
          const auto& codes = tensors[static_cast<std::size_t>(op.shortcut)];
          for (int c = 0; c < added.channels; ++c) {
            const int pixel =
                (c * added.height + y * op.shortcut_stride) * added.width + x * op.shortcut_stride;
            sum += op.weight(static_cast<std::size_t>(weight++)) *
                   std::min<std::int64_t>(codes[static_cast<std::size_t>(pixel)], highest);
          }
        }
        const std::int32_t code =
            post_process(op.kind == QKind::kMaxPool ? maximum : sum,
                         residual_code(net, op, tensors, o, y, x), params, post, net.act_w);
        result[place_of(op, out, o, y, x)] =
            op.table.empty() ? code
                             : op.table[static_cast<std::size_t>(code - code_min(net.act_w))];
      }
    }
  }
}

void check_image(const QTensor& image, std::size_t size) {
  if (size != image.size()) {
    throw Error("image of {} codes, the network's input {} has {}", size, image.name, image.size());
  }
}

}  // namespace

std::vector<std::vector<std::int32_t>> run_graph(const QNet& net,
                                                 std::span<const std::int32_t> image) {
  check_image(net.tensors.at(0), image.size());
  std::vector<std::vector<std::int32_t>> tensors(net.tensors.size());
  tensors[0].assign(image.begin(), image.end());
  for (const QOp& op : net.ops) run_plain(net, op, tensors);
  return tensors;
}

FastOp::Plane FastOp::plane_of(const QOp& op, const QTensor& out) {
  return {out.height, out.width, op.out_stride, op.out_row, op.out_column};
}

FastOp::FastOp(const QNet& net, const QOp& op)
    : kind_(op.kind),
      window_(window_of(op, tensor(net, op.input), net.written(op))),
      groups_(op.groups),
      out_channels_(net.written_channels(op)),
      in_size_(tensor(net, op.input).size()),
      highest_(code_max(net.act_w) - op.in_cut),
      in_zero_(std::min(kind_ == QKind::kMaxPool ? code_min(net.act_w) : tensor(net, op.input).zero,
                        highest_)),
      params_(op.params),
      post_(effective_post(op)),
      act_w_(net.act_w),
      table_(op.table.begin(), op.table.end()),
      plane_(plane_of(op, tensor(net, op.output))) {
  if (op.residual >= 0) {
    const QTensor& added = tensor(net, op.residual);
    one_pixel_ = added.height == 1 && added.width == 1;
  }
  if (kind_ == QKind::kMaxPool)
    params_.assign(static_cast<std::size_t>(out_channels_), kPassThrough);
  if (kind_ != QKind::kConv) return;
  if (op.shortcut >= 0)
    shortcut_ = shortcut_window_of(op, tensor(net, op.shortcut), net.written(op));
  const auto rows = static_cast<std::size_t>(net.row_size(op));
  std::int64_t largest = 0;
  for (std::size_t o = 0; o < static_cast<std::size_t>(out_channels_); ++o) {
    std::int64_t magnitude = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const int weight = op.weight(o * rows + i);
      weights_.push_back(static_cast<float>(weight));
      magnitude += std::abs(weight);
    }
    largest = std::max(largest, magnitude);
  }
  // Every partial sum, in any order, stays below this bound; double is exact to 2^53.
  if (largest << (net.act_w - 1) >= std::int64_t{1} << 24) {
    wide_weights_.assign(weights_.begin(), weights_.end());
    weights_.clear();
  }
}

template <typename T>
void FastOp::run_conv(const T* in, const T* shortcut, const std::vector<T>& weights,
                      std::vector<T>& sums, Matrix<T>& columns) const {
  std::vector<Source<T>> sources{{window_, in, static_cast<T>(in_zero_)}};
  if (shortcut_) sources.push_back({*shortcut_, shortcut, T{}});
  const int per_group = out_channels_ / groups_;
  const Eigen::Index rows = rows_of<T>(sources);
  for (int g = 0; g < groups_; ++g, sources[0].values += window_.in_size()) {
    convolve<T>(sources, weights.data() + Eigen::Index{g} * per_group * rows, per_group,
                sums.data() + Eigen::Index{g} * per_group * window_.out_pixels(), columns);
  }
}

template <typename T>
void FastOp::finish(const T* sums, const float* residual, float* out) const {
  const auto pixels = static_cast<std::size_t>(window_.out_pixels());
  for (const ChannelParams& params : params_) {
    // Loops without a condition inside, so that they become vector code.
    if (!post_.reads_residual() && post_.early == 0 && post_.round == RoundMode::kHalfUp &&
        params.shift > 0 && params.mult >> 16 == 0) {
      // What post_process() is then: no bit of the product, of at most 48, is lost.
      const std::int64_t half = std::int64_t{1} << (params.shift - 1);
      for (std::size_t i = 0; i < pixels; ++i) {
        const std::int64_t product =
            (static_cast<std::int64_t>(sums[i]) + params.bias) * std::int64_t{params.mult};
        const std::int64_t rounded = ((product + half) >> params.shift) + post_.out_zero;
        out[i] = static_cast<float>(std::clamp<std::int64_t>(rounded, post_.lo, post_.hi));
      }
    } else if (!post_.reads_residual()) {
      for (std::size_t i = 0; i < pixels; ++i) {
        out[i] = static_cast<float>(
            post_process(static_cast<std::int64_t>(sums[i]), 0, params, post_, act_w_));
      }
    } else {
      for (std::size_t i = 0; i < pixels; ++i) {
        out[i] = static_cast<float>(post_process(static_cast<std::int64_t>(sums[i]),
                                                 static_cast<std::int32_t>(residual[i]), params,
                                                 post_, act_w_));
      }
      residual += pixels;
    }
    sums += pixels;
    out += pixels;
  }
}

template <typename Visit>
void FastOp::for_each_pixel(Visit visit) const {
  std::size_t made = 0;
  for (int channel = 0; channel < out_channels_; ++channel) {
    for (int y = 0; y < window_.out_height; ++y) {
      const int row = (channel * plane_.height + y * plane_.stride + plane_.row) * plane_.width;
      for (int x = 0; x < window_.out_width; ++x, ++made) {
        visit(made, static_cast<std::size_t>(row + x * plane_.stride + plane_.column));
      }
    }
  }
}

void FastOp::run(const Operands& operands, float* out, Scratch& scratch) const {
  const auto size =
      static_cast<std::size_t>(out_channels_) * static_cast<std::size_t>(window_.out_pixels());
  Operands own = operands;
  float* made = out;
  if (highest_ < code_max(act_w_)) {
    const auto bounded = [&](const float* codes, std::size_t count, std::vector<float>& to) {
      to.assign(codes, codes + count);
      for (float& code : to) code = std::min(code, static_cast<float>(highest_));
      return to.data();
    };
    own.input = bounded(own.input, in_size_, scratch.in);
    if (shortcut_) own.shortcut = bounded(own.shortcut, shortcut_->in_size(), scratch.shortcut);
  }
  if (operands.residual != nullptr && (one_pixel_ || plane_.stride > 1)) {
    const auto pixels = static_cast<std::size_t>(window_.out_pixels());
    scratch.residual.resize(size);
    for_each_pixel([&](std::size_t i, std::size_t at) {
      scratch.residual[i] = operands.residual[one_pixel_ ? i / pixels : at];
    });
    own.residual = scratch.residual.data();
  }
  if (plane_.stride > 1) {
    scratch.made.resize(size);
    made = scratch.made.data();
  }
  make(own, made, scratch);
  if (!table_.empty()) {
    for (std::size_t i = 0; i < size; ++i) {
      made[i] = table_[static_cast<std::size_t>(static_cast<int>(made[i]) - code_min(act_w_))];
    }
  }
  if (plane_.stride > 1) {
    for_each_pixel([&](std::size_t i, std::size_t at) { out[at] = made[i]; });
  }
}

void FastOp::make(const Operands& operands, float* out, Scratch& scratch) const {
  const auto& [in, shortcut, residual] = operands;
  const auto size =
      static_cast<std::size_t>(out_channels_) * static_cast<std::size_t>(window_.out_pixels());
  scratch.sums.resize(size);
  const auto pad = static_cast<float>(in_zero_);
  if (kind_ == QKind::kMaxPool) {
    pool(window_, in, pad, pad, scratch.sums.data(),
         [](float a, float b) { return std::max(a, b); });
  } else if (kind_ == QKind::kAvgPool) {
    scratch.wide_sums.resize(size);
    pool(window_, in, pad, 0.0, scratch.wide_sums.data(), [](double a, float b) { return a + b; });
    return finish(scratch.wide_sums.data(), residual, out);
  } else if (!wide_weights_.empty()) {
    scratch.wide_in.assign(in, in + window_.in_size() * static_cast<std::size_t>(groups_));
    if (shortcut_) scratch.wide_shortcut.assign(shortcut, shortcut + shortcut_->in_size());
    scratch.wide_sums.resize(size);
    run_conv(scratch.wide_in.data(), scratch.wide_shortcut.data(), wide_weights_, scratch.wide_sums,
             scratch.wide_columns);
    return finish(scratch.wide_sums.data(), residual, out);
  } else {
    run_conv(in, shortcut, weights_, scratch.sums, scratch.columns);
  }
  finish(scratch.sums.data(), residual, out);
}

FastGraph::FastGraph(const QNet& net) {
  for (const QTensor& t : net.tensors) sizes_.push_back(t.size());
  std::vector<bool> needed(net.tensors.size(), false);
  for (const NetOutput& o : net.outputs) {
    outputs_.push_back(static_cast<std::size_t>(o.tensor));
    needed[outputs_.back()] = true;
  }
  for (auto op = net.ops.rbegin(); op != net.ops.rend(); ++op) {
    Step step{FastOp(net, *op),
              op->input,
              op->shortcut,
              op->residual,
              static_cast<std::size_t>(op->output),
              net.written_offset(*op),
              {}};
    for (const int read : {op->input, op->shortcut, op->residual}) {
      if (read < 0 || needed[static_cast<std::size_t>(read)]) continue;
      needed[static_cast<std::size_t>(read)] = true;
      step.dead.push_back(static_cast<std::size_t>(read));
    }
    steps_.insert(steps_.begin(), std::move(step));
  }
}

std::vector<std::vector<std::int32_t>> FastGraph::run(std::span<const std::int32_t> image) const {
  if (image.size() != sizes_[0]) {
    throw Error("image of {} codes, the network's input has {}", image.size(), sizes_[0]);
  }
  std::vector<std::vector<float>> tensors(sizes_.size());
  tensors[0].assign(image.begin(), image.end());
  FastOp::Scratch scratch;
  for (const Step& step : steps_) {
    tensors[step.output].resize(sizes_[step.output]);
    step.op.run(
        operands_of(step, [&](int t) { return tensors[static_cast<std::size_t>(t)].data(); }),
        tensors[step.output].data() + step.offset, scratch);
    for (const std::size_t i : step.dead) tensors[i] = {};
  }
  std::vector<std::vector<std::int32_t>> outputs;
  for (const std::size_t o : outputs_) outputs.emplace_back(tensors[o].begin(), tensors[o].end());
  return outputs;
}

LayerReference::LayerReference(const QNet& net) : net_(net) {
  for (const QOp& op : net.ops) ops_.emplace_back(net, op);
}

std::vector<std::vector<std::int32_t>> LayerReference::run(
    std::span<const std::int32_t> image) const {
  std::vector<std::vector<float>> tensors(net_.tensors.size());
  tensors[0].assign(image.begin(), image.end());
  FastOp::Scratch scratch;
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    const QOp& op = net_.ops[i];
    auto& out = tensors[static_cast<std::size_t>(op.output)];
    out.resize(net_.tensors[static_cast<std::size_t>(op.output)].size());
    ops_[i].run(operands_of(op, [&](int t) { return tensors[static_cast<std::size_t>(t)].data(); }),
                out.data() + net_.written_offset(op), scratch);
  }
  std::vector<std::vector<std::int32_t>> codes;
  for (const auto& t : tensors) codes.emplace_back(t.begin(), t.end());
  return codes;
}

}  // namespace reshift
