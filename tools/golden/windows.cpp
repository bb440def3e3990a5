// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/windows.hpp"

#include "base/error.hpp"

namespace reshift::golden {

Windows::Windows(const isa::Hardware& hw, std::span<const std::uint8_t> input,
                 std::int64_t in_stride, std::int64_t out_stride)
    : hw_(hw), input_(input), in_stride_(in_stride), out_stride_(out_stride) {
  if (in_stride <= 0 || input.empty() || std::ssize(input) % in_stride != 0) {
    throw Error("{} input bytes are no whole number of windows of {}", input.size(), in_stride);
  }
  frames_ = input.size() / static_cast<std::size_t>(in_stride);
  output_.assign(frames_ * static_cast<std::size_t>(out_stride), 0);
}

std::int64_t Windows::begin(const Transfer& t, std::int64_t frame) const {
  const std::int64_t stride = t.opcode == isa::Opcode::kLoadFeatures ? in_stride_ : out_stride_;
  const std::int64_t bytes = t.groups * hw_.p * t.words * isa::word_bytes(hw_);
  if (t.offset + bytes > stride) {
    throw Error("{} bytes at {} leave the window of {}", bytes, t.offset, stride);
  }
  return frame * stride + t.offset;
}

void Windows::read(isa::Opcode opcode, std::int64_t offset, std::span<std::int16_t> codes) const {
  const std::span<const std::uint8_t> window =
      opcode == isa::Opcode::kLoadFeatures ? input_ : output_;
  const std::uint8_t* at = window.data() + offset;
  for (std::int16_t& code : codes) {
    code = isa::code_bytes(hw_) == 1 ? static_cast<std::int8_t>(at[0])
                                     : static_cast<std::int16_t>(at[0] | at[1] << 8);
    at += isa::code_bytes(hw_);
  }
}

void Windows::write(std::int64_t offset, std::span<const std::int16_t> codes) {
  std::uint8_t* at = output_.data() + offset;
  for (const std::int16_t code : codes) {
    at[0] = static_cast<std::uint8_t>(code);
    if (isa::code_bytes(hw_) == 2) at[1] = static_cast<std::uint8_t>(code >> 8);
    at += isa::code_bytes(hw_);
  }
}

}  // namespace reshift::golden
