// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <optional>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/input_shape.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "import/import.hpp"
#include "quant/evaluate.hpp"
#include "quant/runner.hpp"

namespace reshift {
namespace {

struct EvalOptions {
  std::string model, data, labels, preprocess, json, dump, input_shape;
  std::vector<std::string> tensors;
  std::size_t count = 0;
  int label_offset = 0;
};

std::unique_ptr<Runner> open_model(const EvalOptions& options) {
  const bool quantized = !container_kind(options.model).empty();
  if (quantized && !options.preprocess.empty()) {
    throw Error("{}: a quantised network has its own preprocessing; leave --preprocess out",
                options.model);
  }
  if (!quantized && options.preprocess.empty()) {
    throw Error("{}: a network that is not yet quantised here needs --preprocess", options.model);
  }
  if (quantized) return make_runner(QNet::load(options.model), options.tensors);
  return make_runner(import_network(options.model, {parse_input_shape(options.input_shape)}),
                     load_preprocess(options.preprocess), options.tensors);
}

/// Writes all tensors of the runner, in the order of the samples.
void dump(const Runner& runner, const Samples& samples, std::size_t count,
          const std::string& folder) {
  constexpr std::size_t kAtOnce = 64;  // samples whose tensors are in memory
  TensorDump files(folder, runner.tensors(), count);
  Progress progress("writing", count);
  for (std::size_t first = 0; first < count; first += kAtOnce) {
    std::vector<std::vector<TensorValues>> block(std::min(kAtOnce, count - first));
    parallel_for(block.size(), [&](std::size_t i) {
      block[i] = runner.run(samples.get(first + i).values);
      progress.advance();
    });
    for (const auto& tensors : block) {
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        if (tensors[t].codes.empty()) {
          files.add_values(t, tensors[t].values);
        } else {
          files.add_codes(t, tensors[t].codes);
        }
      }
    }
  }
  files.close();
}

nlohmann::json to_json(const Accuracy& accuracy) {
  return {{"top1", accuracy.top1},
          {"top5", accuracy.top5},
          {"not_a_number", accuracy.not_a_number},
          {"damaged", accuracy.damaged}};
}

void print(const Accuracy& accuracy, double seconds) {
  fmt::print("{} images: top-1 {:.2f} %, top-5 {:.2f} %, {:.1f} s\n", accuracy.images,
             accuracy.top1, accuracy.top5, seconds);
}

void run_eval(const EvalOptions& options) {
  check_output(options.json);
  const auto runner = open_model(options);
  const auto data =
      open_samples(options.data, options.labels, runner->preprocess(), runner->input());
  if (options.count > data->size()) {
    throw Error("{} inputs asked for, {} has {}", options.count, options.data, data->size());
  }
  const std::size_t count = options.count == 0 ? data->size() : options.count;
  const auto start = std::chrono::steady_clock::now();
  if (!options.dump.empty()) dump(*runner, *data, count, options.dump);
  std::optional<Accuracy> accuracy;
  // Without classes there is nothing to count; whoever asks for a dump may have none.
  if (options.dump.empty() || data->labelled()) {
    accuracy = evaluate(*data, count, options.label_offset, [&](const Sample& sample) {
      const auto scores = runner->run(sample.values).front().values;
      return std::vector<double>(scores.begin(), scores.end());
    });
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  nlohmann::json result = {{"images", accuracy ? accuracy->images : count},
                           {"seconds", seconds.count()}};
  if (accuracy) result.update(to_json(*accuracy));
  write_json(options.json, result);
  if (options.json != "-" && accuracy) print(*accuracy, seconds.count());
  if (options.json != "-" && !options.dump.empty()) {
    fmt::print("{} inputs: {} tensors written to {}\n", count, runner->tensors().size(),
               options.dump);
  }
  if (accuracy && accuracy->not_a_number > 0) {
    fmt::print(stderr,
               "warning: {} images have scores that are not a number; they count as wrong\n",
               accuracy->not_a_number);
  }
  if (accuracy && !accuracy->damaged.empty()) {
    throw Error("{} damaged images, not classified:\n  {}", accuracy->damaged.size(),
                fmt::join(accuracy->damaged, "\n  "));
  }
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand(
      "eval",
      "Measure the accuracy of a quantised network (golden model), or of a network as its file has "
      "it, and write its outputs");
  command->add_option("MODEL", options->model, "quantised network (.rsq), or ONNX or TFLite file")
      ->required();
  command
      ->add_option("--data", options->data,
                   "CIFAR-10 binary, IDX, folder or tar of images; NumPy array, batch first; or "
                   "random")
      ->required();
  command->add_option("--labels", options->labels,
                      "labels: IDX, NumPy, or text of lines `name class`");
  command->add_option("--label-offset", options->label_offset,
                      "score that belongs to class 0: 1 for networks with a background class");
  command->add_option("--count", options->count, "the first inputs only")
      ->check(CLI::PositiveNumber);
  command->add_option("--preprocess", options->preprocess,
                      "preprocessing (JSON), for a network that is not yet quantised here");
  command->add_option("--input-shape", options->input_shape,
                      "size of the input where the network's file leaves it open, as 1x3x320x320");
  command->add_option("--dump", options->dump,
                      "folder to write the outputs to: NumPy arrays of real values and of codes");
  command
      ->add_option("--tensor", options->tensors,
                   "a tensor by name to write beside the outputs; all: every tensor")
      ->needs("--dump");
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer(
      "Examples: reshift eval resnet20.rsq --data test_batch.bin.xz --json result.json\n"
      "          reshift eval detector.rsq --data images.npy --dump outputs");
  command->callback([options] { run_eval(*options); });
}

}  // namespace reshift
