// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "compile/compile.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"
#include "report/charts.hpp"
#include "report/svg.hpp"

namespace reshift {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// Two layers with numbers that can be followed by hand: 48 lanes, a bus of 8 bytes.
Program by_hand() {
  Program program;
  program.hw = find_hardware("4x4x3");
  program.net.name = "a<b";
  OpReport conv, pool;
  conv.name = "conv";
  conv.bound = "array";
  conv.macs = 4800;
  conv.exec_cycles = 150;
  conv.memory_cycles = 50;
  conv.cycles = 150;
  conv.weight_bytes_bus = 300;
  conv.feature_bytes_read = 100;
  conv.feature_bytes_written = 50;
  pool.name = "pool";
  pool.bound = "memory";
  pool.exec_cycles = 10;
  pool.memory_cycles = 50;
  pool.cycles = 50;
  pool.weight_bytes_bus = 400;
  program.ops = {conv, pool};
  program.cycles = 200;
  program.buffer_words = 12288;
  program.buffer = {{"image", 0, 1, 0, 4096}, {"x", 1, 1, 4096, 8192}};
  return program;
}

Json layer(const std::string& name, double busy, double load) {
  Json stalls = Json::object();
  for (const auto& stall : isa::kStalls) stalls[std::string(stall.name)] = 0;
  stalls["load"] = load;
  return {{"name", name}, {"busy", busy}, {"stalls", stalls}};
}

Json run_by_hand() {
  return {{"hardware", "4x4x3"},
          {"images", 2},
          {"mismatches", 0},
          {"cycles_per_image", 250},
          {"layers", {layer("conv", 150, 50), layer("pool", 10, 40)}}};
}

std::string error_of(const Program& program, const Json& run) {
  try {
    report_page(program, run);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(ReportPage, DrawsEstimates) {
  const std::string page = report_page(by_hand(), nullptr);
  // 4800 multiplications, 400 bytes, 150 cycles.
  EXPECT_THAT(page,
              HasSubstr("conv: 12.0 multiplications a byte, 32.0 a cycle, 66.7 % of the lanes, "
                        "bound by array"));
  EXPECT_THAT(page, Not(HasSubstr("pool: 0.0 multiplications")));
  EXPECT_THAT(page, HasSubstr("pool: estimate 10 cycles to compute, 50 to move its data"));
  EXPECT_THAT(page, HasSubstr("x: words 4096 to 12287 of each bank, pool to pool"));
  EXPECT_THAT(page, HasSubstr("a&lt;b"));
  EXPECT_THAT(page, Not(HasSubstr("RTL cycles")));
}

TEST(ReportPage, DrawsWhatWasMeasured) {
  const std::string page = report_page(by_hand(), run_by_hand());
  EXPECT_THAT(page,
              HasSubstr("conv: 12.0 multiplications a byte, 24.0 a cycle, 50.0 % of the lanes"));
  EXPECT_THAT(page, HasSubstr("conv: load 50 of 200 cycles"));
  EXPECT_THAT(page, HasSubstr("<td>200</td><td>+33.3 %</td><td>75.0 %</td><td class=\"left\">load "
                              "(25.0 %)</td>"));
  EXPECT_THAT(page,
              HasSubstr("250 cycles an image, 40.0 % of the lanes, 0 mismatches in 2 images"));
}

TEST(ReportPage, StandsAlone) {
  const Program program = compile(find_hardware("4x4x3"), random_qnet(3), {true});
  const std::string page = report_page(program, nullptr);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("src=")),
                          Not(HasSubstr("href=")), Not(HasSubstr("url("))));
  for (const OpReport& op : program.ops) EXPECT_THAT(page, HasSubstr(escape(op.name)));
  for (const BufferUse& use : program.buffer) EXPECT_THAT(page, HasSubstr(escape(use.name)));
}

TEST(ReportPage, RefusesOtherResults) {
  Json run = run_by_hand();
  run["layers"][1]["name"] = "conv9";
  EXPECT_THAT(error_of(by_hand(), run), HasSubstr("another program: layer 1 is conv9, not pool"));
  run = run_by_hand();
  run["hardware"] = "16x16x8";
  EXPECT_THAT(error_of(by_hand(), run), HasSubstr("2 layers on 16x16x8, not 2 on 4x4x3"));
  run.erase("layers");
  EXPECT_THAT(error_of(by_hand(), run), HasSubstr("run --timeline"));
}

}  // namespace
}  // namespace reshift
