// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

struct Closer {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, Closer>;

[[noreturn]] void fail(archive* a, const std::string& path) {
  const char* reason = archive_error_string(a);
  throw Error("{}: damaged or truncated: {}", path, reason ? reason : "no further information");
}

void open(const Reader& reader, const std::string& path) {
  archive_read_support_filter_all(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) {
    fail(reader.get(), path);
  }
}

Bytes read_entry(const Reader& reader, const std::string& path) {
  Bytes bytes;
  const void* block;
  std::size_t size;
  la_int64_t offset;
  while (true) {
    const int status = archive_read_data_block(reader.get(), &block, &size, &offset);
    if (status == ARCHIVE_EOF) return bytes;
    if (status != ARCHIVE_OK) fail(reader.get(), path);
    bytes.resize(static_cast<std::size_t>(offset));  // a gap of a sparse file is zeros
    const auto* data = static_cast<const std::uint8_t*>(block);
    bytes.insert(bytes.end(), data, data + size);
  }
}

}  // namespace

Bytes read_decompressed(const std::string& path) {
  if (read_file(path).empty()) return {};  // also says clearly when the file is not there
  const Reader reader(archive_read_new());
  archive_read_support_format_raw(reader.get());
  open(reader, path);
  archive_entry* entry;
  if (archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) fail(reader.get(), path);
  return read_entry(reader, path);
}

std::vector<std::pair<std::string, Bytes>> read_tar(const std::string& path) {
  const Reader reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  open(reader, path);
  std::vector<std::pair<std::string, Bytes>> files;
  archive_entry* entry;
  while (true) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return files;
    if (status != ARCHIVE_OK) fail(reader.get(), path);
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string name = archive_entry_pathname(entry);
    files.emplace_back(name, read_entry(reader, path));
  }
}

}  // namespace reshift
