// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/array.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace reshift {
namespace {

/// Distance between neighbours along each axis.
Dims strides_of(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

/// Calls `f` with the offset of each element of an array of these dimensions and strides, in
/// row-major order.
template <typename F>
void for_each_offset(const Dims& dims, const Dims& strides, F f) {
  const std::int64_t size = product(dims);
  Dims at(dims.size(), 0);
  std::int64_t offset = 0;
  for (std::int64_t n = 0; n < size; ++n) {
    f(offset);
    for (std::size_t i = dims.size(); i-- > 0;) {
      offset += strides[i];
      if (++at[i] < dims[i]) break;
      offset -= strides[i] * dims[i];
      at[i] = 0;
    }
  }
}

/// Strides with which an array repeats itself in larger dimensions.
Dims repeated_strides(const Dims& from, const Dims& to) {
  const Dims own = strides_of(from);
  Dims strides(to.size(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t at = to.size() - from.size() + i;
    if (from[i] == to[at]) {
      strides[at] = from[i] == 1 ? 0 : own[i];
    } else if (from[i] != 1) {
      throw Error("shapes {} and {} do not fit", text(from), text(to));
    }
  }
  return strides;
}

double rounded(const Array& a, double value) {
  return a.is_integer ? value : static_cast<double>(static_cast<float>(value));
}

/// The axes not in `axes`, then those.
Dims reduced_last(std::size_t rank, const Dims& axes) {
  Dims order;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(rank); ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) order.push_back(i);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return order;
}

std::int64_t group_size(const Dims& dims, const Dims& axes) {
  std::int64_t size = 1;
  for (const auto axis : axes) size *= dims.at(index(axis));
  return size;
}

}  // namespace

std::int64_t product(const Dims& dims) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  std::int64_t size = 1;
  for (const auto d : dims) {
    if (d < 0 || d > kMost || (size *= d) > kMost) throw Error("impossible shape {}", text(dims));
  }
  return size;
}

std::string text(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

Array Array::of_integers(const Dims& values) {
  return {{static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, true};
}

std::vector<float> Array::floats() const {
  std::vector<float> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [](double v) { return static_cast<float>(v); });
  return result;
}

Dims Array::integers() const {
  constexpr double kMost = 9.0e18;
  Dims result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [kMost](double v) {
    return static_cast<std::int64_t>(std::clamp(v == v ? v : 0.0, -kMost, kMost));
  });
  return result;
}

Array reshape(Array a, const Dims& dims) {
  if (product(dims) != static_cast<std::int64_t>(a.values.size())) {
    throw Error("{} values of shape {} do not fit shape {}", a.values.size(), text(a.dims),
                text(dims));
  }
  a.dims = dims;
  return a;
}

Array transpose(const Array& a, const Dims& permutation) {
  Dims sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool fits = sorted.size() == a.dims.size();
  for (std::size_t i = 0; fits && i < sorted.size(); ++i) fits = index(sorted[i]) == i;
  if (!fits) throw Error("permutation {} of shape {}", text(permutation), text(a.dims));
  const Dims own = strides_of(a.dims);
  Array result{{}, {}, a.is_integer};
  Dims strides;
  for (const auto axis : permutation) {
    result.dims.push_back(a.dims[index(axis)]);
    strides.push_back(own[index(axis)]);
  }
  result.values.reserve(a.values.size());
  for_each_offset(result.dims, strides,
                  [&](std::int64_t at) { result.values.push_back(a.values[index(at)]); });
  return result;
}

