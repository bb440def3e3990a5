// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/dataset.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <random>
#include <sstream>

#include "base/container.hpp"
#include "base/error.hpp"
#include "data/archive.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCifarSide = 32;
constexpr std::size_t kCifarPlane = kCifarSide * kCifarSide;
constexpr std::size_t kCifarRecord = 1 + 3 * kCifarPlane;
constexpr int kCifarClasses = 10;

void check_index(std::size_t i, std::size_t size) {
  if (i >= size) throw Error("image {} asked for, the data has {}", i, size);
}

/// Noise for networks without data: as much of it in every octave, as pictures have.
class RandomDataset : public Dataset {
 public:
  std::size_t size() const override { return 1024; }

  Image get(std::size_t i) const override {
    check_index(i, size());
    constexpr int kOctaves = 8;
    constexpr std::size_t kSide = 1 << kOctaves;
    constexpr int kAmplitude = 40;  // of an octave; the deviation of the sum is 66
    std::mt19937 random(static_cast<std::mt19937::result_type>(i));
    std::vector<int> sums(kSide * kSide * 3, 128);
    for (int octave = 0; octave < kOctaves; ++octave) {
      const std::size_t cells = kSide >> octave;
      std::vector<int> noise(cells * cells * 3);
      for (int& v : noise) v = static_cast<int>(random() % (2 * kAmplitude + 1)) - kAmplitude;
      for (std::size_t at = 0; at < sums.size(); ++at) {
        const std::size_t y = at / (3 * kSide) >> octave, x = at / 3 % kSide >> octave;
        sums[at] += noise[(y * cells + x) * 3 + at % 3];
      }
    }
    Image image{kSide, kSide, 3, Bytes(sums.size()), -1, "random " + std::to_string(i)};
    std::transform(sums.begin(), sums.end(), image.pixels.begin(),
                   [](int v) { return static_cast<std::uint8_t>(std::clamp(v, 0, 255)); });
    return image;
  }
};

class CifarDataset : public Dataset {
 public:
  explicit CifarDataset(Bytes bytes) : bytes_(std::move(bytes)) {}

  std::size_t size() const override { return bytes_.size() / kCifarRecord; }

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

/// Whether an encoded image has its end: decoders would silently make up what is missing.
bool is_complete(const Bytes& bytes) {
  static constexpr std::uint8_t kJpegStart[]{0xFF, 0xD8}, kJpegEnd[]{0xFF, 0xD9};
  static constexpr std::uint8_t kPngEnd[]{'I', 'E', 'N', 'D'};
  const bool jpeg =
      bytes.size() >= 2 && std::equal(std::begin(kJpegStart), std::end(kJpegStart), bytes.begin());
  const auto tail = bytes.end() - std::min<std::ptrdiff_t>(std::ssize(bytes), 4096);
  return (jpeg ? std::search(tail, bytes.end(), std::begin(kJpegEnd), std::end(kJpegEnd))
               : std::search(tail, bytes.end(), std::begin(kPngEnd), std::end(kPngEnd))) !=
         bytes.end();
}

Image decode(const std::string& name, const Bytes& bytes, int label) {
  if (!is_complete(bytes)) throw DamagedImage("{}: truncated, or neither JPEG nor PNG", name);
  cv::Mat picture;
  try {
    picture = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& e) {
    throw DamagedImage("{}: damaged image: {}", name, e.what());
  }
  if (picture.empty()) throw DamagedImage("{}: damaged: cannot be decoded as an image", name);
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  Image image{picture.rows, picture.cols, 3, {}, label, name};
  image.pixels.assign(picture.data, picture.data + picture.total() * 3);
  return image;
}

/// An encoded image: its name and either its bytes (of a tar) or none (a file of that name).
struct Entry {
  std::string name;
  Bytes bytes;
  int label = -1;
};

class FileDataset : public Dataset {
 public:
  FileDataset(fs::path folder, std::vector<Entry> entries)
      : folder_(std::move(folder)), entries_(std::move(entries)) {}

  std::size_t size() const override { return entries_.size(); }

