// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/labels.hpp"
#include "data/sources.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;

/// An encoded image: its name and either its bytes (of a tar) or none (a file of that name).
struct Entry {
  std::string name;
  std::shared_ptr<const Bytes> bytes;
  int label = -1;
};

class FileDataset : public Dataset {
 public:
  FileDataset(fs::path folder, std::vector<Entry> entries)
      : folder_(std::move(folder)), entries_(std::move(entries)) {}

  std::size_t size() const override { return entries_.size(); }
  bool labelled() const override { return entries_.front().label >= 0; }

  Image get(std::size_t i) const override {
    check_index(i, size());
    const Entry& entry = entries_[i];
    Image image = decode_image(
        entry.name, entry.bytes ? *entry.bytes : read_file((folder_ / entry.name).string()));
    image.label = entry.label;
    return image;
  }

 private:
  fs::path folder_;
  std::vector<Entry> entries_;
};

std::string normal(const std::string& name) { return fs::path(name).lexically_normal().string(); }

bool is_image_name(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return (extension == ".jpg" || extension == ".jpeg" || extension == ".png") &&
         !is_apple_double(name);
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

  std::vector<Entry> selected;
  std::vector<bool> used(entries.size(), false);
  for_each_label(labels, [&](const LabelLine& line) {
    if (line.name.empty()) throw Error("{}: no name of an image before the class", line.where);
    const std::string name = normal(line.name);
    const auto found = by_name.find(name);
    if (found == by_name.end()) throw Error("{}: no image {} in the data", line.where, name);
    if (found->second == kAmbiguous) {
      throw Error("{}: several images are called {}; give the path in the data", line.where, name);
    }
    if (used[found->second]) throw Error("{}: image {} a second time", line.where, name);
    used[found->second] = true;
    selected.push_back(std::move(entries[found->second]));
    selected.back().label = line.label;
  });
  if (selected.empty()) throw Error("{}: names no image", labels);
  return selected;
}

std::unique_ptr<Dataset> make_dataset(const fs::path& folder, std::vector<Entry> entries,
                                      const std::string& data, const std::string& labels) {
  if (entries.empty()) throw Error("{}: no JPEG or PNG image inside", data);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  if (!labels.empty()) entries = select_labelled(std::move(entries), labels);
  return std::make_unique<FileDataset>(folder, std::move(entries));
}

}  // namespace

std::unique_ptr<Dataset> folder_images(const std::string& folder, const std::string& labels) {
  std::vector<Entry> entries;
  try {
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
      if (file.is_regular_file() && is_image_name(file.path().string())) {
        entries.push_back({file.path().lexically_relative(folder).string(), nullptr, -1});
      }
    }
  } catch (const fs::filesystem_error& e) {
    throw Error("{}: cannot read the folder: {}", e.path1().string(), e.code().message());
  }
  return make_dataset(folder, std::move(entries), folder, labels);
}

std::unique_ptr<Dataset> tar_images(const std::string& data, const std::string& labels,
                                    const Bytes& file) {
  std::vector<Entry> entries;
  for (ArchiveFile& image : read_tar(data, file, is_image_name)) {
    entries.push_back({normal(image.name), std::move(image.content), -1});
  }
  return make_dataset({}, std::move(entries), data, labels);
}

}  // namespace reshift
