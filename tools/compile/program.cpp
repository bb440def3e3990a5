// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/program.hpp"

#include <algorithm>

#include "base/container.hpp"
#include "base/error.hpp"
#include "compile/hardware.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKind = "PROGRAM";

Json layout_json(const Layout& l) {
  return {l.channels, l.height, l.width, l.pitch, l.polyphase ? 1 : 0, l.words, l.base};
}

Layout layout_from_json(const Json& json) {
  const auto v = json.get<std::array<int, 7>>();
  return {v[0], v[1], v[2], v[3], v[4] != 0, v[5], v[6]};
}

Json op_json(const OpReport& r) {
  return {{"name", r.name},
          {"kind", r.kind},
          {"note", r.note},
          {"terms", r.terms},
          {"entries", r.uops},
          {"pixel_groups", r.groups},
          {"m_groups", r.m_blocks},
          {"execs", r.execs},
          {"in_place", r.in_place},
          {"macs", r.macs},
          {"array_cycles", r.array_cycles},
          {"post_cycles", r.post_cycles},
          {"exec_cycles", r.exec_cycles},
          {"memory_cycles", r.memory_cycles},
          {"cycles", r.cycles},
          {"first_cycles", r.first_cycles},
          {"weight_bytes", r.weight_bytes},
          {"strips", r.strips},
          {"feature_bytes_read", r.feature_bytes_read},
          {"feature_bytes_written", r.feature_bytes_written},
          {"buffer_bytes", r.buffer_bytes},
          {"bound", r.bound}};
}

OpReport op_from_json(const Json& j) {
  return {j.at("name"),
          j.at("kind"),
          j.at("note"),
          j.at("terms"),
          j.at("entries"),
          j.at("pixel_groups"),
          j.at("m_groups"),
          j.at("execs"),
          j.at("in_place"),
          j.at("macs"),
          j.at("array_cycles"),
          j.at("post_cycles"),
          j.at("exec_cycles"),
          j.at("memory_cycles"),
          j.at("cycles"),
          j.at("first_cycles"),
          j.at("weight_bytes"),
          j.at("strips"),
          j.at("feature_bytes_read"),
          j.at("feature_bytes_written"),
          j.at("buffer_bytes"),
          j.at("bound")};
}

Json hardware_json(const spec::Hardware& hw) {
  return {hw.m,        hw.c,        hw.p,        hw.act_w,      hw.exponents, hw.acc_w,
          hw.fb_depth, hw.wm_depth, hw.pm_depth, hw.post_lanes, hw.axi_data_w};
}

Json support_json(const std::vector<Support>& support) {
  Json json = Json::array();
  for (const Support& s : support) {
    json.push_back({{"name", s.op}, {"verdict", to_string(s.verdict)}, {"reason", s.reason}});
  }
  return json;
}

std::vector<Support> support_from_json(const Json& json) {
  std::vector<Support> support;
  for (const Json& j : json) {
    const bool rewritten = j.at("verdict") == to_string(Support::Verdict::kRewritten);
    support.push_back({j.at("name"),
                       rewritten ? Support::Verdict::kRewritten : Support::Verdict::kAccepted,
                       j.at("reason")});
  }
  return support;
}

