// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/quantize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <functional>
#include <random>

#include "base/error.hpp"
#include "base/shared_testing.hpp"
#include "golden/graph_interpreter.hpp"
#include "import/import.hpp"
#include "quant/auto_terms.hpp"
#include "quant/encode.hpp"
#include "quant/evaluate.hpp"
#include "quant/float_graph.hpp"
#include "quant/range.hpp"
#include "quant/sensitivity.hpp"

namespace reshift {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A residual network of every kind of operation: stem, shortcut by selection, max pooling, mean,
/// classifier.
struct Sample {
  Graph graph;
  CalibrationImages images;
  std::vector<int> labels;
  std::mt19937 random{11};

  float uniform() { return static_cast<float>(random() * 0x1p-31 - 1); }

  int add(NodeKind kind, const char* name, int input, int channels, int kernel, int pad,
          int stride = 1) {
    const Tensor in = graph.tensor(input);
    Node n;
    n.name = name;
    n.kind = kind;
    n.input = input;
    n.output = static_cast<int>(graph.tensors.size());
    n.kernel_h = n.kernel_w = kernel;
    n.stride_h = n.stride_w = stride;
    n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = pad;
    if (kind == NodeKind::kConv) {
      for (int i = 0; i < channels * in.channels * kernel * kernel; ++i)
        n.weights.push_back(uniform() * 0.5f);
      for (int i = 0; i < channels; ++i) n.bias.push_back(uniform());
    }
    graph.tensors.push_back({name, channels, (in.height + 2 * pad - kernel) / stride + 1,
                             (in.width + 2 * pad - kernel) / stride + 1});
    graph.nodes.push_back(n);
    return n.output;
  }

  Sample() {
    graph.name = "sample";
    graph.tensors.push_back({"image", 3, 8, 8});
    const int stem = add(NodeKind::kConv, "stem", 0, 8, 3, 1);
    graph.nodes.back().lo = 0;
    const int shortcut = add(NodeKind::kConv, "shortcut", stem, 8, 1, 0, 2);
    Node& selection = graph.nodes.back();
    selection.bias.assign(8, 0);
    for (std::size_t i = 0; i < 64; ++i) selection.weights[i] = i % 9 == 0 && i < 40 ? 1.0f : 0.0f;
    const int pooled = add(NodeKind::kMaxPool, "max", stem, 8, 2, 0, 2);
    const int sum = add(NodeKind::kConv, "main", pooled, 8, 3, 1);
    graph.nodes.back().residual = shortcut;
    graph.nodes.back().lo = 0;
    graph.nodes.back().hi = 2;
    const int mean = add(NodeKind::kAvgPool, "mean", sum, 8, 4, 0);
    graph.outputs = {{"scores", add(NodeKind::kConv, "classes", mean, 4, 1, 0)}};
    for (int i = 0; i < 200; ++i) {
      std::vector<float> image(3 * 64);
      for (float& v : image) v = (uniform() + 1) / 2;
      const auto scores = run_float(graph, image).front();
      labels.push_back(
          static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
      images.push_back(image);
    }
  }

  /// Root of the mean squared difference from the float network, relative to its spread, over the
  /// clamped range.
  double error(const QNet& net) const {
    const FastGraph fast(net);
    const QTensor& out = net.scores();
    double sum = 0, spread = 0;
    for (const auto& image : images) {
      const auto codes = fast.run(quantize_values(net, image)).front();
      const auto wanted = run_float(graph, image).front();
      const auto real = [&](int code) { return out.scale * (code - out.zero); };
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const double target = std::clamp<double>(wanted[i], real(-(1 << (net.act_w - 1))),
                                                 real((1 << (net.act_w - 1)) - 1));
        sum += std::pow(real(codes[i]) - target, 2);
        spread += std::pow(target, 2);
      }
    }
    return std::sqrt(sum / spread);
  }
};

TEST(Quantize, MoreTermsAndBitsComeNearer) {
  const Sample sample;
  const auto error = [&](int terms, int bits) {
    const QNet net = quantize(sample.graph, {}, sample.images,
                              uniform_terms(sample.graph, terms, terms), {.act_w = bits});
    for (const QOp& op : net.ops) {
      const bool one = op.kind != QKind::kConv || op.name == "shortcut";
      EXPECT_EQ(op.terms, one ? 1 : terms) << op.name;
    }
    return sample.error(net);
  };
  const double one = error(1, 8), two = error(2, 8), three = error(3, 12);
  EXPECT_LT(one, 0.15);
  EXPECT_LT(two, one);
  EXPECT_LT(three, two / 2);
}

TEST(Quantize, FactorsHaveTheirBits) {
  const Sample sample;
  const auto net_of = [&](int bits) {
    return quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 2, 2),
                    {.act_w = 12, .factor_w = bits});
  };
  for (const int bits : {6, 10, 16}) {
    const QNet net = net_of(bits);
    for (const QOp& op : net.ops) {
      for (const ChannelParams& c : op.params) EXPECT_EQ(std::bit_width(c.mult), bits) << op.name;
    }
  }
  const double six = sample.error(net_of(6)), ten = sample.error(net_of(10));
  EXPECT_GT(six, 1.05 * ten);
  EXPECT_LT(six, 0.05);
}

