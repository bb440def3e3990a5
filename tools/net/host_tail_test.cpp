// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/host_tail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = HostStep::Kind;

/// Rows of a 1 x 2 x 1 x 3 output become 3 x 2, plus a constant, and a softmax of each row.
HostTail tail() {
  HostTail t;
  t.inputs = {{1, 2, 1, 3}};
  t.constants = {{{2}, {0, std::log(3.0)}, false}};
  t.steps = {{Kind::kReshape, "", {2, 3}, {}, {0}},
             {Kind::kTranspose, "", {1, 0}, {}, {2}},
             {Kind::kBinary, "Add", {}, {}, {3, 1}},
             {Kind::kAlong, "Softmax", {1}, {}, {4}},
             {Kind::kGather, "", {0, 2, kFill}, {-std::numeric_limits<double>::infinity()}, {5}}};
  t.outputs = {{"scores", 6, {2, 2}}, {"raw", 0, {1, 2, 1, 3}}};
  return t;
}

TEST(HostTail, RunsStepsAndKeepsMachineOutputs) {
  const auto result = tail().run({{1, 2, 3, 1, 2, 3}});
  ASSERT_EQ(result.size(), 2u);
  // Both values of a row are equal before the constant: 1 / (1 + 3) and 3 / (1 + 3).
  EXPECT_NEAR(result[0][0], 0.25, 1e-6);
  EXPECT_NEAR(result[0][1], 0.75, 1e-6);
  EXPECT_TRUE(std::isinf(result[0][2]) && result[0][2] < 0);
  EXPECT_THAT(result[1], ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST(HostTail, GoesThroughJson) {
  const HostTail read = host_tail_from_json(nlohmann::json::parse(to_json(tail()).dump()));
  EXPECT_EQ(read.steps, tail().steps);
  EXPECT_EQ(read.outputs, tail().outputs);
  EXPECT_EQ(read.run({{1, 2, 3, 4, 5, 6}}), tail().run({{1, 2, 3, 4, 5, 6}}));
}

TEST(HostTail, EveryFieldIsChecked) {
  const auto message = [](const auto& change) {
    nlohmann::json json = to_json(tail());
    change(json);
    try {
      host_tail_from_json(json);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message([](auto& j) { j.erase("steps"); }), HasSubstr("steps is missing"));
  EXPECT_THAT(message([](auto& j) { j["steps"][0]["kind"] = "sort"; }), HasSubstr("kind sort"));
  EXPECT_THAT(message([](auto& j) { j["steps"][0]["ints"][0] = 2.5; }), HasSubstr("no integer"));
  EXPECT_THAT(message([](auto& j) { j["steps"][0]["inputs"][0] = 2; }), HasSubstr("value 2 of 2"));
  EXPECT_THAT(message([](auto& j) { j["steps"][3]["function"] = "Sort"; }), HasSubstr("unknown"));
  EXPECT_THAT(message([](auto& j) { j["outputs"][0]["value"] = 9; }), HasSubstr("value 9"));
  EXPECT_THAT(message([](auto& j) { j["outputs"][0]["dims"] = {3, 3}; }), HasSubstr("[3, 3]"));
  EXPECT_THAT(message([](auto& j) { j["constants"][0]["dims"] = {-1}; }), HasSubstr("impossible"));
  EXPECT_THAT(message([](auto& j) { j["constants"][0]["values"][0] = nullptr; }),
              HasSubstr("no number"));
}

TEST(Array, Broadcasts) {
  EXPECT_EQ(broadcast({1, 3, 1, 1}, {1, 3}), (Dims{1, 3, 1, 3}));
  EXPECT_THROW(broadcast({2, 3}, {2}), Error);
  const Array sum = map({{2, 1}, {10, 20}, true}, {{3}, {1, 2, 3}, true},
                        [](double a, double b) { return a + b; });
  EXPECT_THAT(sum.values, ElementsAre(11, 12, 13, 21, 22, 23));
  EXPECT_TRUE(sum.is_integer);
}

TEST(Array, IntegersDivideTowardsZero) {
  const HostStep div{Kind::kBinary, "Div", {}, {}, {0, 1}};
  const Array a{{2}, {-7, 7}, true}, b{{}, {2}, true}, zero{{}, {0}, true};
  EXPECT_THAT(run_step(div, {&a, &b}).values, ElementsAre(-3, 3));
  EXPECT_THROW(run_step(div, {&a, &zero}), Error);
}

}  // namespace
}  // namespace reshift
