// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "demo/demo.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "import/onnx/builder.hpp"
#include "net/preprocess.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

constexpr int kSide = 32, kClasses = 10, kChannels = 3;
constexpr std::size_t kPlane = std::size_t{kSide} * kSide;
constexpr int kTrainImages = 2000, kTestImages = 1000;

/// Whether the figure of a class covers the point (x, y), both about -1 to 1 inside the figure.
bool covers(int figure, double x, double y, double frequency) {
  const double radius = std::hypot(x, y);
  const auto stripe = [&](double t) { return std::sin(std::numbers::pi * frequency * t) > 0; };
  switch (figure) {
    case 0:
      return stripe(y);
    case 1:
      return stripe(x);
    case 2:
      return stripe((x + y) / std::numbers::sqrt2);
    case 3:
      return stripe((x - y) / std::numbers::sqrt2);
    case 4:
      return stripe(x) != stripe(y);
    case 5:
      return radius < 0.8;
    case 6:
      return radius < 0.9 && radius > 0.55;
    case 7:
      return std::max(std::abs(x), std::abs(y)) < 0.7;
    case 8:
      return std::min(std::abs(x), std::abs(y)) < 0.25 && std::max(std::abs(x), std::abs(y)) < 0.9;
    default:
      return stripe(radius * 1.5);
  }
}

/// One CIFAR-10 record: the label byte, then the planes R, G, B.
std::string draw(int label, PortableRandom& random) {
  std::array<double, kChannels> ink, paper;
  for (std::size_t c = 0; c < kChannels; ++c) {
    ink[c] = random.uniform(130, 255);
    paper[c] = random.uniform(0, 120);
  }
  const double centre_x = random.uniform(12, 20), centre_y = random.uniform(12, 20);
  const double size = random.uniform(9, 14), frequency = random.uniform(2.5, 4.5);
  std::string record(1 + kChannels * kPlane, static_cast<char>(label));
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inked = covers(label, (x - centre_x) / size, (y - centre_y) / size, frequency);
      for (std::size_t c = 0; c < kChannels; ++c) {
        const double value = (inked ? ink[c] : paper[c]) + 8 * random.normal();
        record[1 + c * kPlane + static_cast<std::size_t>(y * kSide + x)] =
            static_cast<char>(static_cast<unsigned char>(std::clamp(value, 0.0, 255.0)));
      }
    }
  }
  return record;
}

std::string draw_set(int images, std::uint32_t seed) {
  PortableRandom random(seed);
  std::string records;
  for (int i = 0; i < images; ++i) records += draw(i % kClasses, random);
  return records;
}

/// Builds the network layer by layer: as ONNX, and at once its values on the training images.
class DemoNetwork {
 public:
  /// A tensor's number in the graph is its index in `values_`.
  explicit DemoNetwork(const std::string& records)
      : onnx_("demo_resnet", kChannels, kSide, kSide),
        random_(20),
        images_(records.size() / (1 + kChannels * kPlane)) {
    graph_.tensors.push_back({"image", kChannels, kSide, kSide});
    values_.emplace_back(images_);
    for (std::size_t i = 0; i < images_; ++i) {
      const char* record = records.data() + i * (1 + kChannels * kPlane);
      labels_.push_back(record[0]);
      for (std::size_t p = 1; p <= kChannels * kPlane; ++p) {
        values_[0][i].push_back(
            (static_cast<float>(static_cast<unsigned char>(record[p])) / 255 - 0.5f) * 4);
      }
    }
  }

  std::string build() {
    Progress progress("making the demonstration network", 4);
    const int stem = relu(normalized(conv("stem", 0, 16, 3, 1)));
    progress.advance();
    int x = block("block1", stem, 16, 1);
    progress.advance();
    x = block("block2", x, 32, 2);
    progress.advance();
    x = block("block3", x, 64, 2);
    progress.advance();
    classify(x);
    return onnx_.serialized();
  }

