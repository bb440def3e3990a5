// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/program.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace reshift {

std::uint32_t Program::watchdog() const {
  constexpr std::int64_t kMost = 1'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(first_cycles, 1, kMost));
}

std::int64_t Program::macs() const {
  std::int64_t sum = 0;
  for (const OpReport& r : ops) sum += r.macs;
  return sum;
}

const StoredTensor& Program::output(std::size_t number) const {
  const NetOutput& of = net.outputs.at(number);
  const auto found = std::find_if(stored.begin(), stored.end(),
                                  [&](const StoredTensor& t) { return t.tensor == of.tensor; });
  if (found == stored.end()) throw Error("the program does not store output {}", of.name);
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
  const std::vector<std::int32_t> stored_channels =
      unpack_tensor(hw, tensor.layout,
                    output_window.subspan(static_cast<std::size_t>(tensor.offset),
                                          static_cast<std::size_t>(tensor.layout.bytes(hw))));
  if (tensor.channels.empty()) return stored_channels;
  const std::ptrdiff_t pixels = std::ptrdiff_t{tensor.layout.height} * tensor.layout.width;
  std::vector<std::int32_t> codes;
  for (const int channel : tensor.channels) {
    const auto first = stored_channels.begin() + channel * pixels;
    codes.insert(codes.end(), first, first + pixels);
  }
  return codes;
}

void Program::validate() const {
  const auto require = [](bool good, std::string_view what) {
    if (!good) throw Error("inconsistent program: {}", what);
  };
  constexpr int kMostPixels = 65535, kMostStep = 4095;
  constexpr std::int64_t kMostGap = 1 << 20;  // bytes between what is in a window and its end
  net.validate();
  require(batch >= 1 && batch <= kMostStep, "batch");
  const auto check_layout = [&](const Layout& l) {
    require(l.channels > 0 && l.height > 0 && l.width > 0 && l.channels <= kMostPixels &&
                l.height <= kMostPixels && l.width <= kMostPixels && l.pitch >= l.phase_width() &&
                l.pitch <= kMostStep && l.base >= 0 && l.words == (l.channels + hw.m - 1) / hw.m,
            "tensor layout");
    require(std::int64_t{l.phase_height()} * l.pitch < 1 << 28 &&
                std::int64_t{l.groups(hw)} * l.words < 1 << 28,
            "a tensor larger than memory");
  };
  check_layout(input_layout);
  require(table.rows.size() == static_cast<std::size_t>(input.channels), "input table");
  for (const InputTable::Row& s : table.rows) {
    require(s.channel >= 0 && s.channel < net.tensors[0].channels &&
                std::abs(std::int64_t{s.dy}) <= kMostPixels &&
                std::abs(std::int64_t{s.dx}) <= kMostPixels,
            "input table");
  }
  require(table.stride_h >= 1 && table.stride_h <= kMostStep && table.stride_w >= 1 &&
              table.stride_w <= kMostStep,
          "input table");
  require(in_stride >= input_layout.bytes(hw) && in_stride <= input_layout.bytes(hw) + kMostGap,
          "input window");
  // What is stored, and what is kept there meanwhile: tensors of the network and copies of them.
  std::int64_t most_stored = kMostGap;
  for (const QTensor& t : net.tensors) {
    const std::int64_t pixels = (std::int64_t{t.height} + 2) * (t.width + 2 * hw.p);
    most_stored += 2 * pixels * (t.channels + hw.m) * isa::code_bytes(hw);
  }
  for (const StoredTensor& t : stored) {
    check_layout(t.layout);
    require(t.tensor >= 0 && t.tensor < static_cast<int>(net.tensors.size()), "stored tensor");
    const QTensor& q = net.tensors[static_cast<std::size_t>(t.tensor)];
    const auto channels = static_cast<std::size_t>(q.channels);
    require(
        q.height == t.layout.height && q.width == t.layout.width &&
            (t.channels.empty() ? q.channels == t.layout.channels : channels == t.channels.size()),
        "stored tensor");
    for (const int c : t.channels) require(c >= 0 && c < t.layout.channels, "stored tensor");
    require(t.op >= -1 && t.op < static_cast<int>(net.ops.size()), "stored tensor");
    require(t.offset >= 0 && t.offset <= out_stride - t.layout.bytes(hw), "output window");
    most_stored += t.layout.bytes(hw) + kMostGap;
  }
  require(out_stride <= most_stored, "output window");
  output();
  for (const BufferUse& b : buffer) {
    require(b.first >= 0 && b.first <= b.last && b.last < static_cast<int>(ops.size()) &&
                b.base >= 0 && b.words > 0 && b.words <= hw.fb_depth - b.base,
            "feature buffer");
  }
  require(image.size() >= descriptors.size() * isa::kDescriptorBytes && !descriptors.empty(),
          "descriptors");
}

}  // namespace reshift
