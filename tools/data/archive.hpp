// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reshift {

using Bytes = std::vector<std::uint8_t>;

/// What a compressed file may grow to: 256 MiB and a quarter more than itself. A larger one has to
/// be unpacked first.
std::size_t most_unpacked(std::size_t compressed);

/// The content of a file: itself, or unpacked when it is compressed once by gzip, bzip2, xz or
/// Zstandard. `name` is for messages. Throws Error when it is damaged, truncated, grows beyond
/// most_unpacked, or is compressed twice.
Bytes unpack(const std::string& name, Bytes file);

/// The same of the file at a path.
Bytes read_decompressed(const std::string& path);

/// Whether a file, compressed or not, is a tar archive. Throws Error as unpack does.
bool is_tar(const std::string& name, const Bytes& file);

/// A file of an archive; links share the content of what they lead to.
struct ArchiveFile {
  std::string name;  ///< UTF-8 in archives that say so (pax), else the bytes that are there
  std::shared_ptr<const Bytes> content;
};

/// The regular files and links of a tar archive (ustar, pax, GNU; compressed or not) whose names
/// are `wanted`, in its order. AppleDouble files (._NAME), which describe others, are left out.
/// Throws Error when it is damaged, truncated, or larger than most_unpacked, and when a link leads
/// to nothing in it.
std::vector<ArchiveFile> read_tar(const std::string& name, const Bytes& file,
                                  const std::function<bool(const std::string&)>& wanted);

/// Whether bytes begin as a ZIP archive does.
bool is_zip(const Bytes& file);

/// The same files of a ZIP archive, with the same errors.
std::vector<ArchiveFile> read_zip(const std::string& name, const Bytes& file,
                                  const std::function<bool(const std::string&)>& wanted);

/// Whether a file's name, with or without folders, is one of AppleDouble's.
bool is_apple_double(const std::string& path);

}  // namespace reshift
