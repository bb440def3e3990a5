// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/runtime.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

namespace reg = isa::reg;

constexpr std::uint32_t kWorking = reg::status::kBusy.mask() | reg::status::kResetting.mask();
constexpr std::uint64_t kPage = 4096;

std::uint64_t align(std::uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

Runtime::Runtime(Device& device, const Program& program) : device_(device), program_(program) {
  check_core();
  soft_reset();  // another program may have left its features in the core
  const std::uint64_t program_base = device.memory_base();
  in_base_ = program_base + align(program.image.size());
  const auto frame =
      static_cast<std::uint64_t>(program.frame_in_stride() + program.frame_out_stride());
  const std::uint64_t used =
      in_base_ - program_base + kPage;  // a page for the alignment of the output
  const std::uint64_t room = device.memory_bytes() > used ? device.memory_bytes() - used : 0;
  max_frames_ = room / frame;
  if (max_frames_ == 0) {
    throw Error(
        "the device's memory of {} bytes is too small for a program of {} and a frame of {} bytes",
        device.memory_bytes(), program.image.size(), frame);
  }
  device.write_memory(program_base, program.image);
  write_address(reg::kProgBaseLo, program_base);
  device.write_register(reg::kProgSize, static_cast<std::uint32_t>(program.image.size()));
  device.write_register(reg::kInStride, static_cast<std::uint32_t>(program.frame_in_stride()));
  device.write_register(reg::kOutStride, static_cast<std::uint32_t>(program.frame_out_stride()));
  device.write_register(reg::kWatchdog, std::max(program.watchdog(), device.longest_wait()));
}

void Runtime::check_core() {
  const std::uint32_t id = device_.read_register(reg::kId);
  if (id != isa::kRegisterId) throw Error("the device is no ReShift core: ID is {:#010x}", id);
  const std::uint32_t version = device_.read_register(reg::kVersion);
  if (version != isa::kVersion) {
    throw Error("the core has contract version {}, this tool and its programs have {}", version,
                isa::kVersion);
  }
  const isa::Hardware& hw = program_.hw;
  const std::uint32_t shape = device_.read_register(reg::kCapShape);
  const std::uint32_t format = device_.read_register(reg::kCapFormat);
  namespace s = reg::cap_shape;
  const auto check = [&](std::string_view what, std::uint32_t core, int wanted) {
    if (core != static_cast<std::uint32_t>(wanted)) {
      throw Error("the program was compiled for {} with {} {}, the core has {} (M {}, C {}, P {})",
                  hw.name, what, wanted, core, s::kM.get(shape), s::kC.get(shape),
                  s::kP.get(shape));
    }
  };
  check("M", s::kM.get(shape), hw.m);
  check("C", s::kC.get(shape), hw.c);
  check("P", s::kP.get(shape), hw.p);
  check("activation bits", s::kActW.get(shape), hw.act_w);
  check("weight_format", reg::cap_format::kWeightFormat.get(format), hw.weight_format);
  check("accumulator bits", reg::cap_format::kAccW.get(format), hw.acc_w);
  check("multiplier bits", reg::cap_format::kMultW.get(format), hw.mult_w);
  check("feature-buffer words", device_.read_register(reg::kCapFbDepth), hw.fb_depth);
  check("weight-memory tiles", device_.read_register(reg::kCapWmDepth), hw.wm_depth);
  const std::uint32_t post = device_.read_register(reg::kCapPost);
  check("parameter-memory groups", reg::cap_post::kPmDepth.get(post), hw.pm_depth);
  check("requantise", reg::cap_post::kRequantise.get(post), hw.requantise);
  const std::uint32_t options = device_.read_register(reg::kCapOptions);
  check("tables of post-processing", reg::cap_options::kTables.get(options), hw.tables);
  check("neighbours", reg::cap_options::kNeighbours.get(options), hw.neighbours);
}

void Runtime::write_address(std::uint32_t low_register, std::uint64_t address) {
  device_.write_register(low_register, static_cast<std::uint32_t>(address));
  device_.write_register(low_register + 4, static_cast<std::uint32_t>(address >> 32));
}

Runtime::Result Runtime::run(std::span<const std::uint8_t> input,
                             const std::function<void(std::size_t)>& progress) {
  const auto window = static_cast<std::size_t>(program_.frame_in_stride());
  const std::size_t frames = input.size() / window;
  if (frames == 0 || frames > max_frames_ || input.size() % window != 0) {
    throw Error("{} input bytes are not 1 to {} frames of {}", input.size(), max_frames_, window);
  }
  const std::uint64_t out_base = in_base_ + align(input.size());
  Result result;
  result.output.resize(frames * static_cast<std::size_t>(program_.frame_out_stride()), 0);
  device_.write_memory(in_base_, input);
  device_.write_memory(out_base,
                       result.output);  // a tensor that is not written must not look right
  write_address(reg::kInBaseLo, in_base_);
  write_address(reg::kOutBaseLo, out_base);
  device_.write_register(reg::kFrames, static_cast<std::uint32_t>(frames));
  namespace irq = reg::irq_enable;
  const std::uint32_t end = irq::kDone.mask() | irq::kError.mask();
  device_.write_register(reg::kIrqStatus, end | irq::kFrame.mask());
  device_.write_register(reg::kIrqEnable, end | (progress ? irq::kFrame.mask() : 0));
  device_.write_register(reg::kCtrl, reg::ctrl::kStart.mask());
  wait_done(progress);
  device_.read_memory(out_base, result.output);
  result.counters =
      read_counters([this](std::uint32_t offset) { return device_.read_register(offset); });
  return result;
}

void Runtime::wait_done(const std::function<void(std::size_t)>& progress) {
  while (true) {
    device_.wait_interrupt();
    const std::uint32_t cause = device_.read_register(reg::kIrqStatus);
    device_.write_register(reg::kIrqStatus, cause);
    if (reg::irq_status::kError.get(cause)) report_error();
    if (progress) progress(device_.read_register(reg::kFramesDone));
    if (reg::irq_status::kDone.get(cause)) return;
  }
}

void Runtime::report_error() {
  const std::uint32_t cause = device_.read_register(reg::kErrCause);
  const std::uint32_t descriptor = device_.read_register(reg::kErrDescriptor);
  const std::uint64_t address = std::uint64_t{device_.read_register(reg::kErrAddrHi)} << 32 |
                                device_.read_register(reg::kErrAddrLo);
  const std::uint32_t frame = device_.read_register(reg::kFramesDone);
  soft_reset();
  throw core_error(program_, frame, cause, descriptor, address);
}

void Runtime::soft_reset() {
  device_.write_register(reg::kCtrl, reg::ctrl::kSoftReset.mask());
  // The core waits for open bursts and clears its feature buffer, 32768 cycles at most.
  constexpr int kPolls = 10000;
  for (int i = 0; i < kPolls; ++i) {
    if ((device_.read_register(reg::kStatus) & kWorking) == 0) return;
  }
  throw Error("the core does not come out of its soft reset");
}

Counters read_counters(const std::function<std::uint32_t(std::uint32_t)>& read_register) {
  Counters c;
  c.cycles = read_register(reg::kCycles);
  c.cycles_first = read_register(reg::kCyclesFirst);
  c.exec_busy = read_register(reg::kExecBusy);
  for (const isa::Counter& stall : isa::kStalls) {
    c.stalls[std::string(stall.name)] = read_register(stall.offset);
  }
  c.read_beats = read_register(reg::kReadBeats);
  c.write_beats = read_register(reg::kWriteBeats);
  return c;
}

Error core_error(const Program& program, std::uint32_t frame, std::uint32_t cause,
                 std::uint32_t descriptor, std::uint64_t address) {
  const bool known = cause < isa::kErrorTexts.size();
  return Error("the core stopped in frame {}: {} ({}) at descriptor {} ({}), address {:#x}", frame,
               known ? isa::kErrorTexts[cause].name : "unknown cause",
               known ? isa::kErrorTexts[cause].meaning : std::to_string(cause), descriptor,
               descriptor < program.descriptors.size() ? program.descriptors[descriptor]
                                                       : "outside the program",
               address);
}

}  // namespace reshift