 private:
  /// Runs a node on all images; returns its tensor.
  int run(Node node, const std::string& name, int channels, int height, int width) {
    node.name = name;
    node.output = static_cast<int>(graph_.tensors.size());
    graph_.tensors.push_back({name, channels, height, width});
    values_.emplace_back(images_);
    auto& out = values_.back();
    parallel_for(images_, [&](std::size_t i) {
      Matrix<float> columns;
      out[i].resize(graph_.tensor(node.output).size());
      run_node(graph_, node, operands_of(node, [&](int t) { return value(t)[i].data(); }),
               out[i].data(), columns);
      for (float& v : out[i]) v = std::max(v, node.lo);
    });
    return node.output;
  }

  const std::vector<std::vector<float>>& value(int t) const {
    return values_[static_cast<std::size_t>(t)];
  }
  const std::string& name(int t) const { return graph_.tensor(t).name; }

  std::vector<float> random_filters(int channels, int row) {
    std::vector<float> weights;
    for (int i = 0; i < channels * row; ++i) {
      weights.push_back(static_cast<float>(random_.normal() * std::sqrt(2.0 / row)));
    }
    return weights;
  }

  /// The first layer sees 3x3 colour edges: of all directions, and blind to flat colour.
  std::vector<float> edge_filters(int channels) {
    std::vector<float> weights;
    for (int i = 0; i < channels; ++i) {
      const double angle = 2 * std::numbers::pi * i / channels;
      for (int c = 0; c < kChannels; ++c) {
        const double strength = random_.uniform(0.5, 1) * (random_.uniform() < 0.25 ? -1 : 1);
        for (int tap = 0; tap < 9; ++tap) {
          weights.push_back(static_cast<float>(
              strength * (std::cos(angle) * (tap % 3 - 1) + std::sin(angle) * (tap / 3 - 1))));
        }
      }
    }
    return weights;
  }

  int conv(const std::string& title, int input, int channels, int kernel, int stride) {
    const Tensor in = graph_.tensor(input);
    Node node;
    node.input = input;
    node.kernel_h = node.kernel_w = kernel;
    node.stride_h = node.stride_w = stride;
    node.pad_top = node.pad_left = node.pad_bottom = node.pad_right = kernel / 2;
    node.weights = input == 0 ? edge_filters(channels)
                              : random_filters(channels, in.channels * kernel * kernel);
    node.bias.assign(static_cast<std::size_t>(channels), 0.0f);
    auto& proto = onnx_.node(
        "Conv", title,
        {in.name,
         onnx_.constant(title + ".weight", {channels, in.channels, kernel, kernel}, node.weights)});
    set_attribute(proto, "kernel_shape", {kernel, kernel});
    set_attribute(proto, "strides", {stride, stride});
    set_attribute(proto, "pads", {kernel / 2, kernel / 2, kernel / 2, kernel / 2});
    return run(node, title, channels, in.height / stride, in.width / stride);
  }

  /// Batch normalisation with the mean and the variance that the training images have.
  int normalized(int input) {
    const Tensor in = graph_.tensor(input);
    const std::string title = in.name + ".bn";
    const auto channels = static_cast<std::size_t>(in.channels);
    const std::size_t pixels = in.size() / channels;
    constexpr float kEpsilon = 1e-5f;
    std::vector<float> mean(channels), variance(channels);
    Node node;
    node.kind = NodeKind::kScale;
    node.input = input;
    for (std::size_t c = 0; c < channels; ++c) {
      double sum = 0, squares = 0;
      for (const auto& v : value(input)) {
        for (std::size_t i = c * pixels; i < (c + 1) * pixels; ++i) {
          sum += v[i];
          squares += double{v[i]} * v[i];
        }
      }
      const double count = static_cast<double>(images_ * pixels);
      mean[c] = static_cast<float>(sum / count);
      variance[c] = static_cast<float>(squares / count - (sum / count) * (sum / count));
      node.weights.push_back(1 / std::sqrt(variance[c] + kEpsilon));
      node.bias.push_back(-mean[c] * node.weights.back());
    }
    const OnnxBuilder::Ints dims{in.channels};
    auto& proto = onnx_.node(
        "BatchNormalization", title,
        {in.name, onnx_.constant(title + ".scale", dims, std::vector<float>(channels, 1)),
         onnx_.constant(title + ".bias", dims, std::vector<float>(channels, 0)),
         onnx_.constant(title + ".mean", dims, mean),
         onnx_.constant(title + ".variance", dims, variance)});
    set_attribute(proto, "epsilon", kEpsilon);
    return run(node, title, in.channels, in.height, in.width);
  }

