// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace reshift {

using Dims = std::vector<std::int64_t>;

/// Values of an array with these dimensions. Throws Error when they are impossible (negative, or
/// more than 2^31 values).
std::int64_t product(const Dims& dims);
std::string text(const Dims& dims);

/// An array of any rank, row-major; a scalar has no dimensions. Floats are rounded to single
/// precision, integers are exact to 53 bits.
struct Array {
  Dims dims;
  std::vector<double> values;
  bool is_integer = false;

  static Array of_integers(const Dims& values);
  std::vector<float> floats() const;
  Dims integers() const;
};

/// Gathers with this index have no source: the value is a fill value.
constexpr std::int64_t kFill = -1;

/// All throw Error when shapes do not fit; axes are from 0 to rank - 1.
Array reshape(Array a, const Dims& dims);
Array transpose(const Array& a, const Dims& permutation);
/// Slices of an axis by their indices, kFill for one of `fill`.
Array gather(const Array& a, std::int64_t axis, std::span<const std::int64_t> indices, double fill);
Array concatenate(std::span<const Array* const> parts, std::int64_t axis);

/// Dimensions of what two arrays become together, by ONNX's rules of broadcasting.
Dims broadcast(const Dims& a, const Dims& b);
Array map(Array a, const std::function<double(double)>& f);
Array map(const Array& a, const Array& b, const std::function<double(double, double)>& f);
/// The array repeated so that it has these dimensions.
Array expand(const Array& a, const Dims& dims);

/// Calls `f` with each group of values that differ only in these axes, and where they are;
/// what `f` leaves in the group becomes the result's.
Array along(Array a, const Dims& axes, const std::function<void(std::span<double>)>& f);
/// Each such group becomes one value; the axes remain with size 1.
Array reduce(const Array& a, const Dims& axes,
             const std::function<double(std::span<const double>)>& f);

}  // namespace reshift
