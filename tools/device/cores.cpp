// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/cores.hpp"

#include <algorithm>
#include <utility>

#include "base/parallel.hpp"

namespace reshift {

double CoreRun::cycles_per_frame() const {
  if (later_frames == 0) return static_cast<double>(counters.cycles_first);
  return static_cast<double>(later_cycles) / static_cast<double>(later_frames);
}

std::uint64_t CoresRun::cycles() const {
  std::uint64_t longest = 0;
  for (const CoreRun& core : cores) longest = std::max(longest, core.counters.cycles);
  return longest;
}

CoreRun run_frames(Device& device, const Program& program, std::span<const std::uint8_t> input,
                   const FrameProgress& progress) {
  Runtime runtime(device, program);
  const auto stride = static_cast<std::size_t>(program.frame_in_stride());
  CoreRun run;
  run.frames = input.size() / stride;
  for (std::size_t first = 0; first < run.frames; first += runtime.max_frames()) {
    const std::size_t frames = std::min(runtime.max_frames(), run.frames - first);
    std::size_t seen = 0;
    const auto result =
        runtime.run(input.subspan(first * stride, frames * stride), [&](std::size_t done) {
          progress(done - seen);
          seen = done;
        });
    const Counters& c = result.counters;
    run.output.insert(run.output.end(), result.output.begin(), result.output.end());
    run.counters.cycles += c.cycles;
    if (first == 0) run.counters.cycles_first = c.cycles_first;
    run.counters.exec_busy += c.exec_busy;
    for (const auto& [cause, cycles] : c.stalls) run.counters.stalls[cause] += cycles;
    run.counters.read_beats += c.read_beats;
    run.counters.write_beats += c.write_beats;
    run.later_cycles += c.cycles - c.cycles_first;
    run.later_frames += frames - 1;
  }
  return run;
}

CoresRun run_in_turn(std::span<const std::unique_ptr<Device>> devices, const Program& program,
                     std::span<const std::uint8_t> input, const FrameProgress& progress) {
  const auto in = static_cast<std::size_t>(program.frame_in_stride()),
             out = static_cast<std::size_t>(program.frame_out_stride());
  const std::size_t frames = input.size() / in, cores = devices.size();
  CoresRun run;
  run.output.resize(frames * out);
  run.cores.resize(cores);
  parallel_for(cores, [&](std::size_t core) {
    std::vector<std::uint8_t> share;
    for (std::size_t f = core; f < frames; f += cores) {
      const auto window = input.subspan(f * in, in);
      share.insert(share.end(), window.begin(), window.end());
    }
    run.cores[core] = run_frames(*devices[core], program, share, progress);
    auto own = std::exchange(run.cores[core].output, {});
    for (std::size_t f = core, i = 0; f < frames; f += cores, ++i) {
      std::copy_n(own.begin() + static_cast<std::ptrdiff_t>(i * out), out,
                  run.output.begin() + static_cast<std::ptrdiff_t>(f * out));
    }
  });
  return run;
}

}  // namespace reshift
