// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace reshift {

/// The geometry of a sliding window over the channels of one group.
struct Window {
  int channels, in_height, in_width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;

  /// Weights of one output channel: rows of the column matrix.
  Eigen::Index rows() const { return Eigen::Index{channels} * kernel_h * kernel_w; }
  std::size_t in_size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(in_height) *
           static_cast<std::size_t>(in_width);
  }
  Eigen::Index out_pixels() const { return Eigen::Index{out_height} * out_width; }
  /// Whether the columns are the input as it is.
  bool is_pointwise() const {
    return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1 && pad_top == 0 &&
           pad_left == 0 && in_height == out_height && in_width == out_width;
  }
};

/// Of an operation (Node or QOp) from its input tensor to what it makes.
template <typename Op, typename In, typename Out>
Window window_of(const Op& op, const In& in, const Out& out) {
  return {in.channels / op.groups,
          in.height,
          in.width,
          out.height,
          out.width,
          op.kernel_h,
          op.kernel_w,
          op.stride_h,
          op.stride_w,
          op.dilation_h,
          op.dilation_w,
          op.pad_top,
          op.pad_left};
}

/// Of the pixels that an operation reads of its shortcut.
template <typename Op, typename In, typename Out>
Window shortcut_window_of(const Op& op, const In& shortcut, const Out& out) {
  Op pointwise;
  pointwise.stride_h = pointwise.stride_w = op.shortcut_stride;
  return window_of(pointwise, shortcut, out);
}

/// Values of what an operation reads; null: it has none.
struct Operands {
  const float* input = nullptr;
  const float* shortcut = nullptr;
  const float* residual = nullptr;
};

/// `values` gives a tensor's values by its number.
template <typename Op, typename Values>
Operands operands_of(const Op& op, Values values) {
  const auto pointer = [&](int t) { return t < 0 ? nullptr : values(t); };
  return {pointer(op.input), pointer(op.shortcut), pointer(op.residual)};
}

template <typename T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What a convolution reads through a window: the values of a group's channels, `pad` outside the
/// image.
template <typename T>
struct Source {
  Window window;
  const T* values = nullptr;
  T pad{};
};

/// Weights of an output channel that convolves all sources.
template <typename T>
Eigen::Index rows_of(std::span<const Source<T>> sources) {
  Eigen::Index rows = 0;
  for (const Source<T>& s : sources) rows += s.window.rows();
  return rows;
}

/// Output columns begin to end - 1 read inside the image, 0 <= x * stride + dx < in_width.
struct Inside {
  int begin, end;
  Inside(const Window& w, int dx) {
    const int skipped = dx >= 0 ? 0 : (w.stride_w - 1 - dx) / w.stride_w;
    const int reached = dx >= w.in_width ? 0 : (w.in_width - 1 - dx) / w.stride_w + 1;
    begin = std::min(skipped, w.out_width);
    end = std::clamp(reached, begin, w.out_width);
  }
};

/// Writes the rows of a source to `to`; returns where they end.
template <typename T>
T* write_columns(const Source<T>& source, int first, int last, T* to) {
  const Window& w = source.window;
  const T pad = source.pad;
  for (int c = 0; c < w.channels; ++c) {
    const T* plane = source.values + std::ptrdiff_t{c} * w.in_height * w.in_width;
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const int dx = kx * w.dilation_w - w.pad_left;
        const auto [begin, end] = Inside(w, dx);
        for (int y = first; y < last; ++y, to += w.out_width) {
          const int in_y = y * w.stride_h + ky * w.dilation_h - w.pad_top;
          if (in_y < 0 || in_y >= w.in_height) {
            std::fill(to, to + w.out_width, pad);
            continue;
          }
          const T* row = plane + std::ptrdiff_t{in_y} * w.in_width;
          std::fill(to, to + begin, pad);
          if (w.stride_w == 1) {
            std::copy(row + begin + dx, row + end + dx, to + begin);
          } else {
            for (int x = begin; x < end; ++x) to[x] = row[x * w.stride_w + dx];
          }
          std::fill(to + end, to + w.out_width, pad);
        }
      }
    }
  }
  return to;
}

/// The output rows `first` to `last - 1` as columns: one row for each (channel, ky, kx) of each
/// source, one column for each output pixel. `columns` is resized.
template <typename T>
void im2col(std::span<const Source<T>> sources, int first, int last, Matrix<T>& columns) {
  columns.resize(rows_of(sources), Eigen::Index{last - first} * sources[0].window.out_width);
  T* to = columns.data();
  for (const Source<T>& source : sources) to = write_columns(source, first, last, to);
}

