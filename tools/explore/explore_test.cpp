// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.hpp"
#include "compile/compile.hpp"
#include "explore/least_cycles.hpp"
#include "explore/page.hpp"
#include "explore/search.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

/// A core takes 1,000 LUTs and 10 a lane; a block RAM has 36 Kbit.
FitModel model() {
  const nlohmann::json none{{"base", 0},   {"cells", 0},  {"channels", 0}, {"post", 0},
                            {"tables", 0}, {"pixels", 0}, {"rotation", 0}, {"ways", 0},
                            {"tile", 0},   {"bus", 0},    {"lanes", 0},    {"wide_post", 0}};
  nlohmann::json lut = none;
  lut["base"] = 1000;
  lut["lanes"] = 10;
  return FitModel::from_json({{"xc7",
                               {{"lut", lut},
                                {"ff", none},
                                {"bram", {{"base", 0}, {"memories", 1}}},
                                {"dsp", none},
                                {"runs", {"a"}},
                                {"error", 0}}}},
                             "xc7");
}

const Part kPart{
    "part", "xc7", {{"lut", 20000}, {"ff", 1}, {"bram", 100}, {"uram", 0}, {"dsp", 1}}, 100};

// No program is faster than the bound; otherwise the search would skip what is best.
TEST(Explore, NoProgramIsBelowTheBound) {
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8", "16x16x8_q2", "4x4x2"}) {
    isa::Hardware hw = find_hardware(name);
    hw.tables = 8;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      const QNet net = random_qnet(seed);
      try {
        const Program program = compile(hw, net, {});
        EXPECT_LE(least_cycles(hw, convolutions(net)), program.cycles) << name << ", seed " << seed;
      } catch (const Error&) {  // does not fit the smallest
      }
    }
  }
}

TEST(Explore, AShorterSearchFindsAProgramToo) {
  const isa::Hardware& hw = find_hardware("8x8x8");
  const QNet net = random_qnet(3);
  const Program quick = compile(hw, net, {.quick = true}), full = compile(hw, net, {});
  EXPECT_GE(quick.cycles, full.cycles);
  EXPECT_LE(quick.cycles, 2 * full.cycles);
}

TEST(Explore, FormatsThatTheNetworksHave) {
  const Task task = make_task({random_qnet(1)});
  ASSERT_FALSE(task.formats.empty());
  EXPECT_EQ(task.formats.front().weight_format, 7);
  EXPECT_EQ(task.formats.back().weight_format, 136);
  EXPECT_EQ(task.formats.size() + task.left_out.size(), 4u);
}

TEST(Explore, CandidatesFitAndLeaveNoRoom) {
  Task task = make_task({random_qnet(1)});
  const Limits limits{0.5, 2, 64};
  const std::vector<Candidate> all = candidates(model(), kPart, limits, task);
  // The model has powers of two only.
  EXPECT_EQ(task.formats.size(), 1u);
  EXPECT_THAT(task.left_out.back(), HasSubstr("weight format 136"));
  ASSERT_FALSE(all.empty());
  int most_cores = 0;
  for (const Candidate& c : all) {
    EXPECT_TRUE(fits(c.needs, kPart, limits.share)) << *c.name;
    EXPECT_LE(c.needs.at("lut"), 10000);
    EXPECT_LE(c.hw.axi_data_w, 64);
    EXPECT_EQ(c.hw.name, *c.name);
    most_cores = std::max(most_cores, c.cores);
    for (const Candidate& other : all) {
      const bool same = c.cores == other.cores && c.hw.m == other.hw.m && c.hw.c == other.hw.c &&
                        c.hw.p == other.hw.p && c.hw.post_lanes == other.hw.post_lanes &&
                        c.hw.axi_data_w == other.hw.axi_data_w;
      if (!same || &c == &other) continue;
      EXPECT_FALSE(other.hw.fb_depth >= c.hw.fb_depth && other.hw.wm_depth >= c.hw.wm_depth)
          << *c.name << " is no better than " << *other.name;
    }
  }
  EXPECT_EQ(most_cores, 2);
}

/// Estimates at the bound, but a third slower with a narrow bus; shapes of 16 rows are refused.
class Fake {
 public:
  explicit Fake(const Task& task) : task_(task) {}
  std::vector<NetworkResult> operator()(const Candidate& c) const {
    if (c.hw.m == 16) throw Error("too many rows");
    const double least =
        static_cast<double>(least_cycles(c.hw, task_.formats[c.format].sizes.front()));
    return {{least * (c.hw.axi_data_w < 64 ? 1.5 : 1), least, 0, 0}};
  }

