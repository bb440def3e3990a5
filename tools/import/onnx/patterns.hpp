// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// The product of an input and a constant. A factor 1/6 behind x * clamp(x + 3, 0, 6) makes
/// HardSwish of it, and a factor 1/6 behind clamp(x + 3, 0, 6) HardSigmoid.
void append_factor(OnnxNode& node, int input, const Array& factor);

/// The product of x and a function of x that is one function together (SiLU, HardSwish); false
/// where it is not.
bool append_self_gate(OnnxNode& node);

}  // namespace reshift::onnx_import
