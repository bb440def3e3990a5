// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/core_case.hpp"

#include <span>
#include <vector>

#include "base/container.hpp"
#include "base/error.hpp"
#include "compile/compile.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "vectors/bits.hpp"

namespace reshift {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Json = nlohmann::ordered_json;

/// Small enough that an interpreting simulator runs a case in seconds.
constexpr int kMaxOps = 3, kMaxSide = 11, kMaxChannels = 12;
/// Windows start at multiples of this.
constexpr std::size_t kAlignment = 4096;

std::vector<Bits> bus_words(const Bytes& bytes, int data_width) {
  const auto word = static_cast<std::size_t>(data_width) / 8;
  std::vector<Bits> lines;
  for (std::size_t at = 0; at < bytes.size(); at += word) {
    Bits line;
    for (std::size_t i = at; i < at + word; ++i) line.push(8, i < bytes.size() ? bytes[i] : 0);
    lines.push_back(line);
  }
  return lines;
}

std::size_t aligned(std::size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

/// 0xff for each byte of an output window that holds a pixel's channel, 0 for padding and gaps.
Bytes cared_for(const Program& program) {
  Bytes care(static_cast<std::size_t>(program.out_stride));
  for (const StoredTensor& tensor : program.stored) {
    const Layout& layout = tensor.layout;
    const std::vector<std::int32_t> all_ones(
        static_cast<std::size_t>(layout.channels * layout.height * layout.width), -1);
    pack_tensor(program.hw, layout, all_ones, 0,
                std::span(care).subspan(static_cast<std::size_t>(tensor.offset),
                                        static_cast<std::size_t>(layout.bytes(program.hw))));
  }
  return care;
}

void compare_models(const Program& program, std::span<const std::uint8_t> window,
                    const std::vector<std::vector<std::int32_t>>& tensors, int index) {
  for (const StoredTensor& tensor : program.stored) {
    if (program.stored_codes(tensor, window) != tensors[static_cast<std::size_t>(tensor.tensor)]) {
      throw Error("case {}: the reference models disagree on {}", index, tensor.name);
    }
  }
}

QNet small_network(const isa::Hardware& hw, std::uint64_t seed) {
  RandomNetworkOptions small;
  small.act_w = hw.act_w;
  small.weight_format = hw.weight_format;
  small.acc_w = hw.acc_w;
  small.max_ops = kMaxOps;
  small.max_side = kMaxSide;
  small.max_channels = kMaxChannels;
  small.slice_channels = hw.m;
  small.tables = hw.tables;
  small.depthwise = hw.neighbours > 0;
  small.requantise = hw.requantise > 0;
  return random_qnet(seed, small);
}

/// What a program reads and must write, for all its frames.
struct Frames {
  Bytes inputs, expected, care;
};

/// Throws Error when the two models differ.
Frames run_frames(const Program& program, const QNet& net, std::uint64_t network_seed, int frames,
                  int index) {
  Frames result;
  std::vector<std::vector<std::vector<std::int32_t>>> tensors;
  const Bytes frame_care = cared_for(program);
  for (int frame = 0; frame < frames; ++frame) {
    const auto image = random_image(net, network_seed * 100 + static_cast<std::uint64_t>(frame));
    const Bytes window = program.input_window(image);
    result.inputs.insert(result.inputs.end(), window.begin(), window.end());
    result.care.insert(result.care.end(), frame_care.begin(), frame_care.end());
    tensors.push_back(run_graph(net, image));
  }
  result.expected = ProgramInterpreter(program.hw, program.image)
                        .run(result.inputs, program.in_stride, program.out_stride);
  for (int frame = 0; frame < frames; ++frame) {
    const auto stride = static_cast<std::size_t>(program.out_stride);
    compare_models(
        program,
        std::span(result.expected).subspan(static_cast<std::size_t>(frame) * stride, stride),
        tensors[static_cast<std::size_t>(frame)], index);
  }
  return result;
}

/// Writes the files of a case; returns its settings.
Json write_files(const Program& program, const Frames& data, int frames,
                 const std::filesystem::path& folder) {
  const int width = program.hw.axi_data_w;
  const std::size_t in_base = aligned(program.image.size());
  const std::size_t out_base = aligned(in_base + data.inputs.size());
  Bytes memory = program.image;
  memory.resize(in_base);
  memory.insert(memory.end(), data.inputs.begin(), data.inputs.end());

  const auto memory_lines = bus_words(memory, width);
  const auto expected_lines = bus_words(data.expected, width);
  Json settings;
  settings["prog_size"] = program.image.size();
  settings["in_base"] = in_base;
  settings["in_stride"] = program.in_stride;
  settings["out_base"] = out_base;
  settings["out_stride"] = program.out_stride;
  settings["frames"] = frames;
  settings["memory_lines"] = memory_lines.size();
  settings["expected_lines"] = expected_lines.size();
  std::vector<Bits> case_lines;
  for (const auto& [name, value] : settings.items()) {
    case_lines.emplace_back(32, value.get<std::int64_t>());
  }

  std::filesystem::create_directories(folder);
  write_file(folder / "case.hex", hex_lines(case_lines));
  write_file(folder / "memory.hex", hex_lines(memory_lines));
  write_file(folder / "expected.hex", hex_lines(expected_lines));
  write_file(folder / "care.hex", hex_lines(bus_words(data.care, width)));
  return settings;
}

}  // namespace

Json write_core_case(const isa::Hardware& hw, std::uint64_t seed, int index,
                     const std::filesystem::path& folder) {
  // Cases of one set differ, and so do those of neighbouring seeds.
  const std::uint64_t network_seed = seed * 1'000'003 + static_cast<std::uint64_t>(index);
  const int frames = 1 + index % 2;
  const bool store_all = index % 2 == 0;
  const QNet net = small_network(hw, network_seed);
  const Program program = compile(hw, net, {.store_all = store_all});
  const Json settings =
      write_files(program, run_frames(program, net, network_seed, frames, index), frames, folder);

  Json ops = Json::array();
  for (const OpReport& op : program.ops) ops.push_back(op.name + ": " + op.kind);
  Json stored = Json::array();
  for (const StoredTensor& tensor : program.stored) {
    stored.push_back({{"name", tensor.name},
                      {"offset", tensor.offset},
                      {"channels", tensor.layout.channels},
                      {"height", tensor.layout.height},
                      {"width", tensor.layout.width}});
  }
  return {{"folder", folder.filename().string()},
          {"network_seed", network_seed},
          {"store_all", store_all},
          {"settings", settings},
          {"operations", ops},
          {"stored", stored}};
}

}  // namespace reshift