 private:
  const Task& task_;
};

TEST(Explore, TheSearchFindsTheBestAndCompilesFew) {
  Task task = make_task({random_qnet(1)});
  const std::vector<Candidate> all = candidates(model(), kPart, {0.8, 2, 64}, task);
  const Fake evaluate(task);
  double best = 0;
  for (const Candidate& c : all) {
    if (c.hw.m != 16) best = std::max(best, c.cores / evaluate(c)[0].cycles);
  }
  std::atomic<std::size_t> done = 0;
  const SearchResult result = search(task, all, 60, evaluate, [&] { ++done; });
  EXPECT_EQ(done, result.compiled);
  EXPECT_LE(result.compiled, 60u);
  EXPECT_LT(result.compiled, all.size() / 4);
  ASSERT_FALSE(result.choices.empty());
  EXPECT_NEAR(result.choices.front().frames_per_cycle / best, 1, 0.01);
  for (const std::string& reason : result.refused) EXPECT_THAT(reason, HasSubstr("too many rows"));
  // Best first; the front has ever fewer LUTs.
  double lut = 1e9;
  for (std::size_t i = 0; i < result.choices.size(); ++i) {
    const Choice& choice = result.choices[i];
    if (i > 0) {
      EXPECT_LE(choice.frames_per_cycle, result.choices[i - 1].frames_per_cycle);
    }
    if (!choice.on_front) continue;
    EXPECT_LT(choice.candidate.needs.at("lut"), lut);
    lut = choice.candidate.needs.at("lut");
  }
  EXPECT_TRUE(result.choices.front().on_front);
}

TEST(Explore, MemoriesBecomeAsSmallAsTheyMay) {
  Candidate candidate;
  candidate.hw = find_hardware("8x8x8");
  candidate.needs = {{"lut", 1}};
  const Evaluate evaluate = [](const Candidate& c) {
    return std::vector<NetworkResult>{{c.hw.fb_depth < 256 || c.hw.wm_depth < 128 ? 110.0 : 100.0}};
  };
  const Choice smallest = with_smallest_memories({candidate, evaluate(candidate), 0.01}, evaluate,
                                                 [](const Candidate& c) -> Resources {
                                                   return {{"bram", double(c.hw.fb_depth)}};
                                                 });
  EXPECT_EQ(smallest.candidate.hw.fb_depth, 256);
  EXPECT_EQ(smallest.candidate.hw.wm_depth, 128);
  EXPECT_EQ(smallest.candidate.needs.at("bram"), 256);
}

TEST(Explore, SaysWhatBounds) {
  Candidate candidate;
  candidate.needs = {{"lut", 12000}, {"ff", 0}, {"bram", 90}, {"uram", 0}, {"dsp", 0}};
  EXPECT_EQ(part_bound(candidate, kPart, 0.8), "BRAM 90 % of 100 %");
  EXPECT_EQ(part_bound(candidate, kPart, 0.6), "LUT 60 % of 60 %");
  EXPECT_EQ(core_bound({candidate, {{100, 20, 30, 50}, {1000, 900, 50, 50}}, 1}), "lanes 55 %");
  EXPECT_EQ(core_bound({candidate, {{100, 20, 30, 50}}, 1}), "bus 50 %");
}

TEST(Explore, ThePageHasPictureAndTable) {
  const nlohmann::json needs{{"lut", 5000}, {"ff", 1}, {"bram", 2}, {"uram", 3}, {"dsp", 4}};
  const std::string page = explore_page({{"part", "xck26"},
                                         {"conditions", "at 250 MHz (assumed)"},
                                         {"searched", "1 compiled"},
                                         {"networks", {"a & b"}},
                                         {"points",
                                          {{{"name", "8x8x8"},
                                            {"frames_per_second", 10},
                                            {"needs", needs},
                                            {"front", true},
                                            {"best", true}}}},
                                         {"choices",
                                          {{{"name", "8x8x8"},
                                            {"cores", 2},
                                            {"lanes", 1024},
                                            {"frames_per_second", 10.25},
                                            {"needs", needs},
                                            {"part_bound", "LUT 78 % of 80 %"},
                                            {"core_bound", "lanes 60 %"},
                                            {"networks", {{{"frames_per_second", 10.25}}}}}}}});
  for (const char* text : {"Configurations for xck26", "at 250 MHz (assumed)", "a &amp; b", "<svg",
                           "<td>10.2</td>", "LUT 78 % of 80 %", "frames per second"})
    EXPECT_THAT(page, HasSubstr(text));
}

}  // namespace
}  // namespace reshift
