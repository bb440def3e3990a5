// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <string>
#include <string_view>

#include "data/archive.hpp"

namespace reshift {

/// For tests: writes archives into memory, of one of libarchive's formats.
class ArchiveWriter {
 public:
  ArchiveWriter(int filter, int (*format)(archive*), const char* options = "hdrcharset=BINARY")
      : archive_(archive_write_new()), bytes_(1 << 20) {
    if (filter != ARCHIVE_FILTER_NONE) archive_write_add_filter(archive_, filter);
    format(archive_);
    archive_write_set_options(archive_, options);
    archive_write_set_bytes_in_last_block(archive_, 1);
    archive_write_open_memory(archive_, bytes_.data(), bytes_.size(), &used_);
  }
  void add(
      const std::string& name, std::string_view content,
      const std::function<void(archive_entry*)>& change = [](archive_entry*) {}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_copy_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    change(entry);
    archive_write_header(archive_, entry);
    archive_write_data(archive_, content.data(), content.size());
    archive_entry_free(entry);
  }
  /// Goes on with the content of a raw stream.
  void more(std::string_view content) {
    archive_write_data(archive_, content.data(), content.size());
  }
  Bytes finish() {
    archive_write_free(archive_);
    bytes_.resize(used_);
    return bytes_;
  }

 private:
  archive* archive_;
  Bytes bytes_;
  std::size_t used_ = 0;
};

}  // namespace reshift
