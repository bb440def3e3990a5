// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "golden/convolve.hpp"
#include "net/qnet.hpp"
#include "quant/float_run.hpp"

namespace reshift {

/// What one group of a convolution is rounded to fit, over calibration images: its inputs as the
/// quantised network makes them (the shortcut's codes in steps of the input's), and its outputs as
/// the float network does, less the quantised residual, which the hardware adds.
class LayerSamples {
 public:
  /// `codes`: of the quantised network, by tensor; those that `op` reads are there. `wanted`: what
  /// the node computes in the float network, see FloatRun::run.
  LayerSamples(const QNet& net, const QOp& op, int group, const std::vector<Batch>& codes,
               const Batch& wanted);

  Eigen::Index inputs() const { return rows_of<float>(sources_); }
  Eigen::Index outputs() const { return outputs_; }

  /// Takes inputs x samples and outputs x samples.
  using Add = std::function<void(const Matrix<float>&, const Matrix<float>&)>;
  /// Gives the samples of images first, first + step, ... in order, many at once. Thread-safe.
  void visit(std::size_t first, std::size_t step, const Add& add) const;

 private:
  std::vector<float> values(std::size_t source, std::size_t image) const;
  std::size_t residual_place(const QTensor& residual, std::size_t at) const;
  float target(std::size_t image, std::size_t at) const;

  const QNet& net_;
  const QOp& op_;
  const std::vector<Batch>& codes_;
  const Batch& wanted_;
  std::vector<Source<float>> sources_;  ///< without values
  Window window_;                       ///< of the first
  std::size_t first_input_;             ///< value of the input at which the group's begin
  Eigen::Index outputs_, first_output_;
};

}  // namespace reshift
