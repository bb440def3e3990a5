// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reshift {

/// What may be read of a pipe or a device, which does not say how long it is.
constexpr std::size_t kMostOfStream = std::size_t{1} << 28;

/// Whole file in memory; throws Error when it cannot be read.
std::vector<std::uint8_t> read_file(const std::string& path);

/// The one way in which files are written. Links are followed. A regular file of one's own with one
/// name is replaced in one step when all is written, and keeps its mode: no half-written file is
/// ever seen under its name. Anything else is written in place: devices, pipes, /dev/fd/N and
/// /dev/stdout, files with several names or of another owner. Throws Error when anything cannot be
/// written or closed.
void write_file(const std::string& path, std::string_view content);

/// The same for content that `write` makes piece by piece.
void write_file(const std::string& path, const std::function<void(std::ostream&)>& write);

/// The same for content that comes piece by piece from elsewhere. Only close() makes a file that is
/// replaced appear; without it nothing is left behind.
class FileWriter {
 public:
  explicit FileWriter(const std::string& path);
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;

  void write(const void* bytes, std::size_t size);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Tries an output before long work: throws the Error that write_file would, as far as it can be
/// known without writing, and leaves nothing behind. An empty path and "-" are no files.
void check_output(const std::string& path);

}  // namespace reshift
