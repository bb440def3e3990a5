// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

isa::Hardware shape(int m, int c, int p) {
  return {"", m, c, p, 8, 7, 28, 16, 1024, 512, 64, m, 0, 64};
}

/// Runs of a core whose area is known.
std::vector<Sample> runs() {
  std::vector<Sample> all;
  for (const int m : {4, 8, 16, 32}) {
    for (const int c : {4, 8}) {
      for (const int p : {2, 5, 8}) {
        if (m % c) continue;
        const double lut = 9000 + 33.0 * m * c * p + 70.0 * m * p + 250.0 * m;
        all.push_back({"",
                       shape(m, c, p),
                       {{"lut", lut}, {"ff", 2 * lut}, {"bram", 40.0}, {"dsp", 3.0 * m}}});
      }
    }
  }
  return all;
}

TEST(Fit, FindsTheAreaOfConfigurationsItHasNotSeen) {
  const FitModel model = FitModel::fit("xc7", runs());
  const Resources guess = model.predict(shape(16, 16, 8));
  EXPECT_NEAR(guess.at("lut"), 9000 + 33.0 * 2048 + 70.0 * 128 + 250.0 * 16, 300);
  EXPECT_NEAR(guess.at("dsp"), 48, 0.5);
  EXPECT_LT(model.error(), 0.1);
}

TEST(Fit, SurvivesItsFile) {
  const FitModel model = FitModel::fit("xc7", runs());
  const FitModel copy = FitModel::from_json({{"xc7", model.to_json()}}, "xc7");
  EXPECT_EQ(copy.predict(shape(8, 8, 8)), model.predict(shape(8, 8, 8)));
  EXPECT_EQ(copy.error(), model.error());
  EXPECT_THAT(
      [&] {
        FitModel::from_json({{"xc7", model.to_json()}}, "ecp5");
      },
      ThrowsMessage<Error>(HasSubstr("no area model of ecp5; there are xc7")));
}

TEST(Fit, NamesTheFieldThatIsWrong) {
  nlohmann::json json{{"xc7", FitModel::fit("xc7", runs()).to_json()}};
  json["xc7"]["lut"]["base"] = "many";
  EXPECT_THAT([&] { FitModel::from_json(json, "xc7"); },
              ThrowsMessage<Error>(HasSubstr("field lut")));
  const nlohmann::json report{
      {"top", "reshift_core"}, {"config", "a"}, {"parameters", {{"M", 1e300}}}};
  EXPECT_THAT([&] { sample_from_json(report); }, ThrowsMessage<Error>(HasSubstr("field M")));
}

/// A model in which everything but memories takes nothing.
FitModel block_ram_only(const std::string& family) {
  nlohmann::json none;
  for (const char* term :
       {"base", "lanes", "cells", "channels", "post", "pixels", "rotation", "tile", "bus"})
    none[term] = 0;
  return FitModel::from_json({{family,
                               {{"lut", none},
                                {"ff", none},
                                {"bram", {{"base", 0}, {"memories", 1}}},
                                {"dsp", none},
                                {"runs", {"a"}},
                                {"error", 0}}}},
                             family);
}

// Block RAM is computed from the memories' shapes: twice the depth of a deep memory, twice the
// blocks.
TEST(Fit, BlockRamFollowsTheMemories) {
  const FitModel model = block_ram_only("ecp5");
  isa::Hardware hw = shape(8, 8, 4);
  // 4 banks of 64 x 1,024 bits: 4 blocks of 18 bits each; tiles 256 x 512: 8 of 36; headers: 1;
  // parameters, 4 channels of 54 bits a word: 6; residual and bus, 64 bits: 2 each.
  EXPECT_EQ(model.predict(hw).at("bram"), 4 * 4 + 8 + 1 + 6 + 2 + 2);
  hw.fb_depth = 2048;
  EXPECT_EQ(model.predict(hw).at("bram"), 4 * 8 + 8 + 1 + 6 + 2 + 2);
}

// Deep and wide memories go to UltraRAM where the part has enough of it, all of them or none.
TEST(Fit, UltraRamTakesTheLargeMemories) {
  const FitModel model = block_ram_only("xcup");
  isa::Hardware hw = shape(16, 16, 8);
  hw.fb_depth = 8192;
  hw.wm_depth = 2048;
  Part part{"part", "xcup", {{"lut", 1}, {"ff", 1}, {"bram", 144}, {"uram", 64}, {"dsp", 1}}};
  // 8 banks of 128 x 8,192 bits: 2 x 2 blocks each; tiles of 1,024 bits: 15.
  const Resources ultra = needs_on(model, part, hw);
  EXPECT_EQ(ultra.at("uram"), 8 * 4 + 15);
  const Resources block = model.predict(hw);
  // Without: 8 banks of 30 blocks (9 bits x 4,096), tiles of 2,048 words: 57 of 18 bits.
  EXPECT_EQ(block.at("bram") - ultra.at("bram"), 8 * 30 + 57);
  EXPECT_EQ(block.at("uram"), 0);
  part.has["uram"] = 46;
  EXPECT_EQ(needs_on(model, part, hw), block);
  part.has["uram"] = 94;
  EXPECT_EQ(needs_on(model, part, hw, 2).at("uram"), 94);
  EXPECT_EQ(needs_on(model, part, hw, 3).at("bram"), 3 * block.at("bram"));
}

