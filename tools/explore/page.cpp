// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "explore/page.hpp"

#include <fmt/format.h>

#include "report/front_chart.hpp"
#include "report/page.hpp"
#include "report/svg.hpp"

namespace reshift {
namespace {

std::string chart(const nlohmann::json& result) {
  std::vector<FrontPoint> points;
  for (const auto& point : result.at("points")) {
    const double fps = point.at("frames_per_second"), lut = point.at("needs").at("lut");
    points.push_back({point.at("name"), lut, fps, point.at("front"), point.at("best"),
                      fmt::format("{:.0f} LUTs, {:.0f} frames/s", lut, fps)});
  }
  return front_chart(std::move(points), "LUTs", "frames per second");
}

std::string table(const nlohmann::json& result) {
  std::string html =
      "<table><tr><th>configuration</th><th>cores</th><th>lanes</th><th>frames/s</th>";
  for (const auto& net : result.at("networks"))
    html += fmt::format("<th>{}</th>", escape(net.get<std::string>()));
  html +=
      "<th>LUT</th><th>FF</th><th>BRAM</th><th>UltraRAM</th><th>DSP</th>"
      "<th class=\"left\">bound by, on the part</th><th class=\"left\">in the core</th></tr>\n";
  for (const auto& choice : result.at("choices")) {
    html +=
        fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1f}</td>",
                    escape(choice.at("name").get<std::string>()), choice.at("cores").get<int>(),
                    choice.at("lanes").get<int>(), choice.at("frames_per_second").get<double>());
    for (const auto& net : choice.at("networks"))
      html += fmt::format("<td>{:.1f}</td>", net.at("frames_per_second").get<double>());
    for (const char* resource : {"lut", "ff", "bram", "uram", "dsp"})
      html += fmt::format("<td>{:.0f}</td>", choice.at("needs").at(resource).get<double>());
    html += fmt::format("<td class=\"left\">{}</td><td class=\"left\">{}</td></tr>\n",
                        escape(choice.at("part_bound").get<std::string>()),
                        escape(choice.at("core_bound").get<std::string>()));
  }
  return html + "</table>\n";
}

}  // namespace

std::string explore_page(const nlohmann::json& result) {
  const std::string title =
      fmt::format("Configurations for {}", result.at("part").get<std::string>());
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<style>{1}</style></head><body>\n<h1>{0}</h1>\n<p>{2}</p>\n<p>{3}</p>\n"
      "<h2>Frames per second against LUTs</h2>\n<p>Every configuration that was compiled; those "
      "on the line have the most frames for their LUTs.</p>\n{4}\n<h2>Best first</h2>\n{5}"
      "</body></html>\n",
      escape(title), page_style(), escape(result.at("conditions").get<std::string>()),
      escape(result.at("searched").get<std::string>()), chart(result), table(result));
}

}  // namespace reshift
