// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "golden/graph_interpreter.hpp"
#include "import/import.hpp"
#include "quant/evaluate.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

struct EvalOptions {
  std::string model, data, labels, preprocess, json;
  std::size_t count = 0;
  int label_offset = 0;
};

Accuracy evaluate_quantized(const EvalOptions& options) {
  const QNet net = QNet::load(options.model);
  const FastGraph graph(net);
  const auto data = open_samples(options.data, options.labels, net);
  return evaluate(*data, options.count, options.label_offset, [&](const Sample& sample) {
    const auto codes = graph.run(quantize_values(net, sample.values)).front();
    return std::vector<double>(codes.begin(), codes.end());
  });
}

Accuracy evaluate_float(const EvalOptions& options) {
  const Graph graph = fuse(import_network(options.model));
  const Preprocess preprocess = load_preprocess(options.preprocess);
  const Tensor& in = graph.tensor(0);
  const auto data =
      open_samples(options.data, options.labels, preprocess, {in.channels, in.height, in.width});
  return evaluate(*data, options.count, options.label_offset, [&](const Sample& sample) {
    const auto values = run_float(graph, sample.values).front();
    return std::vector<double>(values.begin(), values.end());
  });
}

void run_eval(const EvalOptions& options) {
  check_output(options.json);
  const bool quantized = !container_kind(options.model).empty();
  if (quantized && !options.preprocess.empty()) {
    throw Error("{}: a quantised network has its own preprocessing; leave --preprocess out",
                options.model);
  }
  if (!quantized && options.preprocess.empty()) {
    throw Error("{}: a float network needs --preprocess", options.model);
  }
  const auto start = std::chrono::steady_clock::now();
  const Accuracy accuracy = quantized ? evaluate_quantized(options) : evaluate_float(options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_json(options.json, {{"images", accuracy.images},
                            {"top1", accuracy.top1},
                            {"top5", accuracy.top5},
                            {"not_a_number", accuracy.not_a_number},
                            {"damaged", accuracy.damaged},
                            {"seconds", seconds.count()}});
  if (options.json != "-") {
    fmt::print("{} images: top-1 {:.2f} %, top-5 {:.2f} %, {:.1f} s\n", accuracy.images,
               accuracy.top1, accuracy.top5, seconds.count());
  }
  if (accuracy.not_a_number > 0) {
    fmt::print(stderr,
               "warning: {} images have scores that are not a number; they count as wrong\n",
               accuracy.not_a_number);
  }
  if (accuracy.damaged.empty()) return;
  throw Error("{} damaged images, not classified:\n  {}", accuracy.damaged.size(),
              fmt::join(accuracy.damaged, "\n  "));
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand(
      "eval",
      "Measure the accuracy of a quantised network (golden model) or of a float ONNX network");
  command->add_option("MODEL", options->model, "quantised network (.rsq), or ONNX network")
      ->required();
  command->add_option("--data", options->data, "images: CIFAR-10 binary, IDX, folder or tar")
      ->required();
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command->add_option("--label-offset", options->label_offset,
                      "score that belongs to class 0: 1 for networks with a background class");
  command->add_option("--count", options->count, "the first images only")
      ->check(CLI::PositiveNumber);
  command->add_option("--preprocess", options->preprocess,
                      "preprocessing (JSON), for an ONNX network");
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer("Example: reshift eval resnet20.rsq --data test_batch.bin.xz --json result.json");
  command->callback([options] { run_eval(*options); });
}

}  // namespace reshift