/// One channel from one channel, as in a depthwise convolution: without columns.
template <typename T>
void convolve_plane(const Source<T>& source, const T* weights, T* out) {
  const Window& w = source.window;
  for (int y = 0; y < w.out_height; ++y, out += w.out_width) {
    std::fill(out, out + w.out_width, T{});
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      const int in_y = y * w.stride_h + ky * w.dilation_h - w.pad_top;
      const bool outside = in_y < 0 || in_y >= w.in_height;
      const T* row = source.values + (outside ? 0 : std::ptrdiff_t{in_y} * w.in_width);
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const T weight = weights[ky * w.kernel_w + kx];
        const int dx = kx * w.dilation_w - w.pad_left;
        const Inside inside(w, dx);
        const int begin = outside ? w.out_width : inside.begin;
        const int end = outside ? w.out_width : inside.end;
        for (int x = 0; x < begin; ++x) out[x] += weight * source.pad;
        if (w.stride_w == 1) {
          for (int x = begin; x < end; ++x) out[x] += weight * row[x + dx];
        } else {
          for (int x = begin; x < end; ++x) out[x] += weight * row[x * w.stride_w + dx];
        }
        for (int x = end; x < w.out_width; ++x) out[x] += weight * source.pad;
      }
    }
  }
}

/// out[o][pixel] = sum over (channel, ky, kx) of all sources of weights[o][...] * value, one group;
/// `out_channels` rows. `columns` is scratch. Exact for integers as long as every partial sum is
/// exact in T.
template <typename T>
void convolve(std::span<const Source<T>> sources, const T* weights, int out_channels, T* out,
              Matrix<T>& columns) {
  using Strided = Eigen::Map<Matrix<T>, 0, Eigen::OuterStride<>>;
  using ConstStrided = Eigen::Map<const Matrix<T>, 0, Eigen::OuterStride<>>;
  const Window& w = sources[0].window;  // the output's size is the same in all
  if (sources.size() == 1 && w.channels == 1 && out_channels == 1)
    return convolve_plane(sources[0], weights, out);
  const bool as_it_is = sources.size() == 1 && w.is_pointwise();
  const Eigen::Index rows = rows_of(sources);
  const Eigen::Map<const Matrix<T>> factors(weights, out_channels, rows);
  // As many output rows at once as keep the columns in the second-level cache.
  constexpr Eigen::Index kColumnBytes = 1 << 18;
  const auto row_bytes = rows * w.out_width * static_cast<Eigen::Index>(sizeof(T));
  const int step =
      static_cast<int>(std::clamp<Eigen::Index>(kColumnBytes / row_bytes, 1, w.out_height));
  for (int y = 0; y < w.out_height; y += step) {
    const int last = std::min(y + step, w.out_height);
    const std::ptrdiff_t first = std::ptrdiff_t{y} * w.out_width;
    const Eigen::Index pixels = Eigen::Index{last - y} * w.out_width;
    const Eigen::OuterStride<> plane(w.out_pixels());
    Strided block(out + first, out_channels, pixels, plane);
    if (as_it_is) {
      block.noalias() = factors * ConstStrided(sources[0].values + first, rows, pixels, plane);
    } else {
      im2col(sources, y, last, columns);
      block.noalias() = factors * columns;
    }
  }
}

/// Reduces every window of every channel, `pad` outside the image: out = fold(fold(init, a), b)...
template <typename T, typename Sum, typename Fold>
void pool(const Window& w, const T* in, T pad, Sum init, Sum* out, Fold fold) {
  for (int c = 0; c < w.channels; ++c) {
    const T* plane = in + std::ptrdiff_t{c} * w.in_height * w.in_width;
    for (int y = 0; y < w.out_height; ++y) {
      for (int x = 0; x < w.out_width; ++x) {
        Sum value = init;
        for (int ky = 0; ky < w.kernel_h; ++ky) {
          const int in_y = y * w.stride_h + ky * w.dilation_h - w.pad_top;
          for (int kx = 0; kx < w.kernel_w; ++kx) {
            const int in_x = x * w.stride_w + kx * w.dilation_w - w.pad_left;
            const bool inside = in_y >= 0 && in_y < w.in_height && in_x >= 0 && in_x < w.in_width;
            value = fold(value, inside ? plane[std::ptrdiff_t{in_y} * w.in_width + in_x] : pad);
          }
        }
        *out++ = value;
      }
    }
  }
}

}  // namespace reshift