  Image get(std::size_t i) const override {
    check_index(i, size());
    const Entry& entry = entries_[i];
    if (folder_.empty()) return decode(entry.name, entry.bytes, entry.label);
    return decode(entry.name, read_file((folder_ / entry.name).string()), entry.label);
  }

 private:
  fs::path folder_;
  std::vector<Entry> entries_;
};

std::string normal(const std::string& name) { return fs::path(name).lexically_normal().string(); }

bool is_image_name(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// Keeps the entries that the label file names, in its order. A name is a path in the data or its
/// last part.
std::vector<Entry> select_labelled(std::vector<Entry> entries, const std::string& labels) {
  std::map<std::string, std::size_t> by_name;
  constexpr std::size_t kAmbiguous = static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto short_name = fs::path(entries[i].name).filename().string();
    if (short_name != entries[i].name) {
      const auto [at, is_new] = by_name.try_emplace(short_name, i);
      if (!is_new) at->second = kAmbiguous;
    }
  }
  for (std::size_t i = 0; i < entries.size(); ++i) by_name[entries[i].name] = i;

  const Bytes bytes = read_decompressed(labels);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<Entry> selected;
  std::vector<bool> used(entries.size(), false);
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (line.empty()) continue;
    const auto space = line.find_last_of(" \t,");
    const auto digits = line.find_first_not_of("0123456789", space + 1);
    if (space == std::string::npos || space == 0 || digits != std::string::npos ||
        line.size() - space - 1 > 6) {
      throw Error("{}:{}: \"{}\" is not a line `name class`", labels, number, line);
    }
    const int label = std::stoi(line.substr(space + 1));
    const auto end = line.find_last_not_of(" \t,", space);
    if (end == std::string::npos) throw Error("{}:{}: no name before the class", labels, number);
    const std::string name = normal(line.substr(0, end + 1));
    const auto found = by_name.find(name);
    if (found == by_name.end()) throw Error("{}:{}: no image {} in the data", labels, number, name);
    if (found->second == kAmbiguous) {
      throw Error("{}:{}: several images are called {}; give the path in the data", labels, number,
                  name);
    }
    if (used[found->second]) throw Error("{}:{}: image {} a second time", labels, number, name);
    used[found->second] = true;
    selected.push_back(std::move(entries[found->second]));
    selected.back().label = label;
  }
  if (selected.empty()) throw Error("{}: names no image", labels);
  return selected;
}

std::unique_ptr<Dataset> make_file_dataset(const fs::path& folder, std::vector<Entry> entries,
                                           const std::string& data, const std::string& labels) {
  if (entries.empty()) throw Error("{}: no JPEG or PNG image inside", data);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  if (!labels.empty()) entries = select_labelled(std::move(entries), labels);
  return std::make_unique<FileDataset>(folder, std::move(entries));
}

std::unique_ptr<Dataset> open_folder(const std::string& data, const std::string& labels) {
  std::vector<Entry> entries;
  for (const auto& file : fs::recursive_directory_iterator(data)) {
    if (file.is_regular_file() && is_image_name(file.path().string())) {
      entries.push_back({fs::relative(file.path(), data).string(), {}, -1});
    }
  }
  return make_file_dataset(data, std::move(entries), data, labels);
}

std::unique_ptr<Dataset> open_tar(const std::string& data, const std::string& labels) {
  std::vector<Entry> entries;
  for (auto& [name, bytes] : read_tar(data)) {
    if (is_image_name(name)) entries.push_back({normal(name), std::move(bytes), -1});
  }
  return make_file_dataset({}, std::move(entries), data, labels);
}

