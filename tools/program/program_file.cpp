// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/container.hpp"
#include "base/error.hpp"
#include "program/hardware.hpp"
#include "program/program.hpp"

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

Json hardware_json(const isa::Hardware& hw) {
  return {hw.m,        hw.c,        hw.p,        hw.act_w,      hw.exponents, hw.acc_w,
          hw.fb_depth, hw.wm_depth, hw.pm_depth, hw.post_lanes, hw.tables,    hw.axi_data_w};
}

Program program_from_json(const Json& json) {
  Program p;
  const std::uint32_t version = json.at("interface");
  if (version != isa::kVersion) {
    throw Error("made for contract version {}, this tool has {}; compile it again", version,
                isa::kVersion);
  }
  p.hw = find_hardware(json.at("hardware").get<std::string>());
  if (json.at("parameters") != hardware_json(p.hw)) {
    throw Error("made for another {}, whose parameters are not today's; compile it again",
                p.hw.name);
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
  p.ops = ops_from_json(json.at("ops"));
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

}  // namespace

void Program::save(const std::string& path) const {
  validate();
  Json slots = Json::array(), stored_json = Json::array(), buffer_json = Json::array();
  for (const InputTable::Row& s : table.rows) slots.push_back({s.channel, s.dy, s.dx});
  for (const StoredTensor& t : stored) {
    stored_json.push_back({{"name", t.name},
                           {"op", t.op},
                           {"tensor", t.tensor},
                           {"offset", t.offset},
                           {"layout", layout_json(t.layout)}});
  }
  for (const BufferUse& b : buffer) {
    buffer_json.push_back({b.name, b.first, b.last, b.base, b.words});
  }
  write_container(path, kKind,
                  {{"hardware", hw.name},
                   {"interface", isa::kVersion},
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
                   {"ops", ops_to_json(ops)},
                   {"support", support_to_json(support)},
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

}  // namespace reshift
