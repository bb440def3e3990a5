// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "net/preprocess.hpp"

namespace reshift {

/// What a network takes: channels x height x width values, under a name.
struct InputShape {
  int channels = 0, height = 0, width = 0;
  std::string name = {};
  std::size_t size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
};

/// Input of a network, and the class that is expected: -1 unknown.
struct Sample {
  std::vector<float> values;
  int label = -1;
  std::string name;
};

/// Inputs of one network by index. Thread-safe.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual std::size_t size() const = 0;
  /// Whether the classes are known.
  virtual bool labelled() const = 0;
  /// Throws Error when i >= size(), DamagedImage when an image cannot be decoded.
  virtual Sample get(std::size_t i) const = 0;
};

/// Whether data are the noise that the word "random" stands for.
bool is_noise(const std::string& data);

/// Opens data for a network:
/// - a NumPy array (.npy), batch first: each row has the network's values as they are, without
///   preprocessing, channels first, or last if only so its shape is the network's; `labels` is a
///   NumPy array of one class per row, or a text with a class per line;
/// - such an array in a NumPy archive (.npz): its only one, or the one that is called as the
///   network's input is;
/// - the word "random" (a file of this name is "./random"): 1024 inputs of the network's own size,
///   the same everywhere, noise of all scales from a pixel to the whole width, preprocessed as if
///   it were pixels; without labels;
/// - images, as open_dataset opens them, preprocessed.
/// Throws Error when they do not fit the network or the labels do not fit them.
std::unique_ptr<Samples> open_samples(const std::string& data, const std::string& labels,
                                      const Preprocess& preprocess, const InputShape& shape);
/// For a quantised network.
std::unique_ptr<Samples> open_samples(const std::string& data, const std::string& labels,
                                      const QNet& net);

}  // namespace reshift
