// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "net/array.hpp"

namespace reshift {

/// The functions of host steps by their ONNX names; see HostStep. All throw Error when the name is
/// unknown, or too few parameters are given.
Array run_unary(const std::string& name, const Array& a, const std::vector<double>& parameters);
Array run_binary(const std::string& name, const Array& a, const Array& b);
Array run_reduce(const std::string& name, const Array& a, const Dims& axes,
                 const std::vector<double>& parameters);
Array run_along(const std::string& name, const Array& a, const Dims& axes);

bool is_unary(const std::string& name);
bool is_binary(const std::string& name);
bool is_reduction(const std::string& name);

}  // namespace reshift