TEST(Quantize, ActivationsOfSixBits) {
  const Sample sample;
  const auto error = [&](int bits) {
    const QNet net = quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 3, 3),
                              {.act_w = bits});
    EXPECT_EQ(net.act_w, bits);
    return sample.error(net);
  };
  const double six = error(6), eight = error(8);
  EXPECT_LT(six, 0.3);
  EXPECT_LT(eight, six / 2);
}

TEST(Quantize, ExponentsOfTerms) {
  const Sample sample;
  const auto error = [&](int exponents) {
    const QNet net = quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 1, 1),
                              {.act_w = 12, .weight_format = exponents, .acc_w = 32});
    EXPECT_EQ(net.weight_format, exponents);
    int largest = 0;
    for (const QOp& op : net.ops) {
      for (const int term : op.term_values) largest = std::max(largest, std::abs(term));
    }
    EXPECT_EQ(largest, 1 << (exponents - 1));
    return sample.error(net);
  };
  const double three = error(3), seven = error(7);
  EXPECT_LT(seven, three);
  EXPECT_LT(error(15), three);
}

TEST(Quantize, RefusesWhatIsQuantisedAlready) {
  Sample sample;
  sample.graph.tensors[1].quantization = {{0.5f}, {3}};
  const auto message = [](const std::function<void()>& run) -> std::string {
    try {
      run();
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  const auto terms = uniform_terms(sample.graph, 1, 1);
  const auto expected = HasSubstr(
      "tensor stem is quantised already; reading quantised networks is not supported yet");
  EXPECT_THAT(message([&] { fuse(sample.graph); }), expected);
  EXPECT_THAT(message([&] { quantize(sample.graph, {}, sample.images, terms, {}); }), expected);
}

TEST(Quantize, NearestRounding) {
  const Sample sample;
  const auto error = [&](int terms, Rounding rounding) {
    return sample.error(quantize(sample.graph, {}, sample.images,
                                 uniform_terms(sample.graph, terms, terms), {}, rounding));
  };
  const double one = error(1, Rounding::kNearest), two = error(2, Rounding::kNearest);
  EXPECT_LT(one, 0.5);
  EXPECT_LT(two, one / 2);
  EXPECT_LT(error(1, Rounding::kCompensated), one);
}

// A downsampling block whose two inputs have other scales and zero points.
TEST(Quantize, MergedShortcutIsAsNearAsALayerOfItsOwn) {
  Sample sample;
  Graph& graph = sample.graph;
  graph = {};
  graph.tensors = {{"image", 3, 8, 8}};
  const int stem = sample.add(NodeKind::kConv, "stem", 0, 8, 3, 1);
  graph.nodes.back().lo = 0;
  const int first = sample.add(NodeKind::kConv, "first", stem, 6, 3, 1, 2);
  const int second = sample.add(NodeKind::kConv, "second", first, 10, 3, 1);
  const int projection = sample.add(NodeKind::kConv, "projection", stem, 10, 1, 0, 2);
  graph.outputs = {{"scores", sample.add(NodeKind::kAdd, "sum", second, 10, 1, 0)}};
  graph.nodes.back().residual = projection;
  for (const Rounding rounding : {Rounding::kCompensated, Rounding::kNearest}) {
    for (const int terms : {1, 2}) {
      const auto error = [&](bool merged, std::size_t ops) {
        const Graph fused = fuse(graph, merged);
        const QNet net =
            quantize(fused, {}, sample.images, uniform_terms(fused, terms, terms), {}, rounding);
        EXPECT_EQ(net.ops.size(), ops);
        return sample.error(net);
      };
      EXPECT_LT(error(true, 3), 1.1 * error(false, 4)) << terms << " terms";
    }
  }
}

TEST(Quantize, LayersTooLargeToCompensateAreRoundedToNearest) {
  Sample sample;
  sample.graph = {};
  sample.graph.tensors = {{"image", 3, 3, 3}};
  const int wide = sample.add(NodeKind::kConv, "wide", 0, kMostCompensated / 9 + 1, 1, 0);
  sample.graph.outputs = {{"scores", sample.add(NodeKind::kConv, "large", wide, 2, 3, 0)}};
  for (auto& image : sample.images) image.resize(27);
  sample.images.resize(20);
  const Graph& graph = sample.graph;
  EXPECT_EQ(rounding_of(graph.nodes[0], Rounding::kCompensated), Rounding::kCompensated);
  EXPECT_EQ(rounding_of(graph.nodes[0], Rounding::kNearest), Rounding::kNearest);
  EXPECT_EQ(rounding_of(graph.nodes[1], Rounding::kCompensated), Rounding::kNearest);
  const auto terms = [&](Rounding rounding, std::size_t op) {
    return quantize(graph, {}, sample.images, uniform_terms(graph, 1, 1), {}, rounding)
        .ops[op]
        .term_values;
  };
  EXPECT_NE(terms(Rounding::kCompensated, 0), terms(Rounding::kNearest, 0));
  EXPECT_EQ(terms(Rounding::kCompensated, 1), terms(Rounding::kNearest, 1));
}

TEST(Quantize, TensorsAndBounds) {
  const Sample sample;
  const QNet net = quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 1, 2), {});
  const auto& tensors = net.tensors;
  EXPECT_EQ(tensors[1].zero, -128);               // after a ReLU
  EXPECT_EQ(tensors[2].scale, tensors[1].scale);  // a selection and a maximum keep the codes
  EXPECT_EQ(tensors[3].scale, tensors[1].scale);
  EXPECT_EQ(net.ops[3].post.lo, -128);
  EXPECT_NEAR((net.ops[3].post.hi + 128) * tensors[4].scale, 2, 0.1);
  EXPECT_EQ(net.ops[0].terms, 2);
  EXPECT_EQ(net.ops[5].terms, 2);
}

