// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

/// How an operator is read.
struct Operator {
  enum class Tail {
    kNever,
    kMay,      ///< may follow the machine's last operation
    kPrefers,  ///< and is left to the host there
  };
  void (*machine)(OnnxNode&) = nullptr;           ///< null: never by the machine
  Program (*program)(const OnnxNode&) = nullptr;  ///< null: neither moved, folded, nor by the host
  Tail tail = Tail::kNever;
};

/// With its domain where that is not ONNX's own.
std::string full_name(const OnnxNode& node);

/// Null when the operator is unknown.
const Operator* find_operator(const OnnxNode& node);

/// Throws Error with the reason and what to do about it when the operator is not read.
const Operator& require_operator(const OnnxNode& node);

}  // namespace reshift::onnx_import
