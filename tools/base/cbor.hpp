// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace reshift {

/// Throws Error unless the bytes are one value of CBOR (RFC 8949) in the forms that the container
/// uses: definite lengths, no tags, nested at most kMostNesting deep, at most kMostValues values,
/// nothing behind it. Takes no memory for what a length claims; the library's parser, which is
/// recursive, reads what has passed.
void check_cbor(std::span<const std::uint8_t> bytes);

}  // namespace reshift