TEST(Quantize, AnOutputWithoutWeightsKeepsItsBias) {
  for (const float weight : {0.0f, 1e-20f}) {  // none, and weights that no sum can show
    Sample sample;
    Node& classes = sample.graph.nodes.back();
    std::fill(classes.weights.begin(), classes.weights.begin() + 8, weight);
    const QNet net =
        quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 1, 1), {});
    const auto codes = FastGraph(net).run(quantize_values(net, sample.images[0])).front();
    const QTensor& out = net.scores();
    const double lowest = out.scale * (-128 - out.zero);
    EXPECT_NEAR(out.scale * (codes[0] - out.zero), std::max<double>(classes.bias[0], lowest),
                out.scale);
  }
}

/// A convolution, a mean and a copy of the convolution's input side by side, the first two after a
/// ReLU, the third of another size, which what is computed from it says first.
struct SlicedSample : Sample {
  SlicedSample() {
    graph = {};
    graph.name = "sliced";
    graph.tensors = {{"image", 3, 8, 8}};
    const int stem = add(NodeKind::kConv, "stem", 0, 8, 3, 1);
    graph.nodes.back().lo = 0;
    const int both = add(NodeKind::kConv, "small", stem, 4, 3, 1);
    graph.tensors.back().channels = 24;
    graph.nodes.back().lo = 0;
    for (float& w : graph.nodes.back().weights) w *= 0.1f;
    const int late = add(NodeKind::kConv, "late", stem, 4, 3, 1);
    add(NodeKind::kConv, "large", late, 12, 3, 1);
    slice(both, 4);
    for (float& w : graph.nodes.back().weights) w *= 3;
    add(NodeKind::kConv, "copy", stem, 8, 1, 0);
    slice(both, 16);
    Node& selection = graph.nodes.back();
    selection.bias.assign(8, 0);
    for (std::size_t i = 0; i < 64; ++i) selection.weights[i] = i % 9 == 0 ? 1.0f : 0.0f;
    const int mean = add(NodeKind::kAvgPool, "mean", both, 24, 8, 0);
    graph.outputs = {{"scores", add(NodeKind::kConv, "classes", mean, 4, 1, 0)}};
  }

