// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/vectors.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/container.hpp"
#include "base/error.hpp"
#include "vectors/core_case.hpp"
#include "vectors/modules.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kManifest = "manifest.json";

Json configuration(const isa::Hardware& hw) {
  return {{"name", hw.name},
          {"M", hw.m},
          {"C", hw.c},
          {"P", hw.p},
          {"ActW", hw.act_w},
          {"WeightFormat", hw.weight_format},
          {"AccW", hw.acc_w},
          {"MultW", hw.mult_w},
          {"FbDepth", hw.fb_depth},
          {"WmDepth", hw.wm_depth},
          {"PmDepth", hw.pm_depth},
          {"PostLanes", hw.post_lanes},
          {"Tables", hw.tables},
          {"Neighbours", hw.neighbours},
          {"AxiDataW", hw.axi_data_w}};
}

/// What the files are, the same for every case and module.
Json formats(const isa::Hardware& hw) {
  const std::string word = fmt::format(
      "a line is a bus word of {} bits, the byte of the lowest address in the lowest bits",
      hw.axi_data_w);
  return {
      {"text",
       "hexadecimal for $readmemh, one word a line, most significant digit first, a newline "
       "after each line; line 0 is index 0"},
      {"cases",
       {{"case.hex",
         "32-bit words, the settings of the case in the order of its `settings`; sizes, "
         "bases and strides in bytes, memory_lines and expected_lines in lines"},
        {"memory.hex", word + "; memory from address 0: the program, and from in_base the input "
                              "windows of the frames"},
        {"expected.hex",
         word + "; memory from out_base after the run: the output windows of the frames"},
        {"care.hex", word +
                         "; 1 for each bit of expected.hex that must be equal: the channels of the "
                         "pixels, not padding or gaps"}}},
      {"modules",
       {{"input.hex",
         "line t: all inputs but the clock in the cycle that ends with rising edge t; `low` "
         "and `width` of `inputs` say which bits are which port"},
        {"expected.hex", "line t: the outputs just before rising edge t, likewise"},
        {"care.hex", "line t: 1 for each bit of expected.hex that must be equal"},
        {"ports.vh", "the widths and the instance, for vectors/module_replay_tb.v"}}}};
}

}  // namespace

void write_vectors(const isa::Hardware& hw, const VectorOptions& options,
                   const std::string& folder) {
  if (options.count < 1) throw Error("{} cases: at least one", options.count);
  const fs::path target(folder);
  if (fs::exists(target) &&
      !(fs::is_directory(target) && (fs::is_empty(target) || fs::exists(target / kManifest)))) {
    throw Error("{} holds something else: choose a folder that is empty or has a {}", folder,
                kManifest);
  }
  // Written beside the target and renamed, so that a set is complete or absent.
  fs::path part = target;
  part += ".part";
  fs::remove_all(part);

  Json manifest{{"format", 1},
                {"tool", "reshift " RESHIFT_VERSION},
                {"seed", options.seed},
                {"configuration", configuration(hw)},
                {"formats", formats(hw)},
                {"cases", Json::array()}};
  for (int index = 0; index < options.count; ++index) {
    manifest["cases"].push_back(
        write_core_case(hw, options.seed, index, part / fmt::format("case_{}", index)));
  }
  manifest["modules"] = write_modules(hw, options.seed, part);
  write_file(part / kManifest, manifest.dump(1) + "\n");
  fs::remove_all(target);
  fs::rename(part, target);
}

}  // namespace reshift
