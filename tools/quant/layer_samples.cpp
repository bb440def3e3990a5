// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/layer_samples.hpp"

#include <algorithm>
#include <cmath>

namespace reshift {
namespace {

/// Neighbouring rows say much the same: at most this many pixels of an image, other rows in each.
constexpr int kPixels = 256;
/// Some hundred samples at once make a product of matrices worth its while.
constexpr Eigen::Index kSamples = 1024;

const QTensor& tensor(const QNet& net, int i) { return net.tensors[static_cast<std::size_t>(i)]; }

std::vector<Source<float>> sources_of(const QNet& net, const QOp& op) {
  QTensor out = tensor(net, op.output);  // as far as the operation writes it
  const QShape written = net.written(op);
  out.height = written.height;
  out.width = written.width;
  std::vector<Source<float>> sources{{window_of(op, tensor(net, op.input), out)}};
  if (op.shortcut >= 0) sources.push_back({shortcut_window_of(op, tensor(net, op.shortcut), out)});
  return sources;
}

}  // namespace

LayerSamples::LayerSamples(const QNet& net, const QOp& op, int group,
                           const std::vector<Batch>& codes, const Batch& wanted)
    : net_(net),
      op_(op),
      codes_(codes),
      wanted_(wanted),
      sources_(sources_of(net, op)),
      window_(sources_[0].window),
      first_input_(static_cast<std::size_t>(group) * window_.in_size()),
      outputs_(static_cast<Eigen::Index>(wanted.at(0).size()) / window_.out_pixels() / op.groups),
      first_output_(group * outputs_) {}

/// The values of a source in an image: codes counted from the zero point.
std::vector<float> LayerSamples::values(std::size_t source, std::size_t image) const {
  const int number = source == 0 ? op_.input : op_.shortcut;
  const double scale = tensor(net_, op_.input).scale;
  const auto zero = static_cast<float>(tensor(net_, number).zero);
  const auto begin = codes_[static_cast<std::size_t>(number)][image].begin() +
                     static_cast<std::ptrdiff_t>(source == 0 ? first_input_ : 0);
  std::vector<float> v(begin,
                       begin + static_cast<std::ptrdiff_t>(sources_[source].window.in_size()));
  for (float& x : v) x = static_cast<float>((x - zero) * scale);
  return v;
}

/// Where the residual of such a place is.
std::size_t LayerSamples::residual_place(const QTensor& residual, std::size_t at) const {
  const auto pixels = static_cast<std::size_t>(window_.out_pixels());
  if (residual.height == 1 && residual.width == 1) return at / pixels;
  if (op_.out_stride == 1) return at;
  const auto size = [](int i) { return static_cast<std::size_t>(i); };
  const std::size_t width = size(window_.out_width);
  const std::size_t y = at % pixels / width * size(op_.out_stride) + size(op_.out_row);
  const std::size_t x = at % width * size(op_.out_stride) + size(op_.out_column);
  return (at / pixels * size(residual.height) + y) * size(residual.width) + x;
}

/// What an output should be, at this place among those that the operation writes.
float LayerSamples::target(std::size_t image, std::size_t at) const {
  float target = wanted_[image][at];
  if (op_.residual >= 0) {
    const QTensor& residual = tensor(net_, op_.residual);
    const float code =
        codes_[static_cast<std::size_t>(op_.residual)][image][residual_place(residual, at)];
    target -= static_cast<float>(residual.scale * (code - residual.zero));
  }
  return target;
}

void LayerSamples::visit(std::size_t first, std::size_t step, const Add& add) const {
  const auto width = static_cast<std::size_t>(window_.out_width);
  const auto pixels = static_cast<std::size_t>(window_.out_pixels());
  const int row_step = std::max(1, window_.out_height * window_.out_width / kPixels);
  const int rows = (window_.out_height + row_step - 1) / row_step;  // of an image, at most
  const Eigen::Index room = kSamples + Eigen::Index{rows} * window_.out_width;
  Matrix<float> columns, gathered(inputs(), room), targets(outputs_, room);
  Eigen::Index used = 0;
  const auto flush = [&] {
    if (used > 0) add(gathered.leftCols(used), targets.leftCols(used));
    used = 0;
  };
  std::vector<Source<float>> sources = sources_;
  std::vector<std::vector<float>> of_source(sources.size());
  for (std::size_t i = first; i < wanted_.size(); i += step) {
    for (std::size_t s = 0; s < sources.size(); ++s) {
      of_source[s] = values(s, i);
      sources[s].values = of_source[s].data();
    }
    for (int y = static_cast<int>(i) % row_step; y < window_.out_height; y += row_step) {
      im2col<float>(sources, y, y + 1, columns);
      gathered.middleCols(used, window_.out_width) = columns;
      for (Eigen::Index o = 0; o < outputs_; ++o) {
        const std::size_t at = static_cast<std::size_t>(first_output_ + o) * pixels +
                               static_cast<std::size_t>(y) * width;
        for (std::size_t x = 0; x < width; ++x) {
          targets(o, used + static_cast<Eigen::Index>(x)) = target(i, at + x);
        }
      }
      used += window_.out_width;
    }
    if (used >= kSamples) flush();
  }
  flush();
}

}  // namespace reshift