  /// Lets the newest node write a slice of a tensor and drops its own.
  void slice(int tensor, int first_channel) {
    graph.nodes.back().output = tensor;
    graph.nodes.back().first_channel = first_channel;
    graph.tensors.pop_back();
  }
};

TEST(Quantize, SlicesHaveTheRangeOfTheWholeTensor) {
  const SlicedSample sample;
  const QNet net =
      quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 2, 2), {.act_w = 12});
  EXPECT_LT(sample.error(net), 0.1);
  // Every slice alone in the real network: the largest value of all is within the tensor's range,
  // although the slice that is written first has only small ones.
  const QTensor& both = net.tensors[2];
  ASSERT_EQ(both.name, "small");
  double small = 0, large = 0;
  for (const auto& image : sample.images) {
    Graph part = sample.graph;
    part.outputs = {{"both", 2}};
    const auto values = run_float(part, image).front();
    for (std::size_t i = 0; i < values.size(); ++i) {
      double& most = i < 4 * 64 ? small : large;
      most = std::max<double>(most, std::abs(values[i]));
    }
  }
  const double reach = std::max((2047 - both.zero) * both.scale, (both.zero + 2048) * both.scale);
  EXPECT_LT(2 * small, large);
  EXPECT_GT(reach, 0.5 * large);
  EXPECT_LT(reach, 1.1 * large);
  // Slices of different operations come out of the integer network as the float network has them.
  QNet part = net;
  part.outputs = {{"both", 2}};
  Graph real = sample.graph;
  real.outputs = {{"both", 2}};
  double difference = 0, spread = 0;
  const FastGraph fast(part);
  for (const auto& image : sample.images) {
    const auto codes = fast.run(quantize_values(net, image)).front();
    const auto values = run_float(real, image).front();
    for (std::size_t i = 16 * 64; i < codes.size(); ++i) {  // the copy
      difference += std::pow(both.scale * (codes[i] - both.zero) - values[i], 2);
      spread += std::pow(values[i], 2);
    }
  }
  EXPECT_LT(std::sqrt(difference / spread), 0.1);
}

struct SplitSample : Sample {
  HeldOut held_out{
      graph, {images.begin() + 100, images.end()}, {labels.begin() + 100, labels.end()}};
  SplitSample() { images.resize(100); }
};

TEST(HeldOut, MeasuresAgainstTheFloatNetwork) {
  const SplitSample sample;
  EXPECT_EQ(sample.held_out.float_accuracy(), 100);  // the labels are its own
  const auto loss = [&](int terms, int bits) {
    return sample.held_out.measure(quantize(sample.graph, {}, sample.images,
                                            uniform_terms(sample.graph, terms, terms),
                                            {.act_w = bits}));
  };
  const Loss rough = loss(1, 8), fine = loss(3, 14);
  EXPECT_GT(fine.same, 98);
  EXPECT_LT(fine.divergence, rough.divergence);
  EXPECT_LE(fine.expected, rough.expected);
  EXPECT_DOUBLE_EQ(rough.drop, 100 - rough.same);
}