Array gather(const Array& a, std::int64_t axis, std::span<const std::int64_t> indices,
             double fill) {
  const std::int64_t size = a.dims.at(index(axis));
  Array result{a.dims, {}, a.is_integer};
  result.dims[index(axis)] = static_cast<std::int64_t>(indices.size());
  const auto middle = a.dims.begin() + axis;
  const std::int64_t outer = product(Dims(a.dims.begin(), middle)),
                     inner = product(Dims(middle + 1, a.dims.end()));
  result.values.reserve(index(product(result.dims)));
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const auto i : indices) {
      if (i != kFill && (i < 0 || i >= size)) {
        throw Error("index {} along an axis of {}", i, size);
      }
      if (i == kFill) {
        result.values.insert(result.values.end(), index(inner), fill);
      } else {
        const auto from = a.values.begin() + (o * size + i) * inner;
        result.values.insert(result.values.end(), from, from + inner);
      }
    }
  }
  return result;
}

Array concatenate(std::span<const Array* const> parts, std::int64_t axis) {
  if (parts.empty()) throw Error("nothing to concatenate");
  Array result = *parts[0];
  result.values.clear();
  std::int64_t& size = result.dims.at(index(axis)) = 0;
  for (const Array* part : parts) {
    Dims expected = result.dims;
    if (part->dims.size() == expected.size()) expected[index(axis)] = part->dims[index(axis)];
    if (part->dims != expected) {
      throw Error("shapes {} and {} do not fit along axis {}", text(parts[0]->dims),
                  text(part->dims), axis);
    }
    size += part->dims[index(axis)];
  }
  const std::int64_t outer = product(Dims(result.dims.begin(), result.dims.begin() + axis));
  result.values.reserve(index(product(result.dims)));
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const Array* part : parts) {
      const auto count = static_cast<std::int64_t>(part->values.size()) / outer;
      const auto from = part->values.begin() + o * count;
      result.values.insert(result.values.end(), from, from + count);
    }
  }
  return result;
}

Dims broadcast(const Dims& a, const Dims& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Dims result(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const std::int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (x != y && x != 1 && y != 1) throw Error("shapes {} and {} do not fit", text(a), text(b));
    result[i] = x == 1 ? y : x;
  }
  return result;
}

Array map(Array a, const std::function<double(double)>& f) {
  for (double& v : a.values) v = rounded(a, f(v));
  return a;
}

Array map(const Array& a, const Array& b, const std::function<double(double, double)>& f) {
  const Dims dims = broadcast(a.dims, b.dims);
  Array result = expand(a, dims);
  result.is_integer = a.is_integer && b.is_integer;
  auto to = result.values.begin();
  for_each_offset(dims, repeated_strides(b.dims, dims), [&](std::int64_t at) {
    *to = rounded(result, f(*to, b.values[index(at)]));
    ++to;
  });
  return result;
}

Array expand(const Array& a, const Dims& dims) {
  if (a.dims == dims) return a;
  Array result{dims, {}, a.is_integer};
  result.values.reserve(index(product(dims)));
  for_each_offset(dims, repeated_strides(a.dims, dims),
                  [&](std::int64_t at) { result.values.push_back(a.values[index(at)]); });
  return result;
}

Array along(Array a, const Dims& axes, const std::function<void(std::span<double>)>& f) {
  const Dims order = reduced_last(a.dims.size(), axes);
  const auto count = group_size(a.dims, axes);
  Array moved = transpose(a, order);
  for (std::size_t i = 0; i < moved.values.size(); i += index(count)) {
    f(std::span(moved.values).subspan(i, index(count)));
  }
  for (double& v : moved.values) v = rounded(a, v);
  Dims back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[index(order[i])] = static_cast<std::int64_t>(i);
  return transpose(moved, back);
}

Array reduce(const Array& a, const Dims& axes,
             const std::function<double(std::span<const double>)>& f) {
  const auto count = index(group_size(a.dims, axes));
  const Array moved = transpose(a, reduced_last(a.dims.size(), axes));
  Array result{a.dims, {}, a.is_integer};
  for (const auto axis : axes) result.dims[index(axis)] = 1;
  const std::size_t groups = index(product(result.dims));
  for (std::size_t i = 0; i < groups; ++i) {
    result.values.push_back(rounded(a, f(std::span(moved.values).subspan(i * count, count))));
  }
  return result;
}

}  // namespace reshift