Program program_from_json(const Json& json) {
  Program p;
  p.hw = find_hardware(json.at("hardware").get<std::string>());
  if (json.at("interface") != spec::kVersion || json.at("parameters") != hardware_json(p.hw) ||
      !json.contains("first_cycles")) {
    throw Error("compiled for another version of {}; compile it again", p.hw.name);
  }
  p.batch = json.at("batch");
  p.net = qnet_from_json(json.at("net"));
  p.image = unpack_numbers<std::uint8_t>(json.at("image"));
  p.descriptors = json.at("descriptors").get<std::vector<std::string>>();
  const Json& input = json.at("input");
  p.table.stride_h = input.at("stride").at(0);
  p.table.stride_w = input.at("stride").at(1);
  for (const auto& s : input.at("slots").get<std::vector<std::array<int, 3>>>()) {
    p.table.rows.push_back({s[0], s[1], s[2]});
  }
  p.input_layout = layout_from_json(input.at("layout"));
  p.input = p.net.tensors[0];
  p.input.channels = p.input_layout.channels;
  p.input.height = p.input_layout.height;
  p.input.width = p.input_layout.width;
  p.in_stride = input.at("bytes");
  p.out_stride = json.at("output_bytes");
  for (const Json& j : json.at("stored")) {
    p.stored.push_back({j.at("name"), j.at("op"), j.at("tensor"), j.at("offset"),
                        layout_from_json(j.at("layout"))});
  }
  for (const Json& j : json.at("ops")) p.ops.push_back(op_from_json(j));
  p.support = support_from_json(json.at("support"));
  for (const Json& j : json.at("buffer")) {
    p.buffer.push_back({j.at(0), j.at(1), j.at(2), j.at(3), j.at(4)});
  }
  p.buffer_words = json.at("buffer_words");
  p.naive_words = json.at("naive_words");
  p.cycles = json.at("cycles");
  p.first_cycles = json.at("first_cycles");
  p.validate();
  return p;
}

std::int64_t buffer_bytes(const Program& p, int words) {
  return std::int64_t{words} * p.hw.p * p.hw.m * p.hw.act_w / 8;
}

}  // namespace

std::int64_t Program::macs() const {
  std::int64_t sum = 0;
  for (const OpReport& r : ops) sum += r.macs;
  return sum;
}

const StoredTensor& Program::output() const {
  const auto found = std::find_if(stored.begin(), stored.end(),
                                  [this](const StoredTensor& t) { return t.tensor == net.output; });
  if (found == stored.end()) throw Error("the program does not store the network's output");
  return *found;
}

std::vector<std::uint8_t> Program::input_window(std::span<const std::int32_t> codes) const {
  const auto arranged = arrange_image(table, net.tensors[0], input, codes);
  std::vector<std::uint8_t> window(static_cast<std::size_t>(in_stride), 0);
  pack_tensor(hw, input_layout, arranged, input.zero,
              std::span(window).first(static_cast<std::size_t>(input_layout.bytes(hw))));
  return window;
}

std::vector<std::int32_t> Program::stored_codes(const StoredTensor& tensor,
                                                std::span<const std::uint8_t> output_window) const {
  return unpack_tensor(hw, tensor.layout,
                       output_window.subspan(static_cast<std::size_t>(tensor.offset),
                                             static_cast<std::size_t>(tensor.layout.bytes(hw))));
}

void Program::validate() const {
  const auto require = [](bool good, std::string_view what) {
    if (!good) throw Error("inconsistent program: {}", what);
  };
  net.validate();
  require(batch >= 1, "batch");
  const auto check_layout = [&](const Layout& l) {
    require(l.channels > 0 && l.height > 0 && l.width > 0 && l.height <= 65535 &&
                l.width <= 65535 && l.pitch >= l.phase_width() && l.pitch <= 4095 && l.base >= 0 &&
                l.words == (l.channels + hw.m - 1) / hw.m,
            "tensor layout");
    require(std::int64_t{l.phase_height()} * l.pitch < 1 << 28 &&
                std::int64_t{l.groups(hw)} * l.words < 1 << 28,
            "a tensor larger than memory");
  };
  check_layout(input_layout);
  require(table.rows.size() == static_cast<std::size_t>(input.channels), "input table");
  for (const InputTable::Row& s : table.rows) {
    require(s.channel >= 0 && s.channel < net.tensors[0].channels, "input table");
  }
  require(in_stride >= input_layout.bytes(hw), "input window");
  for (const StoredTensor& t : stored) {
    check_layout(t.layout);
    require(t.tensor >= 0 && t.tensor < static_cast<int>(net.tensors.size()), "stored tensor");
    const QTensor& q = net.tensors[static_cast<std::size_t>(t.tensor)];
    require(
        q.channels == t.layout.channels && q.height == t.layout.height && q.width == t.layout.width,
        "stored tensor");
    require(t.offset >= 0 && t.offset + t.layout.bytes(hw) <= out_stride, "output window");
  }
  output();
  for (const BufferUse& b : buffer) {
    require(b.first >= 0 && b.first <= b.last && b.last < static_cast<int>(ops.size()) &&
                b.base >= 0 && b.words > 0 && b.base + b.words <= hw.fb_depth,
            "feature buffer");
  }
  require(image.size() >= descriptors.size() * spec::kDescriptorBytes && !descriptors.empty(),
          "descriptors");
}

