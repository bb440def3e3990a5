// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// For judges outside: reads requests from the standard input, a JSON object a line, and answers
// each with one. No part of the product.
//
// The float path of a model:
//   {"model": FILE, "input": FILE, "output": FILE}
//   {"accepted": true, "outputs": [[SIZE, ...], ...]}
//   or {"accepted": false, "error": TEXT}
// The same model quantised, with `images` of them in `input`, which serve for calibration, too; see
// quantised.hpp:
//   {"model": FILE, "input": FILE, "output": FILE, "images": COUNT, "hw": NAME, "core": BOOLEAN}
//   the same answers, with what run_quantised answers
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
#include "judge/quantised.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

std::vector<std::vector<float>> read_images(const std::string& path, std::size_t count,
                                            std::size_t size) {
  std::vector<std::vector<float>> images(count, std::vector<float>(size));
  std::ifstream file(path, std::ios::binary);
  for (auto& image : images) {
    file.read(reinterpret_cast<char*>(image.data()),
              static_cast<std::streamsize>(size * sizeof(float)));
  }
  if (!file || file.peek() != std::ifstream::traits_type::eof()) {
    throw std::runtime_error(fmt::format("{}: not {} inputs of {} values", path, count, size));
  }
  return images;
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
  nlohmann::json outputs = nlohmann::json::array();
  for (const HostTail::Output& output : graph.tail.outputs) outputs.push_back(output.dims);
  nlohmann::json answer{{"accepted", true}, {"outputs", std::move(outputs)}};
  auto images =
      read_images(request.at("input"), request.value("images", 1), graph.tensor(0).size());
  for (auto& image : images) image = channels_first(graph, image);
  if (request.contains("images")) {
    const QuantisedRun run = run_quantised(graph, images, request.at("hw"), request.at("core"));
    answer.update(run.answer);
    write_values(request.at("output"), run.outputs);
  } else {
    write_values(request.at("output"), run_float(graph, images[0]));
  }
  return answer;
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