  int relu(int input) {
    const Tensor in = graph_.tensor(input);
    Node node;
    node.kind = NodeKind::kClamp;
    node.input = input;
    node.lo = 0;
    onnx_.node("Relu", in.name + ".relu", {in.name});
    return run(node, in.name + ".relu", in.channels, in.height, in.width);
  }

  int block(const std::string& title, int input, int channels, int stride) {
    const int inner = relu(normalized(conv(title + ".conv1", input, channels, 3, stride)));
    const int main = normalized(conv(title + ".conv2", inner, channels, 3, 1));
    const int shortcut =
        stride == 1 ? input : normalized(conv(title + ".projection", input, channels, 1, stride));
    const Tensor shape = graph_.tensor(main);
    Node node;
    node.kind = NodeKind::kAdd;
    node.input = main;
    node.residual = shortcut;
    onnx_.node("Add", title + ".add", {name(main), name(shortcut)});
    return relu(run(node, title + ".add", shape.channels, shape.height, shape.width));
  }

  /// Global mean, then the linear classifier with the least squared error plus a penalty on its
  /// weights.
  void classify(int input) {
    const Tensor in = graph_.tensor(input);
    Node mean;
    mean.kind = NodeKind::kAvgPool;
    mean.input = input;
    mean.kernel_h = in.height;
    mean.kernel_w = in.width;
    onnx_.node("GlobalAveragePool", "mean", {in.name});
    const int features = run(mean, "mean", in.channels, 1, 1);

    const auto rows = static_cast<Eigen::Index>(images_);
    Eigen::MatrixXd x(rows, in.channels + 1), wanted = Eigen::MatrixXd::Zero(rows, kClasses);
    for (Eigen::Index i = 0; i < rows; ++i) {
      const auto index = static_cast<std::size_t>(i);
      for (Eigen::Index c = 0; c < in.channels; ++c)
        x(i, c) = value(features)[index][static_cast<std::size_t>(c)];
      x(i, in.channels) = 1;
      wanted(i, labels_[index]) = 1;
    }
    Eigen::MatrixXd normal = x.transpose() * x;
    constexpr double kPenalty = 1e-4;
    normal.diagonal().array() += kPenalty * static_cast<double>(rows);
    const Eigen::MatrixXd solution = 10 * normal.ldlt().solve(x.transpose() * wanted);

    std::vector<float> weights, bias;
    for (Eigen::Index k = 0; k < kClasses; ++k) {
      for (Eigen::Index c = 0; c < in.channels; ++c)
        weights.push_back(static_cast<float>(solution(c, k)));
      bias.push_back(static_cast<float>(solution(in.channels, k)));
    }
    onnx_.node("Flatten", "flat", {"mean"});
    auto& proto =
        onnx_.node("Gemm", "scores",
                   {"flat", onnx_.constant("scores.weight", {kClasses, in.channels}, weights),
                    onnx_.constant("scores.bias", {kClasses}, bias)});
    set_attribute(proto, "transB", std::int64_t{1});
    onnx_.output("scores");
  }

  OnnxBuilder onnx_;
  PortableRandom random_;
  Graph graph_;
  std::size_t images_;
  std::vector<int> labels_;
  std::vector<std::vector<std::vector<float>>> values_;  ///< tensor, image, value
};

}  // namespace

void make_demo(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error("cannot make the folder {}: {}", folder, error.message());
  const auto path = [&](const char* name) {
    return (std::filesystem::path(folder) / name).string();
  };
  const std::string train = draw_set(kTrainImages, 1);
  const std::string network = DemoNetwork(train).build();
  write_file(path("demo_train.bin"), train);
  write_file(path("demo_test.bin"), draw_set(kTestImages, 2));
  write_file(path("demo.onnx"), network);
  Preprocess preprocess;
  preprocess.mean = {0.5, 0.5, 0.5};
  preprocess.std = {0.25, 0.25, 0.25};
  write_file(path("demo_preprocess.json"), to_json(preprocess).dump(2) + "\n");
}

}  // namespace reshift