void Program::save(const std::string& path) const {
  validate();
  Json slots = Json::array(), stored_json = Json::array(), ops_json = Json::array(),
       buffer_json = Json::array();
  for (const InputTable::Row& s : table.rows) slots.push_back({s.channel, s.dy, s.dx});
  for (const StoredTensor& t : stored) {
    stored_json.push_back({{"name", t.name},
                           {"op", t.op},
                           {"tensor", t.tensor},
                           {"offset", t.offset},
                           {"layout", layout_json(t.layout)}});
  }
  for (const OpReport& r : ops) ops_json.push_back(op_json(r));
  for (const BufferUse& b : buffer) {
    buffer_json.push_back({b.name, b.first, b.last, b.base, b.words});
  }
  write_container(path, kKind,
                  {{"hardware", hw.name},
                   {"interface", spec::kVersion},
                   {"parameters", hardware_json(hw)},
                   {"batch", batch},
                   {"net", to_json(net)},
                   {"image", pack_numbers<std::uint8_t>(image)},
                   {"descriptors", descriptors},
                   {"input",
                    {{"stride", {table.stride_h, table.stride_w}},
                     {"slots", slots},
                     {"layout", layout_json(input_layout)},
                     {"bytes", in_stride}}},
                   {"output_bytes", out_stride},
                   {"stored", stored_json},
                   {"ops", ops_json},
                   {"support", support_json(support)},
                   {"buffer", buffer_json},
                   {"buffer_words", buffer_words},
                   {"naive_words", naive_words},
                   {"cycles", cycles},
                   {"first_cycles", first_cycles}});
}

Program Program::load(const std::string& path) {
  try {
    return program_from_json(read_container(path, kKind));
  } catch (const Json::exception& e) {
    throw Error("{}: not a program: {}", path, e.what());
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error("{}", message.starts_with(path) ? message : fmt::format("{}: {}", path, message));
  }
}

nlohmann::json report_json(const Program& p) {
  Json ops = Json::array();
  for (const OpReport& r : p.ops) ops.push_back(op_json(r));
  return {{"hardware", p.hw.name},
          {"batch", p.batch},
          {"lanes", p.hw.m * p.hw.c * p.hw.p},
          {"support", support_json(p.support)},
          {"layers", ops},
          {"cycles", p.cycles},
          {"first_cycles", p.first_cycles},
          {"macs", p.macs()},
          {"buffer_bytes", buffer_bytes(p, p.buffer_words)},
          {"buffer_bytes_naive", buffer_bytes(p, p.naive_words)},
          {"input_bytes", p.in_stride},
          {"output_bytes", p.out_stride},
          {"program_bytes", p.image.size()}};
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
      "its own region)\nProgram: {} bytes, input {} and output {} bytes an image\n",
      p.cycles, images, p.first_cycles,
      100.0 * static_cast<double>(p.macs()) / (static_cast<double>(p.cycles) * lanes), lanes,
      buffer_bytes(p, p.buffer_words), buffer_bytes(p, p.hw.fb_depth),
      buffer_bytes(p, p.naive_words), p.image.size(), p.in_stride, p.out_stride);
  return text;
}

}  // namespace reshift
