// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/front_chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace reshift {
namespace {

using ::testing::HasSubstr;

/// Centres of the circles of a colour, in the order of the picture.
std::vector<std::pair<double, double>> dots(const std::string& svg, const std::string& colour) {
  std::vector<std::pair<double, double>> found;
  const std::regex circle("<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\" r=\"4\" fill=\"" + colour);
  for (std::sregex_iterator i(svg.begin(), svg.end(), circle), end; i != end; ++i)
    found.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  return found;
}

TEST(FrontChart, PutsPointsWhereTheyBelong) {
  const std::string svg = front_chart({{"dear & good", 4000, 0.0, true, false, "4000 cycles"},
                                       {"taken", 2000, 0.5, true, true, "half a point"},
                                       {"worse", 3000, 1.0, false, false, ""},
                                       {"cheap", 1000, 2.0, true, false, ""}},
                                      "cycles", "points & more");
  const auto front = dots(svg, "#1b9e77"), chosen = dots(svg, "#d95f02"),
             other = dots(svg, "#bbbbbb");
  ASSERT_EQ(front.size(), 2U);
  ASSERT_EQ(chosen.size(), 1U);
  ASSERT_EQ(other.size(), 1U);
  // The cheapest first: equal steps of 1,000 cycles to the right, 0.5 points are a quarter of 2.
  const double step = chosen[0].first - front[0].first;
  EXPECT_GT(step, 100);
  EXPECT_NEAR(other[0].first - chosen[0].first, step, 0.2);
  EXPECT_NEAR(front[1].first - other[0].first, step, 0.2);
  EXPECT_NEAR((front[1].second - chosen[0].second) / (front[1].second - front[0].second), 0.25,
              0.01);
  EXPECT_THAT(svg, HasSubstr("dear &amp; good: 4000 cycles<"));
  EXPECT_THAT(svg, HasSubstr("taken: half a point, taken<"));
  EXPECT_THAT(svg, HasSubstr(">points &amp; more<"));
  // Three points of the front are two lines.
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = svg.find("stroke=\"#1b9e77\"", at)) != std::string::npos; ++at)
    ++lines;
  EXPECT_EQ(lines, 2U);
}

TEST(FrontChart, TakesASinglePointAndGains) {
  const std::string svg = front_chart({{"only", 10, -0.5, true, true, ""}}, "x", "y");
  const auto chosen = dots(svg, "#d95f02");
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_GT(chosen[0].second, 0);
  EXPECT_LE(chosen[0].second, 400);
}

}  // namespace
}  // namespace reshift
