// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/integer.hpp"
#include "compile/allocate.hpp"
#include "compile/lower.hpp"
#include "program/program.hpp"

namespace reshift {

/// Bytes up to the next address at which a tensor, a window or a weight block may begin.
constexpr std::int64_t align_window(std::int64_t bytes) {
  return ceil_div(bytes, std::int64_t{isa::kBlockAlign}) * isa::kBlockAlign;
}

/// What an image's output window holds: the network's output, or all tensors that the host wants,
/// and spilled tensors.
class OutputWindow {
 public:
  OutputWindow(const isa::Hardware& hw, const Lowered& lowered, const Allocation& allocation,
               bool store_all);

  /// Bytes of the window.
  std::int64_t size() const { return size_; }
  /// Bytes from its start to a tensor that it holds.
  std::int64_t offset(int tensor) const;
  /// Whether the host wants a tensor.
  bool stored(int tensor) const {
    return (store_all_ && lowered_.source_tensor[index(tensor)] >= 0) || net_.is_output(tensor);
  }
  /// Those that it wants, in the order of the operations.
  const std::vector<StoredTensor>& stored() const { return stored_; }
  /// Whether an operation is the last one that writes its output tensor.
  bool completes(std::size_t op) const;

 private:
  const Lowered& lowered_;
  const QNet& net_;
  bool store_all_;
  std::int64_t size_ = 0;
  std::vector<std::int64_t> offsets_;  ///< by tensor, -1: none
  std::vector<StoredTensor> stored_;
};

}  // namespace reshift
