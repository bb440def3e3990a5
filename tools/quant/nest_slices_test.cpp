// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/nest_slices.hpp"

#include <gmock/gmock.h>

#include <random>

#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"

namespace reshift {
namespace {

/// A block of a DenseNet: each convolution reads all that came before it, of which the file writes
/// out all inputs each time.
class Block {
 public:
  Block() {
    graph_.tensors = {{"image", 3, 5, 5}};
    std::vector<int> parts{conv(0)};
    int all = parts[0];
    for (int i = 0; i < 3; ++i) {
      parts.push_back(conv(all));
      all = concatenate(parts);
    }
    graph_.outputs = {{"scores", conv(all)}};
  }
  const Graph& graph() const { return graph_; }

 private:
  int add(Node n, int channels) {
    n.output = static_cast<int>(graph_.tensors.size());
    n.name = "n" + std::to_string(n.output);
    graph_.tensors.push_back({n.name, channels, 5, 5});
    graph_.nodes.push_back(n);
    return n.output;
  }
  int conv(int input) {
    Node n;
    n.input = input;
    const int channels = graph_.tensor(input).channels;
    for (int i = 0; i < 2 * channels; ++i)
      n.weights.push_back(static_cast<float>(random_() % 200) / 100 - 1);
    n.bias = {0.1f, 0.2f};
    n.lo = 0;
    return add(n, 2);
  }
  int concatenate(const std::vector<int>& parts) {
    const int output = static_cast<int>(graph_.tensors.size());
    int channels = 0;
    for (const int part : parts) {
      Node n;
      n.name = "concat";
      n.kind = NodeKind::kClamp;
      n.input = part;
      n.output = output;
      n.first_channel = channels;
      channels += graph_.tensor(part).channels;
      graph_.nodes.push_back(n);
    }
    graph_.tensors.push_back({"concat", channels, 5, 5});
    return output;
  }

  Graph graph_;
  std::mt19937 random_{7};
};

TEST(NestSlices, AConcatenationCopiesTheOneThatItRepeats) {
  const Graph graph = Block().graph(), nested = nest_slices(graph);
  // Two inputs, then one and the concatenation before it twice, in place of three and four.
  EXPECT_EQ(nested.nodes.size(), graph.nodes.size() - 1 - 2);
  std::vector<float> image(graph.tensor(0).size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7);
  EXPECT_EQ(run_machine(nested, image), run_machine(graph, image));
}

TEST(NestSlices, NestedConcatenationsHaveOneRange) {
  const Graph fused = fuse(Block().graph());
  const std::vector<std::vector<float>> images(2, std::vector<float>(fused.tensor(0).size(), 0.5f));
  const QNet net = quantize(fused, {}, images, uniform_terms(fused, 2, 2), {}, Rounding::kNearest,
                            OutputRange::kFull);
  std::vector<double> scales;
  for (std::size_t t = 0; t < net.tensors.size(); ++t) {
    if (net.tensors[t].name == "concat") scales.push_back(net.tensors[t].scale);
  }
  ASSERT_EQ(scales.size(), 3u);
  EXPECT_EQ(scales[0], scales[2]);
  EXPECT_EQ(scales[1], scales[2]);
}

}  // namespace
}  // namespace reshift
