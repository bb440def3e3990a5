// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace reshift {

Progress::Progress(std::string label, std::size_t total)
    : label_(std::move(label)),
      total_(std::max<std::size_t>(total, 1)),
      visible_(::isatty(STDERR_FILENO) == 1) {
  advance(0);
}

Progress::~Progress() {
  if (visible_) fmt::print(stderr, "\r\x1b[K");  // the result replaces the bar
}

void Progress::advance(std::size_t steps) {
  const std::lock_guard lock(mutex_);
  done_ = std::min(done_ + steps, total_);
  const std::size_t percent = done_ * 100 / total_;
  if (!visible_ || percent == drawn_percent_) return;
  drawn_percent_ = percent;
  constexpr std::size_t kWidth = 32;
  const std::size_t filled = percent * kWidth / 100;
  fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:3}% {}/{}", label_, "", filled, "", kWidth - filled,
             percent, done_, total_);
  std::fflush(stderr);
}

}  // namespace reshift
