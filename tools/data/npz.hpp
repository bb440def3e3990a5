// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/archive.hpp"
#include "data/npy.hpp"

namespace reshift {

/// An array of a NumPy archive (.npz, of numpy.savez or savez_compressed): the only one, or of
/// several the one that is called `wanted`. Throws Error that begins with `name` when there is no
/// such array, and as read_zip and parse_npy do.
NpyArray parse_npz(const std::string& name, const Bytes& file, const std::string& wanted);

}  // namespace reshift
