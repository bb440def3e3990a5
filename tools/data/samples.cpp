// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/samples.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <random>
#include <utility>

#include "data/labels.hpp"
#include "data/npz.hpp"
#include "data/sources.hpp"

namespace reshift {
namespace {

/// Images, preprocessed.
class ImageSamples : public Samples {
 public:
  ImageSamples(std::unique_ptr<Dataset> images, const Preprocess& preprocess,
               const InputShape& shape)
      : images_(std::move(images)), preprocess_(preprocess), shape_(shape) {}

  std::size_t size() const override { return images_->size(); }
  bool labelled() const override { return images_->labelled(); }

  Sample get(std::size_t i) const override {
    const Image image = images_->get(i);
    return {preprocess_image(preprocess_, image, shape_.channels, shape_.height, shape_.width),
            image.label, image.name};
  }

 private:
  std::unique_ptr<Dataset> images_;
  Preprocess preprocess_;
  InputShape shape_;
};

/// Noise for networks without data: as much of it in every octave, as pictures have.
class RandomSamples : public Samples {
 public:
  RandomSamples(const Preprocess& preprocess, const InputShape& shape)
      : preprocess_(preprocess), shape_(shape) {}

  std::size_t size() const override { return 1024; }
  bool labelled() const override { return false; }

  Sample get(std::size_t i) const override {
    check_index(i, size());
    constexpr int kAmplitude = 40;  // of an octave
    std::mt19937 random(static_cast<std::mt19937::result_type>(i));
    std::vector<int> sums(shape_.size(), 128);
    const auto height = static_cast<std::size_t>(shape_.height),
               width = static_cast<std::size_t>(shape_.width);
    const auto octaves = static_cast<int>(std::bit_width(std::max(height, width)));
    for (int octave = 0; octave < octaves; ++octave) {
      const std::size_t rows = (height >> octave) + 1, columns = (width >> octave) + 1;
      std::vector<int> noise(static_cast<std::size_t>(shape_.channels) * rows * columns);
      for (int& v : noise) v = static_cast<int>(random() % (2 * kAmplitude + 1)) - kAmplitude;
      for (std::size_t at = 0; at < sums.size(); ++at) {
        const std::size_t c = at / (height * width), y = at / width % height, x = at % width;
        sums[at] += noise[(c * rows + (y >> octave)) * columns + (x >> octave)];
      }
    }
    Sample sample{{}, -1, "random " + std::to_string(i)};
    const bool by_channel = preprocess_.channel_count() == shape_.channels;
    for (std::size_t at = 0; at < sums.size(); ++at) {
      const std::size_t c = by_channel ? at / (height * width) : 0;
      sample.values.push_back(static_cast<float>(
          (std::clamp(sums[at], 0, 255) * preprocess_.scale - preprocess_.mean[c]) /
          preprocess_.std[c]));
    }
    return sample;
  }

 private:
  Preprocess preprocess_;
  InputShape shape_;
};

/// Rows of an array.
class ArraySamples : public Samples {
 public:
  ArraySamples(NpyArray array, std::vector<int> labels)
      : array_(std::move(array)), labels_(std::move(labels)) {}

  std::size_t size() const override { return array_.shape[0]; }
  bool labelled() const override { return !labels_.empty(); }

  Sample get(std::size_t i) const override {
    check_index(i, size());
    const std::size_t row = array_.values.size() / size();
    const auto first = array_.values.begin() + static_cast<std::ptrdiff_t>(i * row);
    return {std::vector<float>(first, first + static_cast<std::ptrdiff_t>(row)),
            labels_.empty() ? -1 : labels_[i], "row " + std::to_string(i)};
  }

 private:
  NpyArray array_;
  std::vector<int> labels_;
};

std::vector<int> row_labels(const std::string& path) {
  std::vector<int> labels;
  const Bytes bytes = read_decompressed(path);
  if (!is_npy(bytes)) {
    for_each_label(path, [&](const LabelLine& line) { labels.push_back(line.label); });
    return labels;
  }
  const NpyArray array = parse_npy(path, bytes);
  if (array.shape.size() != 1) {
    throw Error("{}: an array of {} dimensions, labels have one", path, array.shape.size());
  }
  for (const double value : array.values) {
    const int label = value >= 0 && value < 1e6 ? static_cast<int>(value) : -1;
    if (label != value) throw Error("{}: {} is not a class", path, value);
    labels.push_back(label);
  }
  return labels;
}

/// Rows of height x width x channels as channels x height x width.
void put_channels_first(NpyArray& array, const InputShape& shape) {
  const auto channels = static_cast<std::size_t>(shape.channels), pixels = shape.size() / channels;
  std::vector<double> values(array.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / shape.size(), c = i % channels, pixel = i / channels % pixels;
    values[row * shape.size() + c * pixels + pixel] = array.values[i];
  }
  array.values = std::move(values);
}

std::unique_ptr<Samples> open_array(const std::string& data, NpyArray array,
                                    const std::string& labels, const InputShape& shape) {
  if (array.shape.size() < 2 || array.values.size() / array.shape[0] != shape.size()) {
    throw Error("{}: an array of ({}); the network takes rows of {}x{}x{} values, batch first",
                data, fmt::join(array.shape, ", "), shape.channels, shape.height, shape.width);
  }
  const auto extent = [](int i) { return static_cast<std::size_t>(i); };
  const std::vector row(array.shape.begin() + 1, array.shape.end());
  const std::vector first{extent(shape.channels), extent(shape.height), extent(shape.width)},
      last{extent(shape.height), extent(shape.width), extent(shape.channels)};
  if (row == last && row != first) put_channels_first(array, shape);
  std::vector<int> classes;
  if (!labels.empty()) {
    classes = row_labels(labels);
    if (classes.size() != array.shape[0]) {
      throw Error("{}: {} labels for the {} rows of {}", labels, classes.size(), array.shape[0],
                  data);
    }
  }
  return std::make_unique<ArraySamples>(std::move(array), std::move(classes));
}

}  // namespace

bool is_noise(const std::string& data) { return data == "random"; }

std::unique_ptr<Samples> open_samples(const std::string& data, const std::string& labels,
                                      const Preprocess& preprocess, const InputShape& shape) {
  if (is_noise(data)) {
    if (!labels.empty()) throw Error("random data has no classes; leave --labels out");
    return std::make_unique<RandomSamples>(preprocess, shape);
  }
  if (!std::filesystem::is_directory(data)) {
    const Bytes bytes = read_decompressed(data);
    if (is_npy(bytes)) return open_array(data, parse_npy(data, bytes), labels, shape);
    if (is_zip(bytes)) return open_array(data, parse_npz(data, bytes, shape.name), labels, shape);
  }
  return std::make_unique<ImageSamples>(open_dataset(data, labels), preprocess, shape);
}

std::unique_ptr<Samples> open_samples(const std::string& data, const std::string& labels,
                                      const QNet& net) {
  const QTensor& in = net.tensors.front();
  return open_samples(data, labels, net.preprocess, {in.channels, in.height, in.width, in.name});
}

}  // namespace reshift
