// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/json_fields.hpp"
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
  const auto v = to_integers<int, 7>(json, "layout");
  return {v[0], v[1], v[2], v[3], v[4] != 0, v[5], v[6]};
}

Json hardware_json(const isa::Hardware& hw) {
  return {hw.m,
          hw.c,
          hw.p,
          hw.act_w,
          hw.weight_format,
          hw.acc_w,
          hw.mult_w,
          hw.fb_depth,
          hw.wm_depth,
          hw.pm_depth,
          hw.post_lanes,
          hw.tables,
          hw.axi_data_w,
          hw.neighbours,
          hw.weight_check,
          hw.weight_streams,
          hw.requantise};
}

Program program_from_json(const Json& json) {
  Program p;
  const auto version = integer_field<std::uint32_t>(json, "interface");
  if (version != isa::kVersion) {
    throw Error("made for contract version {}, this tool has {}; compile it again", version,
                isa::kVersion);
  }
  p.hw = find_hardware(text_field(json, "hardware"));
  if (field(json, "parameters") != hardware_json(p.hw)) {
    throw Error("made for another {}, whose parameters are not today's; compile it again",
                p.hw.name);
  }
  p.batch = integer_field<int>(json, "batch");
  p.net = qnet_from_json(field(json, "net"));
  p.image = numbers_field<std::uint8_t>(json, "image");
  for (const Json& j : array_field(json, "descriptors")) {
    p.descriptors.push_back(to_text(j, "descriptors"));
  }
  const Json& input = field(json, "input");
  const auto stride = integers_field<int, 2>(input, "stride");
  p.table.stride_h = stride[0];
  p.table.stride_w = stride[1];
  for (const Json& j : array_field(input, "slots")) {
    const auto slot = to_integers<int, 3>(j, "slots");
    p.table.rows.push_back({slot[0], slot[1], slot[2]});
  }
  p.input_layout = layout_from_json(field(input, "layout"));
  p.input = p.net.tensors[0];
  p.input.channels = p.input_layout.channels;
  p.input.height = p.input_layout.height;
  p.input.width = p.input_layout.width;
  p.in_stride = integer_field<std::int64_t>(input, "bytes");
  p.out_stride = integer_field<std::int64_t>(json, "output_bytes");
  for (const Json& j : array_field(json, "stored")) {
    p.stored.push_back({text_field(j, "name"), integer_field<int>(j, "op"),
                        integer_field<int>(j, "tensor"), integer_field<std::int64_t>(j, "offset"),
                        layout_from_json(field(j, "layout")),
                        numbers_field<std::int32_t>(j, "channels")});
  }
  p.ops = ops_from_json(array_field(json, "ops"));
  p.support = support_from_json(array_field(json, "support"));
  for (const Json& j : array_field(json, "buffer")) {
    const auto number = [&](std::size_t place) {
      return to_integer<int>(field(j, place), "buffer");
    };
    p.buffer.push_back(
        {to_text(field(j, 0), "buffer"), number(1), number(2), number(3), number(4)});
  }
  p.buffer_words = integer_field<int>(json, "buffer_words");
  p.naive_words = integer_field<int>(json, "naive_words");
  p.cycles = integer_field<std::int64_t>(json, "cycles");
  p.first_cycles = integer_field<std::int64_t>(json, "first_cycles");
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
                           {"layout", layout_json(t.layout)},
                           {"channels", pack_numbers<std::int32_t>(t.channels)}});
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
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error("{}", message.starts_with(path) ? message : fmt::format("{}: {}", path, message));
  }
}

}  // namespace reshift
