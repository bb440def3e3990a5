// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/svg.hpp"

#include <fmt/format.h>

#include <array>

namespace reshift {
namespace {

std::string title(std::string_view tip) {
  return tip.empty() ? "" : fmt::format("<title>{}</title>", escape(tip));
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void Svg::rect(const Box& box, std::string_view colour, std::string_view tip) {
  body_ += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
      "fill=\"{}\">{}</rect>\n",
      box.x, box.y, box.width, box.height, colour, title(tip));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view colour) {
  body_ +=
      fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n",
                  x1, y1, x2, y2, colour);
}

void Svg::dot(double x, double y, std::string_view colour, std::string_view tip) {
  body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\">{}</circle>\n", x,
                       y, colour, title(tip));
}

void Svg::text(double x, double y, std::string_view text, Anchor anchor) {
  constexpr std::array kAnchors{"start", "middle", "end"};
  body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                       kAnchors[static_cast<std::size_t>(anchor)], escape(text));
}

std::string Svg::str() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\">\n{2}</svg>\n",
      width_, height_, body_);
}

}  // namespace reshift
