// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// For judges outside: reads requests from the standard input, a JSON object a line, and answers
// each with one. No part of the product.
//
// The float path of a model:
//   {"model": FILE, "input": FILE, "output": FILE}
//   {"accepted": true, "outputs": [[SIZE, ...], ...]}
//   or {"accepted": false, "error": TEXT}
// The input of a network, for images of a data set:
//   {"data": FILE, "labels": FILE, "preprocess": FILE, "shape": [channels, height, width],
//    "first": INDEX, "count": IMAGES, "output": FILE}
//   {"labels": [CLASS, ...]}, fewer than asked for where the data ends
//
// The files of values are raw 32-bit floats; `output` receives all of them, one after the other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/dataset.hpp"
#include "import/import.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

std::vector<float> read_values(const std::string& path, std::size_t size) {
  std::vector<float> values(size);
  const auto bytes = static_cast<std::streamsize>(size * sizeof(float));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()), bytes);
  if (file.gcount() != bytes || file.peek() != std::ifstream::traits_type::eof()) {
    throw std::runtime_error(
        fmt::format("{}: not the {} values that the network's input has", path, size));
  }
  return values;
}

/// An image of the file's order as tensor 0 has it.
std::vector<float> channels_first(const Graph& graph, const std::vector<float>& values) {
  const Tensor& t = graph.tensor(0);
  if (!graph.channels_last) return values;
  const Array image{{t.height, t.width, t.channels}, {values.begin(), values.end()}, false};
  return transpose(image, {2, 0, 1}).floats();
}

void write_values(const std::string& path, const std::vector<std::vector<float>>& parts) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& values : parts) {
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

nlohmann::json import_and_run(const nlohmann::json& request) {
  Graph graph;
  try {
    graph = import_network(request.at("model"));
  } catch (const Error& e) {
    return {{"accepted", false}, {"error", e.what()}};
  }
  const auto image = read_values(request.at("input"), graph.tensor(0).size());
  write_values(request.at("output"), run_float(graph, channels_first(graph, image)));
  nlohmann::json outputs = nlohmann::json::array();
  for (const HostTail::Output& output : graph.tail.outputs) outputs.push_back(output.dims);
  return {{"accepted", true}, {"outputs", std::move(outputs)}};
}

/// The data set of the last request stays open.
class Inputs {
 public:
  nlohmann::json read(const nlohmann::json& request) {
    const std::string data = request.at("data"), labels = request.at("labels");
    if (!set_ || data != data_ || labels != labels_) {
      set_ = open_dataset(data, labels);
      data_ = data, labels_ = labels;
    }
    const Preprocess preprocess = load_preprocess(request.at("preprocess"));
    const std::array<int, 3> shape = request.at("shape");
    const std::size_t first = request.at("first"), count = request.at("count");
    nlohmann::json classes = nlohmann::json::array();
    std::vector<std::vector<float>> values;
    for (std::size_t i = first; i < std::min(first + count, set_->size()); ++i) {
      const Image image = set_->get(i);
      values.push_back(preprocess_image(preprocess, image, shape[0], shape[1], shape[2]));
      classes.push_back(image.label);
    }
    write_values(request.at("output"), values);
    return {{"labels", std::move(classes)}};
  }

 private:
  std::unique_ptr<Dataset> set_;
  std::string data_, labels_;
};

}  // namespace
}  // namespace reshift

int main() {
  try {
    reshift::Inputs inputs;
    for (std::string line; std::getline(std::cin, line);) {
      const auto request = nlohmann::json::parse(line);
      const auto answer =
          request.contains("model") ? reshift::import_and_run(request) : inputs.read(request);
      // A message holds names from the file, of any encoding.
      const auto text = answer.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
      fmt::print("{}\n", text);
      std::fflush(stdout);
    }
  } catch (const std::exception& e) {
    fmt::print(stderr, "reshift_judge: {}\n", e.what());
    return 1;
  }
}
