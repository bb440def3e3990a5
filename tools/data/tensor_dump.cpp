// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/tensor_dump.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_fields.hpp"
#include "net/qnet.hpp"

namespace reshift {
namespace {

std::string file_name(std::string name) {
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return name.empty() || name[0] == '.' ? "_" + name : name;
}

}  // namespace

TensorDump::TensorDump(const std::string& folder, std::vector<DumpedTensor> tensors,
                       std::size_t inputs)
    : tensors_(std::move(tensors)) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw Error("cannot make folder {}: {}", folder, failure.message());
  std::set<std::string> used;
  nlohmann::json index = nlohmann::json::array();
  for (const DumpedTensor& t : tensors_) {
    const std::string name = file_name(t.name);
    if (!used.insert(name).second) {
      throw Error("tensor {} and another would both be written to {}.npy", t.name, name);
    }
    const std::string path = folder + "/" + name;
    Files files{NpyWriter(path + ".npy", "<f4", inputs, t.shape), {}};
    nlohmann::json entry{{"name", t.name}, {"values", name + ".npy"}};
    if (t.scale) {
      files.codes.emplace(path + ".codes.npy", "<i2", inputs, t.shape);
      entry.update({{"codes", name + ".codes.npy"}, {"scale", *t.scale}, {"zero", t.zero}});
    }
    index.push_back(entry);
    files_.push_back(std::move(files));
  }
  write_file(folder + "/index.json", json_text(index) + "\n");
}

void TensorDump::add_values(std::size_t i, std::span<const float> values) {
  files_.at(i).values.add(values);
}

void TensorDump::add_codes(std::size_t i, std::span<const std::int32_t> codes) {
  const DumpedTensor& tensor = tensors_.at(i);
  std::vector<std::int16_t> narrow(codes.begin(), codes.end());
  files_[i].codes->add(narrow);
  QTensor steps;
  steps.scale = *tensor.scale;
  steps.zero = tensor.zero;
  files_[i].values.add(real_values(steps, codes));
}

void TensorDump::close() {
  for (Files& files : files_) {
    files.values.close();
    if (files.codes) files.codes->close();
  }
}

}  // namespace reshift