TEST(HeldOut, KnowsTheScoresBeforeASoftmax) {
  SplitSample sample;
  const QNet net = quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 1, 1), {});
  const HeldOut plain(sample.graph, sample.images, sample.labels);
  sample.graph.tail.inputs = {{1, 4, 1, 1}};
  sample.graph.tail.steps = {{HostStep::Kind::kAlong, "Softmax", {1}, {}, {0}},
                             {HostStep::Kind::kReshape, "", {1, 4}, {}, {1}}};
  sample.graph.tail.outputs = {{"probabilities", 2, {1, 4}}};
  const HeldOut with_tail(sample.graph, sample.images, sample.labels);
  EXPECT_EQ(with_tail.measure(net).divergence, plain.measure(net).divergence);
  EXPECT_EQ(with_tail.float_accuracy(), 100);
}

/// A million for every term of a layer, so that all layers are equally worth a term less.
FrameCost terms_of(const QNet& net) {
  FrameCost cost;
  for (const QOp& op : net.ops) {
    cost.of_op.push_back(op.kind == QKind::kConv ? 1e6 * op.terms : 0);
    cost.total += cost.of_op.back();
  }
  return cost;
}

std::vector<int> terms(const QNet& net) {
  std::vector<int> terms;
  for (const QOp& op : net.ops) terms.push_back(op.terms);
  return terms;
}

TEST(AutoTerms, ReachesTheTarget) {
  const SplitSample sample;
  const auto choose = [&](const TermSearch& search) {
    return choose_terms(sample.graph, {}, sample.images, sample.held_out, search);
  };
  const ChosenTerms easy = choose({.target_drop = 100});
  EXPECT_EQ(terms(easy.net), uniform_terms(sample.graph, 1, 1));
  EXPECT_DOUBLE_EQ(easy.chosen.cost, work_of(easy.net).total);
  const ChosenTerms hard = choose({.target_drop = 4, .end_terms = 2});
  EXPECT_TRUE(hard.reached);
  EXPECT_LE(hard.chosen.points, 4);
  EXPECT_EQ(hard.net.ops.front().terms, 2);
  EXPECT_EQ(hard.net.ops.back().terms, 2);
  EXPECT_LE(lost_points(sample.held_out, sample.held_out.measure(hard.net)), 4);
  const ChosenTerms never = choose({.target_drop = 0, .format = {.act_w = 8}});
  EXPECT_EQ(never.reached, never.chosen.points <= 0);
}

TEST(AutoTerms, KeepsACostAndShowsWhatItMeasured) {
  const SplitSample sample;
  // Seven terms in all with two in each of the three layers; the selection always has one.
  const ChosenTerms chosen = choose_terms(sample.graph, {}, sample.images, sample.held_out,
                                          {.most_cost = 6e6, .points = 2, .cost = terms_of});
  EXPECT_TRUE(chosen.reached);
  EXPECT_EQ(chosen.two_terms, 7e6);
  EXPECT_EQ(chosen.chosen.cost, 6e6);
  EXPECT_EQ(terms_of(chosen.net).total, 6e6);
  // The layer that lost its term is the one that loses least.
  std::size_t least = 0;
  for (std::size_t i = 0; i < chosen.net.ops.size(); ++i) {
    if (chosen.net.ops[i].terms == 1 && chosen.sensitivity[i] != 0) least = i;
  }
  for (std::size_t i = 0; i < chosen.net.ops.size(); ++i) {
    if (chosen.net.ops[i].terms == 2) {
      EXPECT_LE(chosen.sensitivity[least], chosen.sensitivity[i]) << i;
    }
  }
  EXPECT_GE(chosen.measured.size(), 4U);
  for (std::size_t i = 1; i < chosen.measured.size(); ++i)
    EXPECT_LE(chosen.measured[i - 1].cost, chosen.measured[i].cost);
  const ChosenTerms least_of_all = choose_terms(sample.graph, {}, sample.images, sample.held_out,
                                                {.most_cost = 1e6, .cost = terms_of});
  EXPECT_FALSE(least_of_all.reached);
  EXPECT_EQ(terms_of(least_of_all.net).total, 4e6);
}

