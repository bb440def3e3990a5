// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

namespace reshift {

/// A progress bar on standard error; silent when that is not a terminal. Calls are thread-safe.
class Progress {
 public:
  Progress(std::string label, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::size_t steps = 1);

 private:
  const std::string label_;
  const std::size_t total_;
  const bool visible_;
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::size_t drawn_percent_ = 101;  ///< nothing drawn yet
};

}  // namespace reshift
