// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

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
  json["xc7"]["lut"][0] = "many";
  EXPECT_THAT([&] { FitModel::from_json(json, "xc7"); },
              ThrowsMessage<Error>(HasSubstr("field lut")));
  const nlohmann::json report{
      {"top", "reshift_core"}, {"config", "a"}, {"parameters", {{"M", 1e300}}}};
  EXPECT_THAT([&] { sample_from_json(report); }, ThrowsMessage<Error>(HasSubstr("field M")));
}

// Block RAM is computed from the memories' shapes: twice the depth of a deep memory, twice the
// blocks.
TEST(Fit, BlockRamFollowsTheMemories) {
  const FitModel model = FitModel::from_json({{"ecp5",
                                               {{"lut", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
                                                {"ff", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
                                                {"bram", {0, 1}},
                                                {"dsp", {0, 0}},
                                                {"runs", {"a"}},
                                                {"error", 0}}}},
                                             "ecp5");
  isa::Hardware hw = shape(8, 8, 4);
  // 4 banks of 64 x 1,024 bits: 4 blocks of 18 bits each; tiles 256 x 512: 8 of 36; headers: 1;
  // parameters, 4 channels of 54 bits a word: 6; residual and bus, 64 bits: 2 each.
  EXPECT_EQ(model.predict(hw).at("bram"), 4 * 4 + 8 + 1 + 6 + 2 + 2);
  hw.fb_depth = 2048;
  EXPECT_EQ(model.predict(hw).at("bram"), 4 * 8 + 8 + 1 + 6 + 2 + 2);
}

TEST(Fit, LargestThatFits) {
  const FitModel model = FitModel::fit("xc7", runs());
  const Part part{"part", "xc7", {{"lut", 100000}, {"ff", 200000}, {"bram", 2000}, {"dsp", 1000}}};
  const isa::Hardware best = largest_that_fits(model, part, shape(8, 8, 8), 0.8);
  const Resources needs = model.predict(best);
  EXPECT_LE(needs.at("lut"), 80000);
  EXPECT_GT(best.m * best.c * best.p, 1200);
  const Part tiny{"tiny", "xc7", {{"lut", 100}, {"ff", 100}, {"bram", 1}, {"dsp", 0}}};
  EXPECT_EQ(largest_that_fits(model, tiny, shape(8, 8, 8), 0.8).m, 0);
}

TEST(Fit, RefusesTooFewRuns) {
  std::vector<Sample> few = runs();
  few.resize(3);
  EXPECT_THAT([&] { FitModel::fit("xc7", few); }, ThrowsMessage<Error>(HasSubstr("too few")));
}

TEST(Fit, UnknownPartListsTheKnown) {
  const nlohmann::json parts{
      {"xc7z045",
       {{"family", "xc7"}, {"lut", 218600}, {"ff", 437200}, {"bram", 545}, {"dsp", 900}}}};
  EXPECT_EQ(find_part(parts, "xc7z045").has.at("lut"), 218600);
  EXPECT_THAT([&] { find_part(parts, "xc7z999"); },
              ThrowsMessage<Error>(HasSubstr("\"xc7z999\"; known are xc7z045")));
}

}  // namespace
}  // namespace reshift