TEST(AutoTerms, FrontHasWhatNothingBeats) {
  const auto point = [](double cost, double points) {
    TermPoint p;
    p.cost = cost;
    p.points = points;
    return p;
  };
  EXPECT_THAT(pareto_front({point(1, 5), point(2, 6), point(3, 1), point(4, 1), point(5, 0)}),
              ::testing::ElementsAre(true, false, true, false, true));
}

// One operation replaced, measured as a network of its own.
TEST(Sensitivity, IsThatOfTheNetworkWithTheOtherLayer) {
  const SplitSample sample;
  std::vector<std::optional<QOp>> others;
  const QNet net =
      quantize_with_alternatives(sample.graph, {}, sample.images, uniform_terms(sample.graph, 2, 2),
                                 {}, Rounding::kCompensated, OutputRange::kAuto, 1, others);
  const auto growth = sensitivities(net, others, sample.held_out, 0);
  const double base = sample.held_out.measure(net).divergence;
  ASSERT_EQ(growth.size(), net.ops.size());
  int replaced = 0;
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    EXPECT_EQ(others[i].has_value(), net.ops[i].terms == 2) << net.ops[i].name;
    if (!others[i]) continue;
    ++replaced;
    QNet other = net;
    other.ops[i] = *others[i];
    EXPECT_EQ(other.ops[i].terms, 1);
    EXPECT_NEAR(growth[i], sample.held_out.measure(other).divergence - base, 1e-9);
  }
  EXPECT_EQ(replaced, 3);
}

TEST(Quantize, OutputsThatAreNoScoresAreNotCut) {
  Sample sample;
  const auto lowest = [&](OutputRange range) {
    const QNet net = quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 2, 2),
                              {}, Rounding::kNearest, range);
    return net.scores().scale * (-128 - net.scores().zero);
  };
  // A bias that no image gets over puts one output far below the others.
  sample.graph.nodes.back().bias[1] -= 100;
  EXPECT_LT(lowest(OutputRange::kFull), -90);
  sample.graph.outputs.push_back({"stem", 1});
  EXPECT_LT(lowest(OutputRange::kAuto), -90);
  sample.graph.outputs.pop_back();
  EXPECT_TRUE(has_scores(sample.graph, OutputRange::kAuto));
}

TEST(Quantize, NamesWhereValuesStopBeingNumbers) {
  const auto message = [](const Sample& sample) -> std::string {
    try {
      quantize(sample.graph, {}, sample.images, uniform_terms(sample.graph, 1, 1), {});
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  Sample weights;
  weights.graph.nodes[3].weights[5] = std::nanf("");
  EXPECT_THAT(message(weights), AllOf(HasSubstr("operation main:"), HasSubstr("its weights")));
  Sample image;
  image.images[7][3] = INFINITY;
  EXPECT_THAT(message(image), HasSubstr("calibration image 7"));
  Sample large;
  for (float& w : large.graph.nodes[0].weights) w = 3e38f;
  EXPECT_THAT(message(large), AllOf(HasSubstr("operation stem:"), HasSubstr("sums pass")));
}

TEST(EncodeFactor, SaysWhyAndWhatToDo) {
  EXPECT_EQ(encode_factor(0.75, 16, "x").mult, 49152);
  try {
    encode_factor(1e8, 16, "stem, output channel 3");
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("stem, output channel 3"), HasSubstr("1e+08"),
                                HasSubstr("clip or rescale")));
  }
}

TEST(Range, IsTheBestOfAllTried) {
  // Many small values and a single outlier: clamping it costs less than coarse steps for all.
  std::vector<float> values;
  for (int i = 0; i < 10000; ++i) values.push_back(static_cast<float>(i % 1000) / 1000);
  values.push_back(1.5f);
  const Range range = best_range({values}, 7);
  EXPECT_EQ(range.low, 0);
  EXPECT_GT(range.high, 0.9);
  EXPECT_LT(range.high, 1.2);
  const Range both = best_range({{-2.0f, 3.0f}}, 255);
  EXPECT_NEAR(both.low, -2, 0.01);
  EXPECT_NEAR(both.high, 3, 0.01);
}

