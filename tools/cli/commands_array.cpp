// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <ostream>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "compile/compile.hpp"
#include "data/samples.hpp"
#include "energy/array_activity.hpp"
#include "golden/program_interpreter.hpp"
#include "net/numerics.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

struct TraceOptions {
  std::string net, hardware, data, labels, output;
  std::size_t image = 0, entries = 0;
  int multiplier = 0;
};

/// Picks from each operation a window of whole M-block lists, about in its middle, as long as the
/// operation's share of all entries.
class Sampler {
 public:
  Sampler(std::map<std::size_t, std::size_t> counts, std::size_t wanted)
      : counts_(std::move(counts)) {
    for (const auto& [_, count] : counts_) total_ += count;
    share_ = static_cast<double>(wanted) / static_cast<double>(total_);
  }

  bool take(const ArrayInput& input) {
    Window& w = windows_[input.descriptor];
    const auto count = static_cast<double>(counts_.at(input.descriptor));
    const double quota = share_ * count;
    const double start = (count - quota) / 2;
    const auto place = static_cast<double>(w.seen++);
    if (input.first) w.open = place + 1 > start && static_cast<double>(w.taken) < quota;
    w.taken += w.open;
    return w.open;
  }
  std::size_t total() const { return total_; }

 private:
  struct Window {
    std::size_t seen = 0, taken = 0;
    bool open = false;
  };
  std::map<std::size_t, std::size_t> counts_;
  std::map<std::size_t, Window> windows_;
  std::size_t total_ = 0;
  double share_ = 0;
};

/// The configuration with the activations of the network and, if asked, multiplier lanes.
isa::Hardware lanes_for(const TraceOptions& options, const QNet& net) {
  isa::Hardware hw = find_hardware(options.hardware);
  hw.act_w = net.act_w;
  if (options.multiplier != 0) {
    hw.weight_format = 128 + options.multiplier;
    hw.acc_w = 32;
  }
  return hw;
}

void write_numbers(std::ostream& out, std::span<const std::int32_t> values) {
  for (const std::int32_t value : values) out << ' ' << value;
}

void run_trace(const TraceOptions& options) {
  check_output(options.output);
  const QNet net = QNet::load(options.net);
  const isa::Hardware hw = lanes_for(options, net);
  const Program program = compile(hw, net, {});
  const auto data = open_samples(options.data, options.labels, net);
  if (options.image >= data->size()) {
    throw Error("{} has {} images, --image asks for number {}", options.data, data->size(),
                options.image);
  }
  const auto window = program.input_window(quantize_values(net, data->get(options.image).values));
  const auto run = [&](const std::function<void(const ArrayInput&)>& observer) {
    ProgramInterpreter interpreter(hw, program.image);
    interpreter.observe(observer);
    interpreter.run(window, program.in_stride, program.out_stride);
  };

  std::map<std::size_t, std::size_t> counts;
  run([&](const ArrayInput& input) { ++counts[input.descriptor]; });
  Sampler sampler(counts, options.entries);

  std::int64_t macs = 0;
  for (const QOp& op : net.ops) macs += net.macs(op);

  std::size_t taken = 0;
  write_file(options.output, [&](std::ostream& out) {
    out << fmt::format("{} {} {} {} {} {} {}\n", hw.m, hw.c, hw.p, hw.act_w, hw.weight_format,
                       sampler.total(), macs);
    run([&](const ArrayInput& input) {
      if (!sampler.take(input)) return;
      ++taken;
      out << input.first << ' ' << input.last << ' ' << input.max << ' ' << input.c_block;
      write_numbers(out, input.acts);
      write_numbers(out, input.weights);
      out << '\n';
    });
  });
  fmt::print("{}: {} of {} entries, from {} operations\n", options.output, taken, sampler.total(),
             counts.size());
}

struct ActivityOptions {
  std::string netlist, trace, saif;
  TraceScale scale;
};

void run_activity(const ActivityOptions& options) {
  check_output(options.saif);
  const auto netlist = read_json(options.netlist);
  if (!netlist.is_object() || !netlist.contains("array")) {
    throw Error("{} is no netlist of an array: tools/energy makes them", options.netlist);
  }
  const ArrayRun run = measure_array(netlist, options.trace, options.scale, options.saif);
  write_json("-", {{"cycles", run.cycles}, {"tiles", run.tiles}, {"pixels", run.pixels}});
}

void add_activity(CLI::App& app) {
  auto options = std::make_shared<ActivityOptions>();
  CLI::App* command = app.add_subcommand(
      "array-activity",
      "Simulate the netlist of an array on a trace, compare its sums, write the switching "
      "activity; the result as JSON on the standard output");
  command->add_option("NETLIST", options->netlist, "JSON of tools/energy/activity.py")->required();
  command->add_option("--trace", options->trace, "trace of array-trace (.trace)")->required();
  command
      ->add_option("--act-shift", options->scale.act_shift,
                   "codes times 2 to this power, for wider lanes")
      ->check(CLI::Range(0, 8));
  command
      ->add_option("--weight-shift", options->scale.weight_shift,
                   "weights times 2 to this power, for wider lanes")
      ->check(CLI::Range(0, 8));
  command->add_option("-o,--output", options->saif, "switching activity (SAIF)")->required();
  command->footer("Example: reshift array-activity netlist.json --trace net.trace -o array.saif");
  command->callback([options] { run_activity(*options); });
}

void add_trace(CLI::App& app) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* command = app.add_subcommand(
      "array-trace",
      "Write what enters the array while a network runs on an image (golden model), as text: a "
      "line `M C P ActW format entries macs` about the whole frame, then a line for each sampled "
      "entry: first last max C-block, P x C activation codes, C x M weights");
  command->add_option("NET", options->net, "quantised network (.rsq)")->required();
  command->add_option("--hw", options->hardware, "configuration, as 16x16x8")->required();
  command
      ->add_option("--multiplier", options->multiplier,
                   "for multiplier lanes with weights of so many bits, instead of shift lanes")
      ->check(CLI::Range(2, 16));
  command
      ->add_option("--data", options->data, "images: CIFAR-10 binary, IDX, folder, tar, or random")
      ->required();
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command->add_option("--image", options->image, "number of the image")->capture_default_str();
  command
      ->add_option("--entries", options->entries,
                   "entries to write, from every operation in proportion, whole lists")
      ->required()
      ->check(CLI::PositiveNumber);
  command->add_option("-o,--output", options->output, "trace to write (.trace)")->required();
  command->footer(
      "Example: reshift array-trace resnet20.rsq --hw 8x8x8 --data test_batch.bin.xz "
      "--entries 8000 -o net.trace");
  command->callback([options] { run_trace(*options); });
}

}  // namespace

void add_array(CLI::App& app) {
  add_trace(app);
  add_activity(app);
}

}  // namespace reshift
