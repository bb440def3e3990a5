// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

/// Names of archives are UTF-8, whatever the user's language is.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ == nullptr) throw Error("this system has no locale C.UTF-8, which names need");
    before_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    ::uselocale(before_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_, before_;
};

/// Whether libarchive only says that a name is in no known encoding: its bytes are used as they
/// are.
bool is_about_names(const char* warning) {
  return warning != nullptr && std::strstr(warning, "can't be converted") != nullptr;
}

/// A file in memory as libarchive reads it.
class Archive {
 public:
  Archive(std::string name, const Bytes& file, int (*format)(archive*))
      : name_(std::move(name)), most_(most_unpacked(file.size())), archive_(archive_read_new()) {
    archive* a = archive_.get();
    // What libarchive was built without it would leave to other programs.
    if (archive_zlib_version() != nullptr) archive_read_support_filter_gzip(a);
    if (archive_bzlib_version() != nullptr) archive_read_support_filter_bzip2(a);
    if (archive_liblzma_version() != nullptr) archive_read_support_filter_xz(a);
    if (archive_libzstd_version() != nullptr) archive_read_support_filter_zstd(a);
    format(a);
    if (archive_read_open_memory(a, file.data(), file.size()) != ARCHIVE_OK) fail();
    const int filters = archive_filter_count(a) - 1;  // one says that there are no more
    if (filters > 1) throw Error("{}: compressed {} times; unpack it first", name_, filters);
  }

  /// The next entry; null behind the last one.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status == ARCHIVE_OK) return entry;
    if (status != ARCHIVE_WARN || !is_about_names(archive_error_string(archive_.get()))) fail();
    return entry;
  }

  /// Content of the entry, its first `at_most` bytes.
  Bytes read(std::size_t at_most) {
    Bytes bytes;
    const void* block;
    std::size_t size;
    la_int64_t offset;
    while (bytes.size() < at_most) {
      const int status = archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK) fail();
      const auto begin = static_cast<std::size_t>(offset);
      if (begin > most_ || begin < bytes.size()) throw_too_large();
      count(begin - bytes.size() + size);
      if (begin + size > bytes.capacity()) bytes.reserve(begin + size + (begin + size) / 4);
      bytes.resize(begin);  // a gap of a sparse file is zeros
      const auto* data = static_cast<const std::uint8_t*>(block);
      bytes.insert(bytes.end(), data, data + size);
    }
    return bytes;
  }

  /// Counts what an entry that is not read adds, before libarchive goes over it.
  void skip(archive_entry* entry) { count(static_cast<std::size_t>(archive_entry_size(entry))); }
  void count(std::size_t bytes) {
    if (bytes > most_ - unpacked_) throw_too_large();
    unpacked_ += bytes;
  }

  bool is_compressed() const { return archive_filter_count(archive_.get()) > 1; }
  bool is_gzip() const { return archive_filter_code(archive_.get(), 0) == ARCHIVE_FILTER_GZIP; }

  [[noreturn]] void fail() {
    const char* reason = archive_error_string(archive_.get());
    throw Error("{}: damaged or truncated: {}", name_, reason ? reason : "no further information");
  }

 private:
  [[noreturn]] void throw_too_large() const {
    throw Error("{}: grows beyond {} bytes; unpack it first", name_, most_);
  }

  struct Closer {
    void operator()(archive* a) const { archive_read_free(a); }
  };
  const std::string name_;
  const std::size_t most_;
  std::size_t unpacked_ = 0;
  std::unique_ptr<archive, Closer> archive_;
};

/// One stream, which may be empty.
int raw_format(archive* a) {
  archive_read_support_format_empty(a);
  return archive_read_support_format_raw(a);
}

/// libarchive does not look at gzip's checksum. The size beside it tells whether it is that of the
/// whole, and not of the last of several parts.
void check_gzip(const std::string& name, const Bytes& file, const Bytes& content) {
  constexpr std::size_t kTrailer = 8;
  if (file.size() < kTrailer) return;
  std::uint32_t trailer[2];
  std::memcpy(trailer, file.data() + file.size() - kTrailer, kTrailer);
  if (trailer[1] == static_cast<std::uint32_t>(content.size()) && trailer[0] != crc32(content)) {
    throw Error("{}: damaged: its checksum is wrong", name);
  }
}

