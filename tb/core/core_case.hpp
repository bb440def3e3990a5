// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "compile/compile.hpp"
#include "core/core_bench.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift {

/// A descriptor of a program.
inline isa::Descriptor descriptor_of(const Program& program, std::size_t index) {
  isa::Descriptor words;
  std::memcpy(words.data(), program.image.data() + index * isa::kDescriptorBytes, sizeof words);
  return words;
}

/// The configuration of the model that this test was built with.
inline constexpr isa::Hardware kHardware{
    .name = RESHIFT_CONFIG,
    .m = RESHIFT_M,
    .c = RESHIFT_C,
    .p = RESHIFT_P,
    .act_w = RESHIFT_ActW,
    .weight_format = RESHIFT_WeightFormat,
    .acc_w = RESHIFT_AccW,
    .mult_w = RESHIFT_MultW,
    .fb_depth = RESHIFT_FbDepth,
    .wm_depth = RESHIFT_WmDepth,
    .pm_depth = RESHIFT_PmDepth,
    .post_lanes = RESHIFT_PostLanes,
    .tables = RESHIFT_Tables,
    .axi_data_w = RESHIFT_AxiDataW,
    .neighbours = RESHIFT_Neighbours,
    .weight_check = RESHIFT_WeightCheck,
    .weight_streams = RESHIFT_WeightStreams,
    .requantise = RESHIFT_Requantise,
};

/// Weight format of the networks: that of the core; of multiplier lanes, so many powers of two that
/// the sum of a weight's terms is an integer that they take.
inline constexpr int kNetworkFormat = is_multiplier(kHardware.weight_format)
                                          ? std::min(weight_bits(kHardware.weight_format) - 2, 7)
                                          : kHardware.weight_format;

/// Channels of the networks: fewer for the smallest cores, which take long.
inline constexpr int kMaxChannels = kHardware.m * kHardware.c * kHardware.p < 16 ? 16 : 40;

/// A random network with its program, its images and what the reference model makes of them.
struct CoreCase {
  CoreCase(std::uint64_t seed, bool store_all, int frame_count, int batch = 1)
      : net(random_qnet(seed, {.act_w = kHardware.act_w,
                               .weight_format = kNetworkFormat,
                               .mult_w = kHardware.mult_w,
                               .acc_w = kHardware.acc_w,
                               .max_channels = kMaxChannels,
                               .slice_channels = kHardware.m,
                               .tables = kHardware.tables,
                               .depthwise = kHardware.neighbours > 0,
                               .requantise = kHardware.requantise > 0})),
        program(compile(kHardware, net, {.store_all = store_all, .batch = batch})),
        frames(frame_count) {
    for (int i = 0; i < frames * batch; ++i) {
      const auto image = random_image(net, seed * 100 + static_cast<std::uint64_t>(i));
      const auto window = program.input_window(image);
      inputs.insert(inputs.end(), window.begin(), window.end());
      expected.push_back(run_graph(net, image));
    }
    windows = ProgramInterpreter(kHardware, program.image)
                  .run(inputs, program.frame_in_stride(), program.frame_out_stride());
  }

  /// Runs the program on a core after a reset, and compares every tensor that it stored; then the
  /// whole output windows: what belongs to no tensor is zero, or else the program wrote it.
  template <typename Model>
  void run_and_compare(CoreBench<Model>& core) const {
    core.run(program, inputs, frames);
    ASSERT_EQ(core.get(isa::reg::kErrCause), 0u);
    ASSERT_EQ(core.get(isa::reg::kFramesDone), static_cast<std::uint32_t>(frames));
    const auto outputs = core.outputs(program, frames);
    ASSERT_FALSE(program.stored.empty());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::span<const std::uint8_t> window(
          outputs.data() + static_cast<std::int64_t>(i) * program.out_stride,
          static_cast<std::size_t>(program.out_stride));
      for (const StoredTensor& tensor : program.stored) {
        ASSERT_EQ(program.stored_codes(tensor, window),
                  expected[i][static_cast<std::size_t>(tensor.tensor)])
            << "image " << i << ", " << tensor.name;
      }
    }
    ASSERT_TRUE(outputs == windows) << "bytes of no tensor differ";
  }

  QNet net;
  Program program;
  int frames;
  std::vector<std::uint8_t> inputs;
  std::vector<std::vector<std::vector<std::int32_t>>> expected;  ///< [image][tensor][element]
  std::vector<std::uint8_t> windows;  ///< output windows of all frames, by the program interpreter
};

}  // namespace reshift