// Each weight format has lanes of its own; one that no run had is no guess.
TEST(Fit, WeightFormatsArePartOfTheModel) {
  std::vector<Sample> all = runs();
  const std::size_t before = all.size();
  for (std::size_t i = 0; i < before; i += 2) {
    Sample digits = all[i];
    digits.hw.weight_format = kDigits;
    digits.took["lut"] += 7.0 * digits.hw.m * digits.hw.c * digits.hw.p;
    all.push_back(digits);
  }
  const FitModel model = FitModel::fit("xc7", all);
  isa::Hardware hw = shape(16, 16, 8);
  const double powers = model.predict(hw).at("lut");
  hw.weight_format = kDigits;
  EXPECT_NEAR(model.predict(hw).at("lut") - powers, 7 * 2048, 300);
  hw.weight_format = kHalfOctave;
  EXPECT_THAT([&] { (void)model.predict(hw); },
              ThrowsMessage<Error>(HasSubstr("fitted to no core with half_octave_lanes")));
}

// A family that was measured a few times has the model of another, with its own error.
TEST(Fit, OneFamilyLikeAnother) {
  const FitModel model = FitModel::fit("xc7", runs());
  Sample run = runs().front();
  run.took["lut"] *= 1.25;
  const FitModel copy = FitModel::like(model, "xcup", {run});
  EXPECT_NEAR(copy.error(), 0.2, 0.01);
  EXPECT_EQ(copy.predict(run.hw), model.predict(run.hw));
  EXPECT_THAT(
      FitModel::from_json({{"xcup", copy.to_json()}}, "xcup").quality(),
      HasSubstr("1 synthesis runs of xcup, with the model of xc7; they were met within 20"));
  EXPECT_THAT(model.quality(), HasSubstr("; a run left out was met within"));
}

// What only the other family has is learned from its run.
TEST(Fit, OneFamilyHasMore) {
  std::vector<Sample> all = runs();
  Sample run = all.front();
  run.hw.post_lanes = 2 * run.hw.m;
  all.push_back(run);  // two pixels a cycle, but no multipliers
  const FitModel model = FitModel::fit("xc7", all);
  run.hw.weight_format = 136;
  run.took["lut"] += 1e5;
  const FitModel more = FitModel::like(model, "xcup", {run});
  EXPECT_THAT([&] { (void)model.predict(run.hw); },
              ThrowsMessage<Error>(HasSubstr("fitted to no core with shared_multiplier_lanes")));
  EXPECT_NEAR(more.predict(run.hw).at("lut"), run.took["lut"], 1);
}

TEST(Fit, LargestThatFits) {
  const FitModel model = FitModel::fit("xc7", runs());
  const Part part{
      "part", "xc7", {{"lut", 100000}, {"ff", 200000}, {"bram", 2000}, {"uram", 0}, {"dsp", 1000}}};
  const isa::Hardware best = largest_that_fits(model, part, shape(8, 8, 8), 0.8);
  const Resources needs = model.predict(best);
  EXPECT_LE(needs.at("lut"), 80000);
  EXPECT_GT(best.m * best.c * best.p, 1200);
  const isa::Hardware half = largest_that_fits(model, part, shape(8, 8, 8), 0.8, 2);
  EXPECT_LE(2 * model.predict(half).at("lut"), 80000);
  EXPECT_LT(half.m * half.c * half.p, best.m * best.c * best.p);
  const Part tiny{"tiny", "xc7", {{"lut", 100}, {"ff", 100}, {"bram", 1}, {"uram", 0}, {"dsp", 0}}};
  EXPECT_EQ(largest_that_fits(model, tiny, shape(8, 8, 8), 0.8).m, 0);
}

TEST(Fit, RefusesTooFewRuns) {
  std::vector<Sample> few = runs();
  few.resize(3);
  EXPECT_THAT([&] { FitModel::fit("xc7", few); }, ThrowsMessage<Error>(HasSubstr("too few")));
}

TEST(Fit, PartsAndBoardsByName) {
  const nlohmann::json parts{{"xc7z045",
                              {{"family", "xc7"},
                               {"boards", {"zc706", "other"}},
                               {"lut", 218600},
                               {"ff", 437200},
                               {"bram", 545},
                               {"uram", 0},
                               {"dsp", 900},
                               {"mhz", 200}}}};
  EXPECT_EQ(find_part(parts, "xc7z045").has.at("lut"), 218600);
  EXPECT_EQ(find_part(parts, "other").name, "xc7z045");
  EXPECT_THAT([&] { find_part(parts, "xc7z999"); },
              ThrowsMessage<Error>(HasSubstr("\"xc7z999\"; known are xc7z045 (zc706, other)")));
}

}  // namespace
}  // namespace reshift
