// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "data/tensor_dump.hpp"
#include "device/compare.hpp"
#include "device/cores.hpp"
#include "device/layer_times.hpp"
#include "device/sim.hpp"
#include "device/trace.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"

namespace reshift {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string program, data, labels, backend, json, trace, timeline, dump;
  int label_offset = 0;
  std::size_t count = 0;
  int memory_latency = 40, other_master = 0, cores = 1;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Images {
  std::vector<std::vector<std::int32_t>> codes;
  std::vector<int> labels;
  std::vector<std::uint8_t> windows;  ///< input windows of all of them
};

Images read_images(const Program& program, const Options& options) {
  const auto data = open_samples(options.data, options.labels, program.net);
  if (options.count > data->size()) {
    throw Error("{} has {} images, --count asks for {}", options.data, data->size(), options.count);
  }
  if (options.count % static_cast<std::size_t>(program.batch) != 0) {
    throw Error("{} takes {} images at a time, --count asks for {}: ask for a multiple",
                options.program, program.batch, options.count);
  }
  if (const std::size_t frames = options.count / static_cast<std::size_t>(program.batch);
      frames < static_cast<std::size_t>(options.cores)) {
    throw Error("--count {} is {} frames for {} cores: ask for a frame a core, at least",
                options.count, frames, options.cores);
  }
  Images images;
  for (std::size_t i = 0; i < options.count; ++i) {
    const Sample sample = data->get(i);
    images.labels.push_back(sample.label);
    images.codes.push_back(quantize_values(program.net, sample.values));
    const auto window = program.input_window(images.codes.back());
    images.windows.insert(images.windows.end(), window.begin(), window.end());
  }
  return images;
}

/// The output windows that the program interpreter makes, frames in parallel.
std::vector<std::uint8_t> run_golden(const Program& program, const Images& images) {
  const auto in = static_cast<std::size_t>(program.frame_in_stride()),
             out = static_cast<std::size_t>(program.frame_out_stride()),
             batch = static_cast<std::size_t>(program.batch);
  const std::size_t count = images.codes.size() / batch;
  std::vector<std::uint8_t> output(count * out);
  Progress progress("golden model", images.codes.size());
  // Several images a task: an interpreter decodes the whole program when it is made.
  const std::size_t frames_of_task = std::max<std::size_t>(8 / batch, 1);
  parallel_for((count + frames_of_task - 1) / frames_of_task, [&](std::size_t task) {
    const std::size_t first = task * frames_of_task,
                      frames = std::min(frames_of_task, count - first);
    ProgramInterpreter interpreter(program.hw, program.image);
    const auto windows = interpreter.run(std::span(images.windows).subspan(first * in, frames * in),
                                         program.frame_in_stride(), program.frame_out_stride());
    std::copy(windows.begin(), windows.end(),
              output.begin() + static_cast<std::ptrdiff_t>(first * out));
    progress.advance(frames * batch);
  });
  return output;
}

struct Measured {
  CoresRun run;
  double cycles_per_second = 0;
  std::optional<Timeline> timeline;
};

Measured run_rtl(const Program& program, const Images& images, const Options& options) {
  SimOptions sim;
  sim.memory_latency = options.memory_latency;
  sim.other_master = options.other_master;
  sim.trace = options.trace;
  Recorder recorder;
  if (!options.timeline.empty()) sim.probe = &recorder;
  std::vector<std::unique_ptr<Device>> devices;
  std::uint64_t cycles = 0;
  for (int core = 0; core < options.cores; ++core) {
    devices.push_back(open_sim_device(program.hw.name, sim));
    cycles -= devices.back()->clock_cycles();
  }
  Measured measured;
  Progress progress(options.cores > 1 ? "cores" : "core", images.codes.size());
  const auto start = Clock::now();
  measured.run = run_in_turn(devices, program, images.windows, [&](std::size_t frames) {
    progress.advance(frames * static_cast<std::size_t>(program.batch));
  });
  for (const auto& device : devices) cycles += device->clock_cycles();
  measured.cycles_per_second = static_cast<double>(cycles) / seconds_since(start);
  if (sim.probe) measured.timeline = recorder.timeline(program);
  return measured;
}

using Window = std::span<const std::uint8_t>;

/// The outputs of the network's file: what the host makes of the program's.
std::vector<std::vector<float>> file_outputs(const Program& program, Window window) {
  std::vector<std::vector<float>> machine;
  for (std::size_t i = 0; i < program.net.outputs.size(); ++i) {
    const auto tensor = static_cast<std::size_t>(program.net.outputs[i].tensor);
    machine.push_back(
        real_values(program.net.tensors[tensor], program.stored_codes(program.output(i), window)));
  }
  return program.net.tail.run(std::move(machine));
}

std::size_t best_class(const std::vector<float>& scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Writes what the program stores, and what the host makes of it where it has something to do.
void dump(const Program& program, const std::vector<std::uint8_t>& output, std::size_t images,
          const std::string& folder) {
  const HostTail& tail = program.net.tail;
  std::vector<DumpedTensor> tensors;
  if (!tail.empty()) {
    for (const HostTail::Output& o : tail.outputs)
      tensors.push_back({o.name, {o.dims.begin() + (o.dims.empty() ? 0 : 1), o.dims.end()}});
  }
  const std::size_t of_host = tensors.size();
  for (const StoredTensor& stored : program.stored) {
    const QTensor& t = program.net.tensors[static_cast<std::size_t>(stored.tensor)];
    const bool taken = std::any_of(tensors.begin(), tensors.end(), [&](const DumpedTensor& other) {
      return other.name == stored.name;
    });
    tensors.push_back({taken ? stored.name + " (core)" : stored.name,
                       {static_cast<std::size_t>(t.channels), static_cast<std::size_t>(t.height),
                        static_cast<std::size_t>(t.width)},
                       t.scale,
                       t.zero});
  }
  TensorDump files(folder, std::move(tensors), images);
  const auto size = static_cast<std::size_t>(program.out_stride);
  for (std::size_t i = 0; i < images; ++i) {
    const Window window = std::span(output).subspan(i * size, size);
    const auto outputs =
        of_host > 0 ? file_outputs(program, window) : std::vector<std::vector<float>>{};
    for (std::size_t t = 0; t < of_host; ++t) files.add_values(t, outputs[t]);
    for (std::size_t t = 0; t < program.stored.size(); ++t)
      files.add_codes(of_host + t, program.stored_codes(program.stored[t], window));
  }
  files.close();
}

/// Compares every stored tensor of the back end's output with the program interpreter's and the
/// logits (with all layers stored, every layer) with the graph interpreter's.
Comparison compare_all(const Program& program, const Images& images,
                       const std::vector<std::uint8_t>& golden,
                       const std::vector<std::uint8_t>* core) {
  Comparison comparison(program);
  const LayerReference reference(program.net);
  const auto out = static_cast<std::size_t>(program.out_stride);
  for (std::size_t i = 0; i < images.codes.size(); ++i) {
    const auto golden_window = std::span(golden).subspan(i * out, out);
    if (core) {
      comparison.add(i, {"core", std::span(*core).subspan(i * out, out)},
                     {"golden program", golden_window});
    }
    comparison.add(i, {"golden program", golden_window}, reference.run(images.codes[i]));
  }
  return comparison;
}

/// Of one core its cycles from frame to frame; of several those of the whole run, shared out.
double cycles_per_frame(const CoresRun& run) {
  if (run.cores.size() == 1) return run.cores.front().cycles_per_frame();
  std::size_t frames = 0;
  for (const CoreRun& core : run.cores) frames += core.frames;
  return static_cast<double>(run.cycles()) / static_cast<double>(frames);
}

void add_measured(const Program& program, const Measured& measured, nlohmann::json& result) {
  const double per_frame = cycles_per_frame(measured.run);
  const double lanes =
      result.at("lanes").get<double>() * static_cast<double>(measured.run.cores.size());
  Counters sum;
  result["cores"] = nlohmann::json::array();
  for (const CoreRun& core : measured.run.cores) {
    const Counters& c = core.counters;
    sum.cycles += c.cycles;
    sum.cycles_first = std::max(sum.cycles_first, c.cycles_first);
    sum.exec_busy += c.exec_busy;
    for (const auto& [cause, cycles] : c.stalls) sum.stalls[cause] += cycles;
    sum.read_beats += c.read_beats;
    sum.write_beats += c.write_beats;
    result["cores"].push_back({{"frames", core.frames},
                               {"cycles", c.cycles},
                               {"cycles_first", c.cycles_first},
                               {"cycles_per_frame", core.cycles_per_frame()}});
  }
  result["cycles"] = measured.run.cycles();
  result["core_cycles"] = sum.cycles;
  result["cycles_first"] = sum.cycles_first;
  result["cycles_per_frame"] = per_frame;
  result["cycles_per_image"] = per_frame / program.batch;
  result["frames_per_cycle"] = 1 / per_frame;
  result["mac_utilization"] = static_cast<double>(program.macs()) / (lanes * per_frame);
  result["exec_busy"] = sum.exec_busy;
  result["stalls"] = sum.stalls;
  result["read_beats"] = sum.read_beats;
  result["write_beats"] = sum.write_beats;
  result["sim_cycles_per_second"] = measured.cycles_per_second;
  if (measured.timeline) {
    result["layers"] =
        layers_json(layer_times(program, *measured.timeline), result.at("lanes").get<int>());
  }
}

void print_cores(const nlohmann::json& r) {
  const auto& cores = r.at("cores");
  if (cores.size() == 1) return;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    const auto& core = cores[i];
    fmt::print("  core {}: {} frames in {} cycles, {:.0f} a frame ({} for the first)\n", i,
               core.at("frames").get<std::size_t>(), core.at("cycles").get<std::uint64_t>(),
               core.at("cycles_per_frame").get<double>(),
               core.at("cycles_first").get<std::uint64_t>());
  }
  fmt::print("  together {:.3g} frames a cycle, over {} cycles\n",
             r.at("frames_per_cycle").get<double>(), r.at("cycles").get<std::uint64_t>());
}

void print_result(const nlohmann::json& r) {
  fmt::print("{} images, {} mismatches", r.at("images").get<std::size_t>(),
             r.at("mismatches").get<std::size_t>());
  if (!r.at("correct").is_null()) fmt::print(", {} correct", r.at("correct").get<std::size_t>());
  fmt::print("\n");
  for (const auto& pair : r.at("compared")) {
    fmt::print("  {} compared with {}: {} codes, {} differ\n", pair.at("what").get<std::string>(),
               pair.at("with").get<std::string>(), pair.at("codes").get<std::size_t>(),
               pair.at("mismatches").get<std::size_t>());
  }
  fmt::print("  all made from this network; nothing here compares it with the one it came from\n");
  if (r.at("cycles_per_image").is_null()) return;
  const int batch = r.at("batch");
  fmt::print(
      "{:.0f} cycles an image ({} for the first{}), {:.1f} % of {} lanes; {:.0f} simulated cycles "
      "a second\n",
      r.at("cycles_per_image").get<double>(), r.at("cycles_first").get<std::uint64_t>(),
      batch > 1 ? fmt::format(" {}", batch) : "", 100 * r.at("mac_utilization").get<double>(),
      r.at("lanes").get<int>() * static_cast<int>(r.at("cores").size()),
      r.at("sim_cycles_per_second").get<double>());
  print_cores(r);
  const double cycles = r.at("core_cycles");
  fmt::print("  {:<10} {:>12} {:>6.1f} %\n", "busy", r.at("exec_busy").get<std::uint64_t>(),
             100 * r.at("exec_busy").get<double>() / cycles);
  for (const auto& [cause, stall] : r.at("stalls").items()) {
    fmt::print("  {:<10} {:>12} {:>6.1f} %\n", cause, stall.get<std::uint64_t>(),
               100 * stall.get<double>() / cycles);
  }
}

nlohmann::json compared_json(const Comparison& comparison) {
  nlohmann::json compared = nlohmann::json::array();
  for (const Comparison::Pair& pair : comparison.pairs()) {
    compared.push_back({{"what", pair.actual},
                        {"with", pair.expected},
                        {"codes", pair.codes},
                        {"mismatches", pair.mismatches}});
  }
  return compared;
}

/// Before the run, which may be long.
void check_outputs(const Options& options) {
  if (options.backend != "rtl") {
    if (!options.timeline.empty()) {
      throw Error("--timeline needs --backend rtl: the golden model knows no cycles");
    }
    if (!options.trace.empty()) {
      throw Error("--trace needs --backend rtl: the golden model has no signals");
    }
  }
  if (options.cores > 1) {
    if (options.backend != "rtl") {
      throw Error("--cores needs --backend rtl: the golden model knows no cores");
    }
    if (!options.timeline.empty() || !options.trace.empty()) {
      throw Error("--timeline and --trace show one core: leave --cores out");
    }
  }
  for (const std::string& path : {options.timeline, options.trace, options.json}) {
    check_output(path);
  }
}

/// Verilator says nothing of a waveform that cannot be written.
void check_trace(const std::string& path) {
  std::error_code none;
  if (!path.empty() && std::filesystem::is_regular_file(path, none) &&
      std::filesystem::file_size(path, none) == 0) {
    throw Error("cannot write {}: it is empty after the run", path);
  }
}

void report_timeline(const Program& program, const Timeline& timeline, const Options& options) {
  write_file(options.timeline, [&](std::ostream& out) { write_trace(program, timeline, out); });
  if (options.json == "-") return;
  const int lanes = program.hw.m * program.hw.c * program.hw.p;
  fmt::print("\n{}", layers_text(layer_times(program, timeline), lanes));
}

void run_program(const Options& options) {
  check_outputs(options);
  const Program program = Program::load(options.program);
  const Images images = read_images(program, options);
  const bool rtl = options.backend == "rtl";
  std::optional<Measured> measured;
  if (rtl) measured = run_rtl(program, images, options);
  const auto golden_start = Clock::now();
  const std::vector<std::uint8_t> golden = run_golden(program, images);
  const double golden_seconds = seconds_since(golden_start);
  const Comparison comparison =
      compare_all(program, images, golden, rtl ? &measured->run.output : nullptr);

  const std::vector<std::uint8_t>& output = rtl ? measured->run.output : golden;
  const auto out = static_cast<std::size_t>(program.out_stride);
  if (!options.dump.empty()) dump(program, output, images.codes.size(), options.dump);
  std::size_t correct = 0;
  bool labelled = true;
  nlohmann::json classes = nlohmann::json::array();
  for (std::size_t i = 0; i < images.codes.size(); ++i) {
    const std::size_t best =
        best_class(file_outputs(program, std::span(output).subspan(i * out, out)).front());
    classes.push_back(best);
    labelled = labelled && images.labels[i] >= 0;
    correct += images.labels[i] + options.label_offset == static_cast<int>(best);
  }
  nlohmann::json result = {
      {"images", images.codes.size()},
      {"backend", options.backend},
      {"hardware", program.hw.name},
      {"batch", program.batch},
      {"mismatches", comparison.mismatches()},
      {"compared", compared_json(comparison)},
      {"correct", labelled ? nlohmann::json(correct) : nlohmann::json()},
      {"classes", classes},
      {"lanes", program.hw.m * program.hw.c * program.hw.p},
      {"macs", program.macs() / program.batch},
      {"golden_images_per_second", static_cast<double>(images.codes.size()) / golden_seconds},
      {"memory_latency", options.memory_latency},
      {"other_master_percent", options.other_master}};
  for (const char* key : {"cycles_first", "cycles_per_frame", "cycles_per_image", "mac_utilization",
                          "frames_per_cycle", "stalls", "sim_cycles_per_second"}) {
    result[key] = nullptr;  // the golden back end knows no cycles
  }
  if (rtl) add_measured(program, *measured, result);
  write_json(options.json, result);
  if (options.json != "-") print_result(result);
  if (rtl && measured->timeline) {
    report_timeline(program, *measured->timeline, options);
  }
  check_trace(options.trace);
  if (comparison.mismatches() > 0) throw Error("{}", comparison.first());
}

}  // namespace

