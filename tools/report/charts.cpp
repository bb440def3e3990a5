// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "report/svg.hpp"

namespace reshift {
namespace {

using Anchor = Svg::Anchor;

constexpr double kWidth = 960;
constexpr const char* kGrid = "#dddddd";
constexpr const char* kInk = "#444444";
constexpr const char* kEstimate = "#bbbbbb";
constexpr const char* kMemory = "#d95f02";
constexpr const char* kPost = "#e6ab02";
constexpr const char* kArray = "#1b9e77";
/// In the order of the causes, busy last.
constexpr std::array<const char*, kBusy + 1> kCauseColours{"#dddddd", kMemory, "#a6761d", "#7570b3",
                                                           "#e7298a", kPost,   "#66a61e", kArray};
constexpr std::array kTensorColours{"#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3",
                                    "#fdb462", "#b3de69", "#fccde5", "#bc80bd", "#ccebc5"};

const char* bound_colour(const std::string& bound) {
  if (bound == "memory") return kMemory;
  return bound == "array" ? kArray : kPost;
}

std::string key(const char* colour, const std::string& text) {
  return fmt::format("<span class=\"key\" style=\"background:{}\"></span>{} ", colour, text);
}

/// A logarithmic axis from one power of ten to another.
struct LogAxis {
  int low = 0, high = 1;
  double from = 0, to = 1;  ///< pixels

