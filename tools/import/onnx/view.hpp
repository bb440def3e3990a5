// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// Element (channel c, row y, column x) of a map is that of channel[c], row[c] + y * step_h,
/// column[c] + x * step_w of a tensor; `fill` where the tensor has no such pixel, and all over a
/// channel of which channel[c] is -1.
struct Selection {
  std::vector<int> channels, rows, columns;
  int step_h = 1, step_w = 1;  ///< 0: the tensor has one row, column
  std::int32_t fill = kZero;   ///< kZero where nothing is filled
  /// Whether the map is the tensor with padding around it, in pixels: all from 0.
  bool is_padding(const Layout& map, const Layout& tensor) const;
};

Layout layout_of(const Tensor& tensor);
/// Of a value as a map: 1 x channels x height x width, 1 x channels x width, 1 x channels, or
/// channels. Fails when the first dimension is another than 1, or there are more spatial ones.
Layout layout_of(const OnnxNode& node, const Dims& dims);

/// How a map of this layout selects pixels of a tensor; none when it does so in no regular way.
std::optional<Selection> find_selection(const Layout& tensor, std::span<const std::int32_t> index,
                                        const Layout& map);

/// The index of a value, also where it is 0, 1, 2, ...
std::vector<std::int32_t> full_index(const Value& v);

/// The outputs of a movement of a value, as indices; none when it fills with values that have no
/// marker in an index.
std::optional<std::vector<Array>> moved_index(const Program& program, const Value& from);

/// The tensor whose elements are those of a value in a layout of as many: the value's own, or a
/// copy by convolutions of weights 0 and 1. `name`: of the value, under which the copy is kept for
/// other readers; empty: it is not. Fails when the machine cannot move elements so.
int materialise(const OnnxNode& node, const std::string& name, const Value& v,
                const Layout& layout);

/// What a window reads of an input: a tensor and the padding that a Pad node has put around it.
struct PaddedMap {
  int tensor = -1;
  std::array<int, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right
  std::int32_t fill = kZero;
  Layout layout;         ///< with the padding
  bool swapped = false;  ///< its rows, of one pixel, are the one row of the tensor
  bool padded() const { return pads != std::array<int, 4>{0, 0, 0, 0}; }
};
PaddedMap padded_map(const OnnxNode& node, int input);

}  // namespace reshift::onnx_import
