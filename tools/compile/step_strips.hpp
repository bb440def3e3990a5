// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/schedule.hpp"
#include "compile/strip.hpp"
#include "program/layout.hpp"

namespace reshift {

/// A tensor of which the feature buffer has, in a step, only the rows of a strip or two.
struct StripTensor {
  int tensor = 0;
  std::vector<Rows> rows;  ///< by strip; none where the strip does not use it
  int phases = 1;          ///< that are moved, from the first one on
  bool made = false;       ///< by an operation of the step; else LOAD brings it
  bool stored = false;     ///< because other steps read it; else it never goes to memory
  bool early = false;      ///< its buffers are free already when the step before runs
  /// The residual that it lies over, strip for strip; -1: none.
  int over = -1;
  /// What strips take in turn, image after image: word addresses, once all have one.
  std::vector<int> buffers;

  /// The rows of a strip as they lie in its buffer, without a base. What is made begins in bank 0,
  /// what is loaded where it does in memory.
  Layout layout(const isa::Hardware& hw, const Layout& whole, std::size_t strip) const;
  /// Words of a bank that the largest strip takes.
  int words(const isa::Hardware& hw, const Layout& whole) const;
};

/// Strips of a step: of its last operation as many rows as were asked for, of those before it the
/// rows that later ones read. What they need again they make again, but for rows of a resident
/// tensor, which are still there.
struct StepStrips {
  std::vector<std::vector<Strip>> strips;  ///< by operation of the step; some may be empty
  std::vector<StripTensor> tensors;        ///< in the order of their first use
};

/// `spilled`, by tensor: is not in the feature buffer as a whole. `rows` are a multiple of
/// last_row_unit(), or all.
StepStrips cut_step(const isa::Hardware& hw, const QNet& net, const std::vector<Layout>& layouts,
                    const std::vector<bool>& spilled, const Step& step, int rows);

/// Rows of the last operation of a step, of which its strips are multiples.
int last_row_unit(const isa::Hardware& hw, const QNet& net, const std::vector<Layout>& layouts,
                  const Step& step);

/// Whether an operation outside of a step reads a tensor.
bool read_outside(const QNet& net, const Step& step, int tensor);

}  // namespace reshift
