// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/array.hpp"

namespace reshift {

/// Dimensions written as 1x3x320x320; none of an empty text. Throws Error when it is something
/// else.
inline Dims parse_input_shape(const std::string& text) {
  Dims dims;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view number = rest.substr(0, rest.find('x'));
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), size);
    if (error != std::errc{} || end != number.data() + number.size() || size < 1 || size > 65535) {
      throw Error("--input-shape {}: sizes from 1 to 65535 with x between them, as 1x3x320x320",
                  text);
    }
    dims.push_back(size);
    rest.remove_prefix(std::min(rest.size(), number.size() + 1));
  }
  return dims;
}

}  // namespace reshift
