// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// The float path for judges outside: reads requests from the standard input, a JSON object a line,
// and answers each with one. No part of the product.
//
//   request  {"model": FILE, "input": FILE, "output": FILE}
//   answer   {"accepted": true, "outputs": [[channels, height, width], ...]}
//         or {"accepted": false, "error": TEXT}
//
// The files of values are raw 32-bit floats; `output` receives all outputs, one after the other.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
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

void write_values(const std::string& path, const std::vector<float>& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
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
  write_values(request.at("output"), run_float(graph, image));
  const Tensor& out = graph.tensor(graph.output);
  nlohmann::json outputs{nlohmann::json{out.channels, out.height, out.width}};
  return {{"accepted", true}, {"outputs", std::move(outputs)}};
}

}  // namespace
}  // namespace reshift

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      const auto answer = reshift::import_and_run(nlohmann::json::parse(line));
      // A message holds names from the file, of any encoding.
      const auto text =
          answer.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
      fmt::print("{}\n", text);
      std::fflush(stdout);
    }
  } catch (const std::exception& e) {
    fmt::print(stderr, "reshift_judge: {}\n", e.what());
    return 1;
  }
}