  LogAxis(double least, double most, double pixel_from, double pixel_to)
      : low(static_cast<int>(std::floor(std::log10(least)))),
        high(std::max(low + 1, static_cast<int>(std::ceil(std::log10(most))))),
        from(pixel_from),
        to(pixel_to) {}
  double at(double value) const {
    return from + (std::log10(value) - low) / (high - low) * (to - from);
  }
};

}  // namespace

std::int64_t bus_bytes(const OpReport& op) {
  return std::max(op.weight_bytes_bus + op.feature_bytes_read, op.feature_bytes_written);
}

std::string roofline_chart(const ReportData& data) {
  const Program& p = data.program;
  const double lanes = p.hw.m * p.hw.c * p.hw.p, bus = p.hw.axi_data_w / 8.0;
  struct Point {
    double intensity = 0, rate = 0;
    std::size_t layer = 0;
  };
  std::vector<Point> points;
  double least_x = lanes / bus, most_x = lanes / bus, least_y = lanes;
  for (std::size_t i = 0; i < p.ops.size(); ++i) {
    const OpReport& op = p.ops[i];
    if (op.macs == 0 || bus_bytes(op) == 0 || data.cycles(i) == 0) continue;
    const auto macs = static_cast<double>(op.macs);
    points.push_back({macs / static_cast<double>(bus_bytes(op)), macs / data.cycles(i), i});
    least_x = std::min(least_x, points.back().intensity);
    most_x = std::max(most_x, points.back().intensity);
    least_y = std::min(least_y, points.back().rate);
  }
  constexpr double kLeft = 70, kTop = 20, kBottom = 380, kRight = kWidth - 20;
  const LogAxis x(least_x, most_x, kLeft, kRight), y(least_y, lanes * 1.01, kBottom, kTop);
  Svg svg(kWidth, kBottom + 45);
  for (int e = x.low; e <= x.high; ++e) {
    const double value = std::pow(10, e);
    svg.line(x.at(value), kTop, x.at(value), kBottom, kGrid);
    svg.text(x.at(value), kBottom + 16, fmt::format("{:g}", value), Anchor::kMiddle);
  }
  for (int e = y.low; e <= y.high; ++e) {
    const double value = std::pow(10, e);
    svg.line(kLeft, y.at(value), kRight, y.at(value), kGrid);
    svg.text(kLeft - 6, y.at(value) + 4, fmt::format("{:g}", value), Anchor::kEnd);
  }
  svg.text((kLeft + kRight) / 2, kBottom + 36, "multiplications a byte on the bus",
           Anchor::kMiddle);
  svg.text(4, 12, "multiplications a cycle");
  // The roofs, as far as the drawing goes.
  const double ridge = lanes / bus, low = std::pow(10, y.low),
               start = std::max(low / bus, std::pow(10, x.low));
  svg.line(x.at(start), y.at(start * bus), x.at(ridge), y.at(lanes), kInk);
  svg.line(x.at(ridge), y.at(lanes), kRight, y.at(lanes), kInk);
  svg.text(kRight, y.at(lanes) - 5, fmt::format("{} lanes", lanes), Anchor::kEnd);
  const double middle = std::sqrt(start * ridge);
  svg.text(x.at(middle) + 12, y.at(middle * bus) + 12, fmt::format("{} bytes a cycle", bus));
  for (const Point& point : points) {
    const OpReport& op = p.ops[point.layer];
    svg.dot(x.at(point.intensity), y.at(point.rate), bound_colour(op.bound),
            fmt::format("{}: {:.1f} multiplications a byte, {:.1f} a cycle, {:.1f} % of the lanes, "
                        "bound by {}",
                        op.name, point.intensity, point.rate, 100 * point.rate / lanes, op.bound));
  }
  return svg.str();
}

std::string cycles_chart(const ReportData& data) {
  const Program& p = data.program;
  const double lanes = p.hw.m * p.hw.c * p.hw.p;
  constexpr double kRow = 26, kLeft = 230, kRight = kWidth - 190;
  double most = 1;
  for (std::size_t i = 0; i < data.layers.size(); ++i) {
    const LayerTime& layer = data.layers[i];
    most = std::max({most, data.cycles(i), static_cast<double>(layer.compute),
                     static_cast<double>(layer.memory)});
  }
  const auto scale = [&](double cycles) { return cycles / most * (kRight - kLeft); };
  Svg svg(kWidth, kRow * static_cast<double>(data.layers.size()) + 4);
  for (std::size_t i = 0; i < data.layers.size(); ++i) {
    const LayerTime& layer = data.layers[i];
    const double y = 2 + kRow * static_cast<double>(i), cycles = data.cycles(i);
    const double height = data.measured ? 9 : 18;
    svg.text(kLeft - 8, y + 14, layer.name, Anchor::kEnd);
    const std::string tip = fmt::format("{}: estimate {} cycles to compute, {} to move its data",
                                        layer.name, layer.compute, layer.memory);
    svg.rect({kLeft, y + 2, scale(static_cast<double>(layer.compute)), height}, kEstimate, tip);
    svg.rect({kLeft + scale(static_cast<double>(layer.memory)) - 1, y + 2, 3, height}, kMemory,
             tip);
    double x = kLeft;
    for (std::size_t c = kBusy + 1; data.measured && c-- > 0;) {  // busy first
      const double width = scale(layer.causes[c]);
      svg.rect({x, y + 12, width, height}, kCauseColours[c],
               fmt::format("{}: {} {:.0f} of {:.0f} cycles", layer.name, cause_name(c),
                           layer.causes[c], cycles));
      x += width;
    }
    if (cycles == 0) continue;
    svg.text(kRight + 8, y + 14,
             fmt::format("{:.0f} cycles, {:.1f} % of lanes", cycles,
                         100 * static_cast<double>(layer.macs) / (lanes * cycles)));
  }
  return svg.str();
}

std::string cycles_legend(bool measured) {
  std::string html =
      "<p>" + key(kEstimate, "estimate: to compute") + key(kMemory, "(line) to move its data");
  for (std::size_t c = kBusy + 1; measured && c-- > 0;) {
    html += key(kCauseColours[c], fmt::format("RTL: {}", cause_name(c)));
  }
  return html + "</p>\n";
}

std::string roofline_legend() {
  return "<p>Bound by" + key(kArray, "the array") + key(kPost, "post-processing") +
         key(kMemory, "memory") + "</p>\n";
}

std::string buffer_chart(const ReportData& data) {
  const Program& p = data.program;
  constexpr double kLeft = 70, kTop = 16, kBottom = 400, kRight = kWidth - 20;
  std::vector<double> begin{0};  // of the layers
  for (std::size_t i = 0; i < data.layers.size(); ++i)
    begin.push_back(begin.back() + data.cycles(i));
  const double total = std::max(begin.back(), 1.0);
  const auto x = [&](std::size_t layer) { return kLeft + begin[layer] / total * (kRight - kLeft); };
  const auto y = [&](double words) { return kBottom - words / p.buffer_words * (kBottom - kTop); };
  Svg svg(kWidth, kBottom + 24);
  svg.rect({kLeft, kTop, kRight - kLeft, kBottom - kTop}, "#f7f7f7");
  for (std::size_t i = 0; i < p.buffer.size(); ++i) {
    const BufferUse& use = p.buffer[i];
    const double left = x(static_cast<std::size_t>(use.first)), top = y(use.base + use.words);
    const double width = x(static_cast<std::size_t>(use.last) + 1) - left;
    const double height = y(use.base) - top;
    svg.rect({left, top, width, height}, kTensorColours[i % kTensorColours.size()],
             fmt::format("{}: words {} to {} of each bank, {} to {}", use.name, use.base,
                         use.base + use.words - 1, p.ops[static_cast<std::size_t>(use.first)].name,
                         p.ops[static_cast<std::size_t>(use.last)].name));
    const bool room = height > 12 && width > 7.0 * static_cast<double>(use.name.size());
    if (room) svg.text(left + 3, top + height / 2 + 4, use.name);
  }
  for (int part = 0; part <= 4; ++part) {
    const int words = p.buffer_words * part / 4;
    svg.line(kLeft - 4, y(words), kLeft, y(words), kInk);
    svg.text(kLeft - 6, y(words) + 4, fmt::format("{}", words), Anchor::kEnd);
    const double cycles = total * part / 4;
    const double at = kLeft + (kRight - kLeft) * part / 4;
    svg.line(at, kBottom, at, kBottom + 4, kInk);
    svg.text(at, kBottom + 18, fmt::format("{:.0f}", cycles),
             part == 0   ? Anchor::kStart
             : part == 4 ? Anchor::kEnd
                         : Anchor::kMiddle);
  }
  return svg.str();
}

}  // namespace reshift
