// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/front_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/svg.hpp"

namespace reshift {
namespace {

constexpr double kLeft = 70, kTop = 20, kBottom = 380, kRight = 940;

/// A linear axis from 0, or from a round number below it, to another.
struct Axis {
  double least = 0, step = 1, most = 1;
  double from = 0, to = 1;  ///< pixels

  Axis(double lowest, double highest, double pixel_from, double pixel_to)
      : from(pixel_from), to(pixel_to) {
    const double span = std::max(highest, 0.0) - std::min(lowest, 0.0);
    if (span == 0) return;
    step = std::pow(10, std::floor(std::log10(span)));
    if (span / step < 3) step /= 4;
    least = step * std::floor(std::min(lowest, 0.0) / step);
    most = step * std::max(std::ceil(highest / step), 1.0);
  }
  double at(double value) const { return from + (value - least) / (most - least) * (to - from); }
};

void draw_axes(const Axis& x, const Axis& y, const std::string& x_name, const std::string& y_name,
               Svg& svg) {
  constexpr const char* kLines = "#dddddd";
  for (int i = 0; x.least + i * x.step <= x.most * 1.001; ++i) {
    const double value = x.least + i * x.step;
    svg.line(x.at(value), kTop, x.at(value), kBottom, kLines);
    svg.text(x.at(value), kBottom + 16, fmt::format("{:.0f}", value), Svg::Anchor::kMiddle);
  }
  for (int i = 0; y.least + i * y.step <= y.most * 1.001; ++i) {
    const double value = y.least + i * y.step;
    svg.line(kLeft, y.at(value), kRight, y.at(value), kLines);
    svg.text(kLeft - 6, y.at(value) + 4, fmt::format("{:g}", value), Svg::Anchor::kEnd);
  }
  svg.text((kLeft + kRight) / 2, kBottom + 36, x_name, Svg::Anchor::kMiddle);
  svg.text(4, 12, y_name);
}

}  // namespace

std::string front_chart(std::vector<FrontPoint> points, const std::string& x_name,
                        const std::string& y_name) {
  std::sort(points.begin(), points.end(),
            [](const FrontPoint& a, const FrontPoint& b) { return a.x < b.x; });
  const auto [least, most] =
      std::minmax_element(points.begin(), points.end(),
                          [](const FrontPoint& a, const FrontPoint& b) { return a.y < b.y; });
  const Axis x(0, points.back().x, kLeft, kRight), y(least->y, most->y, kBottom, kTop);
  Svg svg(kRight + 20, kBottom + 45);
  draw_axes(x, y, x_name, y_name, svg);
  constexpr const char *kFront = "#1b9e77", *kOther = "#bbbbbb", *kChosen = "#d95f02";
  const FrontPoint* last = nullptr;
  for (const FrontPoint& point : points) {
    if (!point.on_front) continue;
    if (last) svg.line(x.at(last->x), y.at(last->y), x.at(point.x), y.at(point.y), kFront);
    last = &point;
  }
  for (const FrontPoint& point : points) {
    const char* colour = point.chosen ? kChosen : point.on_front ? kFront : kOther;
    svg.dot(x.at(point.x), y.at(point.y), colour,
            fmt::format("{}: {}{}", point.name, point.tip, point.chosen ? ", taken" : ""));
    if (point.chosen) svg.text(x.at(point.x) + 7, y.at(point.y) - 7, point.name);
  }
  return svg.str();
}

}  // namespace reshift
