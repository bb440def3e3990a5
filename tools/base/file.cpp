// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <streambuf>

#include "base/error.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int error) {
  throw Error("cannot write {}: {}", path, std::strerror(error));
}

/// Where a path leads: the last of its links, or one of the process's own open files.
struct Target {
  fs::path path;
  std::optional<int> descriptor;
  std::optional<struct stat> status;  ///< none: there is nothing yet

  /// Whether it is replaced in one step, rather than written in place.
  bool is_replaced() const {
    if (descriptor) return false;
    return !status || (S_ISREG(status->st_mode) && status->st_nlink == 1 &&
                       (status->st_uid == ::geteuid() || ::geteuid() == 0));
  }
};

/// N of "/proc/PID/fd/N" with our own PID.
std::optional<int> own_descriptor(const fs::path& path) {
  std::error_code unknown;
  const fs::path folder = fs::canonical(path.parent_path(), unknown);
  if (unknown || folder != fs::path("/proc") / std::to_string(::getpid()) / "fd") return {};
  const std::string name = path.filename().string();
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return {};
  return number;
}

Target find_target(const std::string& path) {
  constexpr int kMostLinks = 40;  // as Linux
  Target target{path, {}, {}};
  std::error_code unseen;  // stat tells why
  for (int links = 0;; ++links) {
    target.descriptor = own_descriptor(target.path);
    if (target.descriptor || !fs::is_symlink(fs::symlink_status(target.path, unseen))) break;
    if (links == kMostLinks) fail(path, ELOOP);
    target.path = target.path.parent_path() / fs::read_symlink(target.path);
  }
  struct stat status;
  if (::stat(target.path.c_str(), &status) == 0) {
    target.status = status;
  } else if (errno != ENOENT) {
    fail(path, errno);
  }
  return target;
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

File open_stream(const std::string& path, int descriptor) {
  if (descriptor < 0) fail(path, errno);
  File file(::fdopen(descriptor, "wb"));
  if (!file) {
    ::close(descriptor);
    fail(path, errno);
  }
  return file;
}

/// A stream on a file, which keeps the error of its first write that failed: a stream hides it.
class FileBuffer : public std::streambuf {
 public:
  explicit FileBuffer(FileWriter& file) : file_(file) {}
  /// Throws the error.
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }

 protected:
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    if (error_) return 0;
    try {
      file_.write(bytes, static_cast<std::size_t>(count));
    } catch (const Error&) {
      error_ = std::current_exception();
      return 0;
    }
    return count;
  }

 private:
  FileWriter& file_;
  std::exception_ptr error_;
};

/// A new file beside the target that replaces it, or is removed.
class Replacement {
 public:
  Replacement(const std::string& path, const Target& target)
      : path_(path),
        target_(target.path),
        name_(fmt::format("{}.{}.tmp", target.path.string(), ::getpid())) {
    // It stands in for a file that may not be written: not its content, but its name is replaced.
    if (target.status && ::access(target.path.c_str(), W_OK) != 0) fail(path, errno);
    descriptor_ =
        ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail(path, errno);
    if (!target.status) return;
    // The owner first: a change of it takes bits from the mode. Only a group that the user is not
    // in cannot be kept.
    const bool owned = ::fchown(descriptor_, target.status->st_uid, target.status->st_gid) == 0;
    if ((!owned && errno != EPERM) || ::fchmod(descriptor_, target.status->st_mode & 07777) != 0) {
      const int error = errno;
      ::close(descriptor_);
      ::unlink(name_.c_str());
      fail(path, error);
    }
  }
  ~Replacement() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  File take() { return open_stream(path_, std::exchange(descriptor_, -1)); }

  void commit() {
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(path_, errno);
    name_.clear();
  }

 private:
  const std::string path_;
  const fs::path target_;
  std::string name_;
  int descriptor_ = -1;
};

void check_not_folder(const std::string& path, const Target& target) {
  if (target.status && S_ISDIR(target.status->st_mode)) fail(path, EISDIR);
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::error_code unknown;  // what it is is seen when it is opened
  if (fs::is_directory(path, unknown)) throw Error("{}: is a folder, expected a file", path);
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error("cannot open {}: {}", path, std::strerror(errno));
  std::vector<std::uint8_t> bytes;
  if (fs::is_regular_file(path, unknown)) {
    const auto size = fs::file_size(path, unknown);
    if (!unknown) bytes.resize(size);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
  }
  // A pipe does not know its size, nor does a file of /proc.
  std::vector<char> block(1 << 16);
  const std::size_t most = bytes.size() + kMostOfStream;
  while (in && bytes.size() <= most) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.insert(bytes.end(), block.begin(), block.begin() + in.gcount());
  }
  if (in.bad()) throw Error("cannot read {}: {}", path, std::strerror(errno));
  if (bytes.size() > most) {
    throw Error("{}: goes on after {} bytes; only a file may be larger", path, kMostOfStream);
  }
  return bytes;
}

void write_file(const std::string& path, std::string_view content) {
  write_file(path, [content](std::ostream& out) {
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

void write_file(const std::string& path, const std::function<void(std::ostream&)>& write) {
  FileWriter file(path);
  FileBuffer buffer(file);
  std::ostream out(&buffer);
  write(out);
  buffer.check();
  if (!out) throw Error("cannot write {}: its content cannot be made", path);
  file.close();
}

struct FileWriter::State {
  explicit State(const std::string& to) : path(to) {
    const Target target = find_target(path);
    check_not_folder(path, target);
    if (target.is_replaced()) {
      replacement.emplace(path, target);
      file = replacement->take();
    } else if (target.descriptor) {
      std::fflush(nullptr);  // what was printed before it comes before it
      file = open_stream(path, ::dup(*target.descriptor));
    } else {
      file = open_stream(path, ::open(target.path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    }
  }

  std::string path;
  std::optional<Replacement> replacement;
  File file;
};

FileWriter::FileWriter(const std::string& path) : state_(std::make_unique<State>(path)) {}
FileWriter::~FileWriter() = default;
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

void FileWriter::write(const void* bytes, std::size_t size) {
  if (size == 0) return;  // of nothing the address may be null, which fwrite does not allow
  if (std::fwrite(bytes, 1, size, state_->file.get()) != size) fail(state_->path, errno);
}

void FileWriter::close() {
  if (std::fclose(state_->file.release()) != 0) fail(state_->path, errno);
  if (state_->replacement) state_->replacement->commit();
}

void check_output(const std::string& path) {
  if (path.empty() || path == "-") return;
  const Target target = find_target(path);
  check_not_folder(path, target);
  if (target.is_replaced()) {
    const Replacement tried(path, target);
  } else if (target.descriptor) {
    const int flags = ::fcntl(*target.descriptor, F_GETFL);
    if (flags < 0) fail(path, errno);
    if ((flags & O_ACCMODE) == O_RDONLY) fail(path, EBADF);
  } else if (::access(target.path.c_str(), W_OK) !=
             0) {  // opening a pipe would wait for its reader
    fail(path, errno);
  }
}

}  // namespace reshift