void add_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run",
                                         "Run a program on images, on the simulated core or the "
                                         "golden model, and compare the results");
  command->add_option("PROGRAM", options->program, "program (.rsp)")->required();
  command
      ->add_option("--data", options->data, "images: CIFAR-10 binary, IDX, folder, tar, or random")
      ->required();
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command->add_option("--label-offset", options->label_offset,
                      "score that belongs to class 0: 1 for networks with a background class");
  command->add_option("--dump", options->dump,
                      "folder to write the outputs to, and what else the program stores: NumPy "
                      "arrays of real values and of codes");
  command->add_option("--count", options->count, "images")->required()->check(CLI::PositiveNumber);
  command->add_option("--backend", options->backend, "rtl: the Verilated core, golden: the model")
      ->required()
      ->check(CLI::IsMember({"rtl", "golden"}));
  command
      ->add_option("--mem-latency", options->memory_latency,
                   "cycles from an address to its first data")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command
      ->add_option("--other-master", options->other_master,
                   "percent of the bus's cycles, each way, that another master takes, in bursts of "
                   "16 beats")
      ->check(CLI::Range(0, 90))
      ->capture_default_str();
  command
      ->add_option(
          "--cores", options->cores,
          "cores side by side, each with a memory port of its own; frames are handed out in "
          "turn")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command->add_option("--trace", options->trace, "write a waveform (FST)");
  command->add_option("--timeline", options->timeline,
                      "write what the engines did in each cycle, for ui.perfetto.dev or "
                      "chrome://tracing, and print cycles by layer");
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer(
      "Example: reshift run resnet20.rsp --data test_batch.bin.xz --count 50 --backend rtl "
      "--json result.json");
  command->callback([options] { run_program(*options); });
}

}  // namespace reshift
