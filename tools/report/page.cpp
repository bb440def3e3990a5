// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "report/page.hpp"

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "report/charts.hpp"
#include "report/svg.hpp"

namespace reshift {
namespace {

constexpr const char* kStyle = R"(
body { font: 14px sans-serif; color: #222; background: #fff; margin: 24px; max-width: 1100px; }
svg { font: 11px sans-serif; display: block; }
h2 { margin-top: 32px; }
table { border-collapse: collapse; font-size: 12px; }
th, td { padding: 2px 8px; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child, .left { text-align: left; }
.key { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 12px; }
)";

ReportData gather(const Program& program, const nlohmann::json& run) {
  ReportData data{program, layer_estimates(program), !run.is_null()};
  if (!data.measured) return data;
  if (!run.contains("layers")) {
    throw Error(
        "the results of the run have no layers: make them with `reshift run --timeline FILE "
        "--json FILE`");
  }
  const auto& layers = array_field(run, "layers");
  if (text_field(run, "hardware") != program.hw.name || layers.size() != data.layers.size()) {
    throw Error("the results of the run are of another program: {} layers on {}, not {} on {}",
                layers.size(), text_field(run, "hardware"), data.layers.size(), program.hw.name);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerTime& layer = data.layers[i];
    if (text_field(layers[i], "name") != layer.name) {
      throw Error("the results of the run are of another program: layer {} is {}, not {}", i,
                  text_field(layers[i], "name"), layer.name);
    }
    layer.causes[kBusy] = number_field(layers[i], "busy");
    for (std::size_t c = 0; c < kBusy; ++c) {
      layer.causes[c] = number_field(field(layers[i], "stalls"), std::string(cause_name(c)));
    }
  }
  return data;
}

std::string summary(const ReportData& data, const nlohmann::json& run) {
  const Program& p = data.program;
  const int lanes = p.hw.m * p.hw.c * p.hw.p;
  const auto utilization = [&](double cycles) {
    return 100 * static_cast<double>(p.macs()) / (cycles * lanes);
  };
  std::string html = fmt::format(
      "<p>{} on {}: {} lanes, a bus of {} bytes. {:.1f} million multiplications a frame{}; "
      "estimate "
      "{} cycles, {:.1f} % of the lanes.",
      escape(p.net.name), p.hw.name, lanes, p.hw.axi_data_w / 8,
      static_cast<double>(p.macs()) * 1e-6,
      p.batch > 1 ? fmt::format(" of {} images", p.batch) : "", p.cycles,
      utilization(static_cast<double>(p.cycles)));
  if (data.measured) {
    const double cycles = number_field(run, "cycles_per_image");
    html += fmt::format(
        " Simulated core: {:.0f} cycles an image, {:.1f} % of the lanes, {} mismatches in {} "
        "images.",
        cycles, utilization(cycles * p.batch), integer_field<std::int64_t>(run, "mismatches"),
        integer_field<std::int64_t>(run, "images"));
  }
  return html + "</p>\n";
}

std::string layer_table(const ReportData& data) {
  std::string html =
      "<table><tr><th>layer</th><th class=\"left\">kind</th><th>terms</th><th>tiles</th>"
      "<th>array</th><th>post-processing</th><th>memory</th><th class=\"left\">bound by</th>"
      "<th>weight bytes</th><th>loaded</th><th>stored</th><th>strips</th>";
  if (data.measured) {
    html +=
        "<th>RTL cycles</th><th>off by</th><th>busy</th><th class=\"left\">waits mostly for</th>";
  }
  html += "<th class=\"left\">note</th></tr>\n";
  for (std::size_t i = 0; i < data.layers.size(); ++i) {
    const OpReport& op = data.program.ops[i];
    const LayerTime& layer = data.layers[i];
    html += fmt::format(
        "<tr><td>{}</td><td class=\"left\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td><td class=\"left\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
        escape(op.name), op.kind, op.terms, op.uops, op.array_cycles, op.post_cycles,
        op.memory_cycles, op.bound, op.weight_bytes_bus, op.feature_bytes_read,
        op.feature_bytes_written, op.strips);
    if (data.measured) {
      html += fmt::format(
          "<td>{:.0f}</td><td>{:+.1f} %</td><td>{:.1f} %</td><td class=\"left\">{}</td>",
          layer.cycles(), layer.off_percent(), 100 * layer.causes[kBusy] / layer.cycles(),
          layer.main_stall_text());
    }
    html += fmt::format("<td class=\"left\">{}{}{}</td></tr>\n", op.in_place ? "in place" : "",
                        op.in_place && !op.note.empty() ? "; " : "", escape(op.note));
  }
  return html + "</table>\n";
}

std::string buffer_table(const Program& p) {
  std::string html =
      "<table><tr><th>tensor</th><th>first word</th><th>words</th><th class=\"left\">from</th>"
      "<th class=\"left\">to</th></tr>\n";
  for (const BufferUse& use : p.buffer) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"left\">{}</td><td "
        "class=\"left\">{}</td></tr>\n",
        escape(use.name), use.base, use.words,
        escape(p.ops[static_cast<std::size_t>(use.first)].name),
        escape(p.ops[static_cast<std::size_t>(use.last)].name));
  }
  return html + "</table>\n";
}

}  // namespace

std::string_view page_style() { return kStyle; }

std::string report_page(const Program& program, const nlohmann::json& run) {
  const ReportData data = gather(program, run);
  const std::string name = fmt::format("{} on {}", escape(program.net.name), program.hw.name);
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>"
      "<style>{}</style></head><body>\n<h1>{}</h1>\n",
      name, kStyle, name);
  html += summary(data, run);
  html += fmt::format(
      "<h2>Roofline</h2>\n<p>A point is a layer, {}; its name and numbers show "
      "under the mouse.</p>\n",
      data.measured ? "as the simulated core ran it" : "as estimated");
  html += roofline_legend() + roofline_chart(data);
  html += "<h2>Cycles by layer</h2>\n";
  html += cycles_legend(data.measured) + cycles_chart(data);
  html += fmt::format(
      "<h2>Feature buffer</h2>\n<p>Words of a bank, over the cycles of a frame: {} of {} are in "
      "use.</p>\n",
      program.buffer_words, program.hw.fb_depth);
  html += buffer_chart(data);
  html += "<h2>Plan: layers</h2>\n" + layer_table(data);
  html += "<h2>Plan: feature buffer</h2>\n" + buffer_table(program);
  return html + "</body></html>\n";
}

}  // namespace reshift
