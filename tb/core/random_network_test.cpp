// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Random small networks through the whole core: every tensor that reaches memory equals the
// reference model's, bit for bit.

#include "golden/random_network.hpp"

#include <gtest/gtest.h>

#include "compile/compile.hpp"
#include "core/core_bench.hpp"
#include "golden/graph_interpreter.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

struct Case {
  bool store_all;
  int frames;
  CoreRunOptions options;
};

class RandomNetwork : public testing::TestWithParam<int> {};

constexpr spec::Hardware kHardware{
    .name = RESHIFT_CONFIG,
    .m = RESHIFT_M,
    .c = RESHIFT_C,
    .p = RESHIFT_P,
    .act_w = RESHIFT_ActW,
    .exponents = RESHIFT_ExpN,
    .acc_w = RESHIFT_AccW,
    .fb_depth = RESHIFT_FbDepth,
    .wm_depth = RESHIFT_WmDepth,
    .pm_depth = RESHIFT_PmDepth,
    .axi_data_w = RESHIFT_AxiDataW,
};

void run_case(std::uint64_t seed, const Case& c) {
  const QNet net = random_qnet(seed, {.act_w = kHardware.act_w, .exponents = kHardware.exponents});
  const Program program = compile(kHardware, net, {.store_all = c.store_all});

  std::vector<std::uint8_t> inputs;
  std::vector<std::vector<std::vector<std::int32_t>>> expected;
  for (int frame = 0; frame < c.frames; ++frame) {
    const auto image = random_image(net, seed * 100 + static_cast<std::uint64_t>(frame));
    const auto window = program.input_window(image);
    inputs.insert(inputs.end(), window.begin(), window.end());
    expected.push_back(run_graph(net, image));
  }

  CoreBench<RESHIFT_MODEL> core(kHardware, c.options, seed);
  core.run(program, inputs, c.frames);
  ASSERT_EQ(core.get(spec::reg::kErrCause), 0u);
  ASSERT_EQ(core.get(spec::reg::kFramesDone), static_cast<std::uint32_t>(c.frames));

  const auto outputs = core.outputs(program, c.frames);
  ASSERT_FALSE(program.stored.empty());
  for (int frame = 0; frame < c.frames; ++frame) {
    const std::span<const std::uint8_t> window(outputs.data() + frame * program.out_stride,
                                               static_cast<std::size_t>(program.out_stride));
    for (const StoredTensor& tensor : program.stored) {
      const auto codes = program.stored_codes(tensor, window);
      const auto& want =
          expected[static_cast<std::size_t>(frame)][static_cast<std::size_t>(tensor.tensor)];
      ASSERT_EQ(codes.size(), want.size());
      for (std::size_t i = 0; i < codes.size(); ++i) {
        ASSERT_EQ(codes[i], want[i])
            << "frame " << frame << ", " << tensor.name << ", element " << i;
      }
    }
  }
}

TEST_P(RandomNetwork, EveryTensorEqualsTheModel) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  run_case(seed, {.store_all = true, .frames = 1, .options = {}});
}

TEST_P(RandomNetwork, OverlappedFramesOnAnUnevenMemory) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  run_case(seed, {.store_all = false,
                  .frames = 3,
                  .options = {.read_latency = 1 + GetParam() % 60,
                              .stalls = true,
                              .misalignment = GetParam() % 16}});
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetwork, testing::Range(0, 40));

}  // namespace
}  // namespace reshift
