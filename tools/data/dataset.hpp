// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/image.hpp"
#include "net/preprocess.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Labelled images by index. Thread-safe.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::size_t size() const = 0;
  /// Whether its images have classes.
  virtual bool labelled() const = 0;
  /// Throws Error when i >= size(), DamagedImage when the image cannot be decoded.
  virtual Image get(std::size_t i) const = 0;
};

/// Opens data, recognised by content:
/// - CIFAR-10 binary (records of a label byte and 3072 bytes, planes R, G, B), plain or compressed
/// as `unpack` reads;
/// - IDX images (magic 0x00000803, big endian), plain or compressed; `labels` is an IDX file
/// (0x00000801);
/// - a folder or a tar archive of JPEG or PNG images (.jpg, .jpeg, .png, but no ._NAME), in the
/// order of their names; `labels` is as for_each_label reads, and then only the named images are
/// part of the data, in the order of the text.
/// An empty `labels` leaves the labels that are not in the data unknown. Throws Error on a damaged
/// or truncated file, a foreign one, and labels that do not match.
std::unique_ptr<Dataset> open_dataset(const std::string& data, const std::string& labels);

/// Network input of an image: channels x height x width values, after resizing (shorter side, area
/// averaging downwards, linear upwards), centre crop, choice of channels (grey from colour with the
/// weights of ITU-R BT.601) and (pixel * scale - mean) / std.
/// Throws Error when the result is not of the shape asked for.
std::vector<float> preprocess_image(const Preprocess& preprocess, const Image& image, int channels,
                                    int height, int width);

}  // namespace reshift
