// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/dataset.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "base/file_kind.hpp"
#include "data/sources.hpp"

namespace reshift {

void check_index(std::size_t i, std::size_t size) {
  if (i >= size) throw Error("image {} asked for, the data has {}", i, size);
}

std::unique_ptr<Dataset> open_dataset(const std::string& data, const std::string& labels) {
  std::error_code unknown;  // what it is is seen when it is opened
  if (std::filesystem::is_directory(data, unknown)) return folder_images(data, labels);
  Bytes bytes = read_file(data);
  if (is_tar(data, bytes)) return tar_images(data, labels, bytes);
  bytes = unpack(data, std::move(bytes));
  for (const auto open : {cifar_images, idx_images}) {
    if (auto images = open(data, labels, bytes)) return images;
  }
  throw Error(
      "{}: not image data: neither a folder, a tar archive, an IDX image file nor whole CIFAR-10 "
      "records, but {} ({} bytes, perhaps truncated or damaged)",
      data, describe_content(bytes), bytes.size());
}

}  // namespace reshift
