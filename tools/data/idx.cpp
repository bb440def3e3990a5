// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "base/error.hpp"
#include "base/file_kind.hpp"
#include "data/sources.hpp"

namespace reshift {
namespace {

/// Dimensions and payload of an IDX file of bytes.
struct Idx {
  std::vector<std::size_t> dimensions;
  Bytes values;
};

constexpr std::size_t kIdxImages = 3, kIdxLabels = 1;  // dimensions, the last byte of the magic

bool is_idx(const Bytes& bytes, std::size_t dimensions) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 8 &&
         bytes[3] == dimensions;
}

Idx parse_idx(const std::string& path, const Bytes& bytes) {
  Idx idx;
  const std::size_t header = 4 + 4 * std::size_t{bytes[3]};
  if (bytes.size() < header) throw Error("{}: truncated: its IDX header is incomplete", path);
  std::size_t expected = 1;
  for (std::size_t at = 4; at < header; at += 4) {
    std::size_t extent = 0;
    for (std::size_t b = 0; b < 4; ++b) extent = extent << 8 | bytes[at + b];
    // Dividing keeps the product from overflowing on a damaged header.
    if (extent == 0 || extent > bytes.size() / expected) {
      throw Error("{}: truncated or damaged: {} bytes do not hold what its IDX header says", path,
                  bytes.size());
    }
    idx.dimensions.push_back(extent);
    expected *= extent;
  }
  if (bytes.size() - header != expected) {
    throw Error("{}: truncated or damaged: {} bytes of values, its IDX header says {}", path,
                bytes.size() - header, expected);
  }
  idx.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return idx;
}

class IdxDataset : public Dataset {
 public:
  IdxDataset(Idx images, Bytes labels) : images_(std::move(images)), labels_(std::move(labels)) {}

  std::size_t size() const override { return images_.dimensions[0]; }
  bool labelled() const override { return !labels_.empty(); }

  Image get(std::size_t i) const override {
    check_index(i, size());
    const auto height = images_.dimensions[1], width = images_.dimensions[2];
    const auto begin = images_.values.begin() + static_cast<std::ptrdiff_t>(i * height * width);
    return {static_cast<int>(height),
            static_cast<int>(width),
            1,
            Bytes(begin, begin + static_cast<std::ptrdiff_t>(height * width)),
            labels_.empty() ? -1 : labels_[i],
            std::to_string(i)};
  }

 private:
  Idx images_;
  Bytes labels_;
};

}  // namespace

std::unique_ptr<Dataset> idx_images(const std::string& data, const std::string& labels,
                                    Bytes& bytes) {
  if (!is_idx(bytes, kIdxImages)) return nullptr;
  Idx images = parse_idx(data, bytes);
  if (labels.empty()) return std::make_unique<IdxDataset>(std::move(images), Bytes{});
  const Bytes label_bytes = read_decompressed(labels);
  if (!is_idx(label_bytes, kIdxLabels)) {
    throw Error("{}: not an IDX label file but {}", labels, describe_content(label_bytes));
  }
  Idx label_idx = parse_idx(labels, label_bytes);
  if (label_idx.values.size() != images.dimensions[0]) {
    throw Error("{}: {} labels for the {} images of {}", labels, label_idx.values.size(),
                images.dimensions[0], data);
  }
  return std::make_unique<IdxDataset>(std::move(images), std::move(label_idx.values));
}

}  // namespace reshift
