// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/report.hpp"

#include <fmt/format.h>

namespace reshift {
namespace {

std::int64_t buffer_bytes(const Program& p, int words) {
  return std::int64_t{words} * p.hw.p * p.hw.m * p.hw.act_w / 8;
}

std::int64_t sum(const Program& p, std::int64_t OpReport::*member) {
  std::int64_t total = 0;
  for (const OpReport& r : p.ops) total += r.*member;
  return total;
}

}  // namespace

nlohmann::json report_json(const Program& p) {
  return {{"hardware", p.hw.name},
          {"batch", p.batch},
          {"lanes", p.hw.m * p.hw.c * p.hw.p},
          {"support", support_to_json(p.support)},
          {"layers", ops_to_json(p.ops)},
          {"cycles", p.cycles},
          {"first_cycles", p.first_cycles},
          {"macs", p.macs()},
          {"buffer_bytes", buffer_bytes(p, p.buffer_words)},
          {"buffer_bytes_naive", buffer_bytes(p, p.naive_words)},
          {"input_bytes", p.in_stride},
          {"output_bytes", p.out_stride},
          {"file_bytes", p.image.size()},
          {"weight_bytes_bus", sum(p, &OpReport::weight_bytes_bus)},
          {"weight_bytes_dense", sum(p, &OpReport::weight_bytes_dense)}};
}

std::string report_text(const Program& p) {
  std::string text = "Support\n";
  for (const Support& s : p.support) {
    text += fmt::format("  {:<28} {:<12} {}\n", s.op, to_string(s.verdict), s.reason);
  }
  text += fmt::format("\n{:<28} {:>5} {:>8} {:>9} {:>9} {:>9}  {:<16} {:>9} {:>6} {:>9} {:>9}\n",
                      "Layer", "terms", "tiles", "compute", "memory", "cycles", "bound by", "bytes",
                      "strips", "loaded", "stored");
  for (const OpReport& r : p.ops) {
    text += fmt::format("{:<28} {:>5} {:>8} {:>9} {:>9} {:>9}  {:<16} {:>9} {:>6} {:>9} {:>9}{}\n",
                        r.name, r.terms, r.uops, r.exec_cycles, r.memory_cycles, r.cycles, r.bound,
                        r.buffer_bytes, r.strips, r.feature_bytes_read, r.feature_bytes_written,
                        r.in_place ? "  in place" : "");
  }
  const int lanes = p.hw.m * p.hw.c * p.hw.p;
  const std::string images =
      p.batch == 1 ? "" : fmt::format(" of {} images, {} an image", p.batch, p.cycles / p.batch);
  text += fmt::format(
      "\nEstimate: {} cycles a frame{}, {} the first, {:.1f} % of {} lanes\nFeature buffer: {} of "
      "{} bytes ({} "
      "with every tensor in "
      "its own region)\nProgram: {} bytes, input {} and output {} bytes an image\nWeights over the "
      "bus: {} bytes "
      "a frame, {} without compression\n",
      p.cycles, images, p.first_cycles,
      100.0 * static_cast<double>(p.macs()) / (static_cast<double>(p.cycles) * lanes), lanes,
      buffer_bytes(p, p.buffer_words), buffer_bytes(p, p.hw.fb_depth),
      buffer_bytes(p, p.naive_words), p.image.size(), p.in_stride, p.out_stride,
      sum(p, &OpReport::weight_bytes_bus), sum(p, &OpReport::weight_bytes_dense));
  return text;
}

}  // namespace reshift