bool is_tar(const Bytes& bytes) {
  constexpr std::string_view kMagic = "ustar";  // at 257 of POSIX and GNU archives alike
  return bytes.size() >= 512 && std::equal(kMagic.begin(), kMagic.end(), bytes.begin() + 257);
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const std::string& data, const std::string& labels) {
  if (data == "random") {
    if (!labels.empty()) throw Error("random images have no classes; leave --labels out");
    return std::make_unique<RandomDataset>();
  }
  if (fs::is_directory(data)) return open_folder(data, labels);
  Bytes bytes = read_decompressed(data);
  if (is_tar(bytes)) return open_tar(data, labels);
  if (CifarDataset::matches(bytes)) {
    if (!labels.empty())
      throw Error("{}: CIFAR-10 data has its own labels; leave --labels out", data);
    return std::make_unique<CifarDataset>(std::move(bytes));
  }
  if (is_idx(bytes, kIdxImages)) {
    Idx images = parse_idx(data, bytes);
    if (labels.empty()) return std::make_unique<IdxDataset>(std::move(images), Bytes{});
    const Bytes label_bytes = read_decompressed(labels);
    if (!is_idx(label_bytes, kIdxLabels)) throw Error("{}: not an IDX label file", labels);
    Idx label_idx = parse_idx(labels, label_bytes);
    if (label_idx.values.size() != images.dimensions[0]) {
      throw Error("{}: {} labels for the {} images of {}", labels, label_idx.values.size(),
                  images.dimensions[0], data);
    }
    return std::make_unique<IdxDataset>(std::move(images), std::move(label_idx.values));
  }
  throw Error(
      "{}: not image data: neither a folder, a tar archive, an IDX image file nor whole CIFAR-10 "
      "records of {} "
      "bytes ({} bytes, perhaps truncated or damaged)",
      data, kCifarRecord, bytes.size());
}

std::vector<float> preprocess_image(const Preprocess& p, const Image& image, int channels,
                                    int height, int width) {
  cv::Mat picture(image.height, image.width, CV_8UC(image.channels),
                  const_cast<std::uint8_t*>(image.pixels.data()));  // only read
  if (p.resize > 0) {
    const int shorter = std::min(picture.rows, picture.cols);
    const auto scaled = [&](int side) {
      return static_cast<int>((std::int64_t{side} * p.resize + shorter / 2) / shorter);
    };
    cv::Mat resized;
    cv::resize(picture, resized, {scaled(picture.cols), scaled(picture.rows)}, 0, 0,
               p.resize < shorter ? cv::INTER_AREA : cv::INTER_LINEAR);
    picture = resized;
  }
  if (p.crop > 0) {
    if (p.crop > picture.rows || p.crop > picture.cols) {
      throw Error("image {}: {}x{} pixels are too few for a crop of {}", image.name, picture.rows,
                  picture.cols, p.crop);
    }
    picture =
        picture(cv::Rect((picture.cols - p.crop) / 2, (picture.rows - p.crop) / 2, p.crop, p.crop));
  }
  const int wanted = p.channel_count();
  cv::Mat coloured = picture;
  if (wanted == 1 && picture.channels() == 3) cv::cvtColor(picture, coloured, cv::COLOR_RGB2GRAY);
  if (wanted == 3 && picture.channels() == 1) cv::cvtColor(picture, coloured, cv::COLOR_GRAY2RGB);
  if (wanted != channels || coloured.rows != height || coloured.cols != width) {
    throw Error(
        "image {}: {}x{}x{} after preprocessing, the network's input is {}x{}x{}; see channels, "
        "resize and crop of the preprocessing",
        image.name, wanted, coloured.rows, coloured.cols, channels, height, width);
  }
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(channels * height * width));
  for (int c = 0; c < channels; ++c) {
    const int from = p.channels == "BGR" ? 2 - c : c;
    const auto i = static_cast<std::size_t>(c);
    for (int y = 0; y < height; ++y) {
      const std::uint8_t* row = coloured.ptr(y);
      for (int x = 0; x < width; ++x) {
        values.push_back(
            static_cast<float>((row[x * channels + from] * p.scale - p.mean[i]) / p.std[i]));
      }
    }
  }
  return values;
}

std::vector<std::int32_t> quantize_image(const QNet& net, const Image& image) {
  const QTensor& input = net.tensors.at(0);
  return quantize_values(
      net, preprocess_image(net.preprocess, image, input.channels, input.height, input.width));
}

}  // namespace reshift