TEST(InTop, RanksAndRefuses) {
  const std::vector<double> scores{1, 5, 5, 0};
  EXPECT_TRUE(in_top(scores, 1, 1));
  EXPECT_FALSE(in_top(scores, 2, 1));  // the first of equals wins
  EXPECT_TRUE(in_top(scores, 2, 2));
  EXPECT_FALSE(in_top(scores, 3, 3));
  const double nan = std::nan("");
  EXPECT_FALSE(in_top({nan, nan}, 0, 5));
  EXPECT_FALSE(in_top({nan, 1}, 1, 1));
  EXPECT_FALSE(in_top({1, nan}, 0, 2));
  EXPECT_THROW(in_top(scores, 4, 1), Error);
  EXPECT_THROW(in_top(scores, -1, 1), Error);
}

/// Images of class 0, every third of them damaged.
class DamagedData : public Samples {
 public:
  std::size_t size() const override { return 9; }
  bool labelled() const override { return true; }
  reshift::Sample get(std::size_t i) const override {
    if (i % 3 == 1) throw DamagedImage("image {}: damaged", i);
    return {{static_cast<float>(i)}, 0, std::to_string(i)};
  }
};

TEST(Evaluate, ScoresBeforeTheFirstClass) {
  const auto score = [](const reshift::Sample&) {
    return std::vector{0.0, 1.0};
  };  // background, class 0
  EXPECT_DOUBLE_EQ(evaluate(DamagedData(), 1, 0, score).top1, 0);
  EXPECT_DOUBLE_EQ(evaluate(DamagedData(), 1, 1, score).top1, 100);
  EXPECT_THROW(evaluate(DamagedData(), 1, 2, score), Error);
}

TEST(Evaluate, NamesDamagedImagesAndClassifiesTheRest) {
  const auto score = [](const reshift::Sample& sample) {  // right for the images 0, 2 and 3
    return sample.values[0] < 4 ? std::vector{1.0, 0.0} : std::vector{0.0, 1.0};
  };
  const Accuracy accuracy = evaluate(DamagedData(), 0, 0, score);
  EXPECT_EQ(accuracy.images, 6u);
  EXPECT_DOUBLE_EQ(accuracy.top1, 50);
  EXPECT_EQ(accuracy.damaged,
            (std::vector<std::string>{"image 1: damaged", "image 4: damaged", "image 7: damaged"}));
}

/// Real networks and images beside the repository, where they are.
class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = shared_folder("data");
    if (!std::filesystem::exists(folder_))
      GTEST_SKIP() << "no real networks and images beside the repository";
  }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::filesystem::path folder_;
};

TEST_F(RealData, ResNet8KeepsItsAccuracy) {
  const Graph graph = fuse(import_network(path("models_cifar10/resnet8/resnet8_cifar10.onnx")));
  Preprocess raw;
  raw.scale = 1;
  const InputShape shape{3, 32, 32};
  const auto training = open_samples(path("cifar10/data_batch_1.bin.xz"), "", raw, shape);
  CalibrationImages images;
  for (std::size_t i = 0; i < 256; ++i) images.push_back(training->get(i).values);
  const QNet net = quantize(graph, raw, images, uniform_terms(graph, 1, 2), {});
  const FastGraph fast(net);
  const auto test = open_samples(path("cifar10/test_batch.bin.xz"), "", raw, shape);
  const auto real = evaluate(*test, 1000, 0, [&](const reshift::Sample& sample) {
    const auto out = run_float(graph, sample.values).front();
    return std::vector<double>(out.begin(), out.end());
  });
  const auto quantised = evaluate(*test, 1000, 0, [&](const reshift::Sample& sample) {
    const auto out = fast.run(quantize_values(net, sample.values)).front();
    return std::vector<double>(out.begin(), out.end());
  });
  EXPECT_GT(real.top1, 85);
  EXPECT_GT(quantised.top1, real.top1 - 2.5);
}

}  // namespace
}  // namespace reshift
