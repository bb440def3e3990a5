// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "data/archive.hpp"
#include "data/dataset.hpp"

namespace reshift {

// The kinds of data that open_dataset knows, as it describes them.

// Of a file's unpacked content, which they take; null when it is of another kind.
std::unique_ptr<Dataset> cifar_images(const std::string& data, const std::string& labels,
                                      Bytes& bytes);
std::unique_ptr<Dataset> idx_images(const std::string& data, const std::string& labels,
                                    Bytes& bytes);

std::unique_ptr<Dataset> folder_images(const std::string& folder, const std::string& labels);
/// Of a tar archive, compressed or not.
std::unique_ptr<Dataset> tar_images(const std::string& data, const std::string& labels,
                                    const Bytes& file);

/// Throws Error unless image i is one of `size`.
void check_index(std::size_t i, std::size_t size);

}  // namespace reshift
