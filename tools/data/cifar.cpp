// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "data/sources.hpp"

namespace reshift {
namespace {

constexpr std::size_t kCifarSide = 32;
constexpr std::size_t kCifarPlane = kCifarSide * kCifarSide;
constexpr std::size_t kCifarRecord = 1 + 3 * kCifarPlane;
constexpr int kCifarClasses = 10;

class CifarDataset : public Dataset {
 public:
  explicit CifarDataset(Bytes bytes) : bytes_(std::move(bytes)) {}

  std::size_t size() const override { return bytes_.size() / kCifarRecord; }
  bool labelled() const override { return true; }

  Image get(std::size_t i) const override {
    check_index(i, size());
    const std::uint8_t* record = bytes_.data() + i * kCifarRecord;
    Image image{kCifarSide, kCifarSide, 3, Bytes(3 * kCifarPlane), record[0], std::to_string(i)};
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t p = 0; p < kCifarPlane; ++p) {
        image.pixels[p * 3 + c] = record[1 + c * kCifarPlane + p];
      }
    }
    return image;
  }

  /// Whether these bytes are whole records with labels in range.
  static bool matches(const Bytes& bytes) {
    if (bytes.empty() || bytes.size() % kCifarRecord != 0) return false;
    for (std::size_t i = 0; i < bytes.size(); i += kCifarRecord) {
      if (bytes[i] >= kCifarClasses) return false;
    }
    return true;
  }

 private:
  Bytes bytes_;
};

}  // namespace

std::unique_ptr<Dataset> cifar_images(const std::string& data, const std::string& labels,
                                      Bytes& bytes) {
  if (!CifarDataset::matches(bytes)) return nullptr;
  if (!labels.empty())
    throw Error("{}: CIFAR-10 data has its own labels; leave --labels out", data);
  return std::make_unique<CifarDataset>(std::move(bytes));
}

}  // namespace reshift
