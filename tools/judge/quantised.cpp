// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "judge/quantised.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.hpp"
#include "compile/compile.hpp"
#include "device/compare.hpp"
#include "device/runtime.hpp"
#include "device/sim.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "program/hardware.hpp"
#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"

namespace reshift {
namespace {

constexpr int kTerms = 2;

/// The preprocessing whose pixels 0 to 255 are what the inputs can be.
Preprocess range_of(const std::vector<std::vector<float>>& images) {
  float most = 1;
  for (const auto& image : images) {
    for (const float v : image) most = std::max(most, std::abs(v));
  }
  return {.channels = "GRAY", .scale = 2.0 * most / 255, .mean = {most, most, most}};
}

std::vector<std::uint8_t> run_core(const Program& program,
                                   const std::vector<std::uint8_t>& windows) {
  const auto device = open_sim_device(program.hw.name, {});
  return Runtime(*device, program).run(windows).output;
}

void compare(const Program& program, const HostTail& tail,
             const std::vector<std::vector<float>>& images, bool core, QuantisedRun& result) {
  std::vector<std::vector<std::int32_t>> codes;
  std::vector<std::uint8_t> windows;
  for (const auto& image : images) {
    codes.push_back(quantize_values(program.net, image));
    const auto window = program.input_window(codes.back());
    windows.insert(windows.end(), window.begin(), window.end());
  }
  const auto golden = ProgramInterpreter(program.hw, program.image)
                          .run(windows, program.frame_in_stride(), program.frame_out_stride());
  const auto simulated = core ? run_core(program, windows) : golden;
  Comparison comparison(program);
  const auto stride = static_cast<std::size_t>(program.out_stride);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto window = [&](const std::vector<std::uint8_t>& all) {
      return std::span(all).subspan(i * stride, stride);
    };
    const auto tensors = run_graph(program.net, codes[i]);
    comparison.add(i, {"golden program", window(golden)}, tensors);
    comparison.add(i, {"core", window(simulated)}, {"golden program", window(golden)});
    std::vector<std::vector<float>> outputs;
    for (const NetOutput& output : program.net.outputs) {
      const auto tensor = static_cast<std::size_t>(output.tensor);
      outputs.push_back(real_values(program.net.tensors[tensor], tensors[tensor]));
    }
    for (auto& values : tail.run(std::move(outputs))) result.outputs.push_back(std::move(values));
  }
  result.answer = {{"mismatches", comparison.mismatches()}, {"first", comparison.first()}};
}

}  // namespace

QuantisedRun run_quantised(const Graph& graph, const std::vector<std::vector<float>>& images,
                           const std::string& hw, bool core) {
  QuantisedRun result;
  const char* stage = "quantise";
  try {
    const Graph fused = fuse(graph);
    const QNet net = quantize(fused, range_of(images), images, uniform_terms(fused, kTerms, kTerms),
                              {}, Rounding::kNearest, OutputRange::kFull);
    stage = "compile";
    const Program program = compile(find_hardware(hw), net, {.store_all = true});
    stage = "run";
    compare(program, graph.tail, images, core, result);
  } catch (const Error& e) {
    result.answer = {{"stage", stage}, {"error", e.what()}};
  }
  return result;
}

}  // namespace reshift