std::string normal(const std::filesystem::path& path) { return path.lexically_normal().string(); }

/// Gives links the content of what they lead to.
class Links {
 public:
  void add(std::size_t file, const std::string& name, archive_entry* entry) {
    if (const char* target = archive_entry_hardlink(entry)) {
      targets_[file] = normal(target);
    } else if (const char* path = archive_entry_symlink(entry)) {
      targets_[file] = normal(std::filesystem::path(name).parent_path() / path);
    }
  }

  void resolve(const std::string& archive, std::vector<ArchiveFile>& files) const {
    std::map<std::string, std::size_t> by_name;
    for (std::size_t i = 0; i < files.size(); ++i) by_name[normal(files[i].name)] = i;
    for (const auto& [file, target] : targets_) {
      std::size_t at = file;
      for (std::size_t steps = 0; !files[at].content; ++steps) {
        const auto found = by_name.find(targets_.at(at));
        if (found == by_name.end() || steps > targets_.size()) {
          throw Error("{}: {} is a link to {}, which is no image in the archive", archive,
                      files[file].name, target);
        }
        at = found->second;
      }
      files[file].content = files[at].content;
    }
  }

 private:
  std::map<std::size_t, std::string> targets_;  ///< by the link's place
};

/// The files of an archive of a format.
std::vector<ArchiveFile> read_files(const std::string& name, const Bytes& file,
                                    int (*format)(archive*),
                                    const std::function<bool(const std::string&)>& wanted) {
  constexpr std::size_t kHeader = 512;
  const Utf8Locale names;
  Archive reader(name, file, format);
  std::vector<ArchiveFile> files;
  Links links;
  while (archive_entry* entry = reader.next()) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) throw Error("{}: a name in it cannot be read", name);
    reader.count(kHeader + std::strlen(path));
    const bool link = archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK;
    if ((archive_entry_filetype(entry) != AE_IFREG && !link) || !wanted(path) ||
        is_apple_double(path)) {
      reader.skip(entry);
      continue;
    }
    ArchiveFile& added = files.emplace_back(ArchiveFile{path, nullptr});
    if (link) {
      links.add(files.size() - 1, added.name, entry);
    } else {
      added.content = std::make_shared<const Bytes>(reader.read(most_unpacked(file.size())));
    }
  }
  links.resolve(name, files);
  return files;
}

}  // namespace

std::size_t most_unpacked(std::size_t compressed) {
  return (std::size_t{256} << 20) + compressed + compressed / 4;
}

Bytes unpack(const std::string& name, Bytes file) {
  if (file.empty()) return file;
  Archive reader(name, file, raw_format);
  if (!reader.is_compressed()) return file;
  if (reader.next() == nullptr) return {};
  Bytes content = reader.read(most_unpacked(file.size()));
  if (reader.is_gzip()) check_gzip(name, file, content);
  return content;
}

Bytes read_decompressed(const std::string& path) { return unpack(path, read_file(path)); }

bool is_tar(const std::string& name, const Bytes& file) {
  constexpr std::string_view kMagic = "ustar";  // at 257 of POSIX and GNU archives alike
  constexpr std::size_t kPlace = 257, kBlock = 512;
  if (file.empty()) return false;
  Archive reader(name, file, raw_format);
  const Bytes start = reader.next() ? reader.read(kBlock) : Bytes{};
  return start.size() >= kBlock && std::equal(kMagic.begin(), kMagic.end(), start.begin() + kPlace);
}

std::vector<ArchiveFile> read_tar(const std::string& name, const Bytes& file,
                                  const std::function<bool(const std::string&)>& wanted) {
  return read_files(name, file, archive_read_support_format_tar, wanted);
}

bool is_zip(const Bytes& file) {
  constexpr std::array<std::uint8_t, 4> kMagic{'P', 'K', 3, 4};
  return file.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), file.begin());
}

std::vector<ArchiveFile> read_zip(const std::string& name, const Bytes& file,
                                  const std::function<bool(const std::string&)>& wanted) {
  return read_files(name, file, archive_read_support_format_zip, wanted);
}

bool is_apple_double(const std::string& path) {
  return std::filesystem::path(path).filename().string().starts_with("._");
}

}  // namespace reshift
