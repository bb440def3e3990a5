// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "board/board.hpp"
#include "board/board_image.hpp"
#include "board/serial_port.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "golden/program_interpreter.hpp"

namespace reshift {
namespace {

struct ImageOptions {
  std::string program, output;
  std::uint32_t banks = 7, bank_words = 4096;
};

struct Options {
  std::string program, port, data, labels, json;
  std::size_t count = 1;
  int baud = 1000000;
  int timeout = 10;
  bool load = false;
};

void write_image(const ImageOptions& options) {
  const BoardImage image = make_board_image(Program::load(options.program));
  const auto texts = board_image_hex(image, options.banks, options.bank_words);
  char suffix = 'a';
  for (const std::string& text : texts) {
    write_file(fmt::format("{}.{}", options.output, suffix++), text);
  }
  fmt::print("{0}.a to {0}.{1}: {2} of {3} bytes of memory used\n", options.output, --suffix,
             image.memory_bytes, std::uint64_t{8} * options.banks * options.bank_words);
}

/// The scores that the program interpreter makes.
std::vector<std::int32_t> golden_scores(const Program& program,
                                        std::span<const std::int32_t> codes) {
  const auto output = ProgramInterpreter(program.hw, program.image)
                          .run(program.input_window(codes), program.in_stride, program.out_stride);
  return program.stored_codes(program.output(), output);
}

/// Throws Error that names the first difference.
void compare(std::size_t image, const BoardProgram::Result& result,
             const std::vector<std::int32_t>& golden) {
  for (std::size_t i = 0; i < golden.size(); ++i) {
    if (result.scores[i] == golden[i]) continue;
    throw Error("image {}: the score of class {} is {} on the board and {} in the golden model",
                image, i, result.scores[i], golden[i]);
  }
  const auto best = std::max_element(golden.begin(), golden.end()) - golden.begin();
  if (result.best != best) {
    throw Error("image {}: the board's class is {}, its highest score that of class {}", image,
                result.best, best);
  }
}

void run_board(const Options& options) {
  check_output(options.json);
  const Program program = Program::load(options.program);
  const auto data = open_samples(options.data, options.labels, program.net);
  if (options.count > data->size()) {
    throw Error("{} has {} images, --count asks for {}", options.data, data->size(), options.count);
  }
  SerialPort port(options.port, options.baud, std::chrono::seconds(options.timeout));
  Board board(port);
  std::optional<Progress> progress;
  BoardProgram loaded(board, program, options.load, [&](std::size_t bytes) {
    if (!progress) progress.emplace("loading the program", program.image.size());
    progress->advance(bytes);
  });
  progress.reset();

  const double clock = loaded.description().clock_hz;
  const bool quiet = options.json == "-";
  std::size_t correct = 0;
  nlohmann::json images = nlohmann::json::array();
  for (std::size_t i = 0; i < options.count; ++i) {
    const Sample image = data->get(i);
    const auto codes = quantize_values(program.net, image.values);
    const auto result = loaded.run(codes);
    compare(i, result, golden_scores(program, codes));
    const double seconds = static_cast<double>(result.counters.cycles) / clock;
    correct += image.label == result.best;
    images.push_back({{"class", result.best},
                      {"label", image.label < 0 ? nlohmann::json() : nlohmann::json(image.label)},
                      {"scores", result.scores},
                      {"cycles", result.counters.cycles},
                      {"seconds", seconds},
                      {"exec_busy", result.counters.exec_busy},
                      {"stalls", result.counters.stalls}});
    if (quiet) continue;
    fmt::print("image {}: class {}{}, {} cycles, {:.3f} ms\n  scores {}\n", i, result.best,
               image.label < 0 ? "" : fmt::format(" (label {})", image.label),
               result.counters.cycles, 1e3 * seconds, fmt::join(result.scores, " "));
  }
  const bool labelled = std::none_of(images.begin(), images.end(),
                                     [](const auto& image) { return image["label"].is_null(); });
  write_json(options.json, {{"hardware", program.hw.name},
                            {"clock_hz", loaded.description().clock_hz},
                            {"count", options.count},
                            {"mismatches", 0},
                            {"correct", labelled ? nlohmann::json(correct) : nlohmann::json()},
                            {"images", images}});
  if (quiet) return;
  fmt::print("{} images at {:.1f} MHz, all scores equal to the golden model's", options.count,
             clock / 1e6);
  if (labelled) fmt::print(", {} correct", correct);
  fmt::print("\n");
}

}  // namespace

void add_board_image(CLI::App& app) {
  auto options = std::make_shared<ImageOptions>();
  CLI::App* command = app.add_subcommand(
      "board-image", "Write the memory of a stand-alone board for a program, for synthesis");
  command->add_option("PROGRAM", options->program, "program (.rsp)")->required();
  command->add_option("--banks", options->banks, "banks of the board's memory")
      ->check(CLI::Range(1, 26))
      ->capture_default_str();
  command->add_option("--bank-words", options->bank_words, "words of 8 bytes in a bank")
      ->check(CLI::Range(64, 65536))
      ->capture_default_str();
  command
      ->add_option("-o,--output", options->output,
                   "texts for $readmemh, one per bank: .a, .b ... are put after this name")
      ->required();
  command->footer("Example: reshift board-image resnet20.rsp -o board.hex");
  command->callback([options] { write_image(*options); });
}

void add_board(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("board",
                         "Run images on a stand-alone board over its serial port and compare the "
                         "scores with the golden model");
  command->add_option("--port", options->port, "serial port of the board")->required();
  command->add_option("--program", options->program, "program (.rsp)")->required();
  command
      ->add_option("--data", options->data, "images: CIFAR-10 binary, IDX, folder, tar, or random")
      ->required();
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command->add_option("--count", options->count, "images")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--load", options->load,
                    "write the program into the board's memory when that holds another one");
  command->add_option("--baud", options->baud, "bits per second on the line")
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "seconds to wait for bytes of an answer")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer(
      "Example: reshift board --port /dev/ttyUSB0 --program resnet20.rsp --data "
      "test_batch.bin.xz --count 5");
  command->callback([options] { run_board(*options); });
}

}  // namespace reshift
