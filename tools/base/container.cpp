// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/container.hpp"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.hpp"

namespace reshift {
namespace {

static_assert(std::endian::native == std::endian::little, "files are written in memory order");

constexpr std::string_view kMagic = "RSHIFT\r\n";  // the line end shows text-mode damage
constexpr std::uint32_t kVersion = 2;

struct Header {
  std::array<char, 8> magic;
  std::array<char, 8> kind;
  std::uint32_t version;
  std::uint32_t checksum;
  std::uint64_t length;
};
static_assert(sizeof(Header) == 32);

std::array<char, 8> padded(std::string_view kind) {
  std::array<char, 8> text;
  text.fill(' ');
  std::copy_n(kind.begin(), std::min(kind.size(), text.size()), text.begin());
  return text;
}

std::string trimmed(const std::array<char, 8>& kind) {
  std::string text(kind.begin(), kind.end());
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool is_container(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xEDB88320u : 0u);
      entries[i] = value;
    }
    return entries;
  }();
  std::uint32_t crc = ~0u;
  for (std::uint8_t byte : bytes) crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Error("{}: is a folder, expected a file", path);
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error("cannot open {}: {}", path, std::strerror(errno));
  std::vector<std::uint8_t> bytes;
  std::error_code unknown;  // as of a pipe, which is read to its end as well
  const auto size = std::filesystem::file_size(path, unknown);
  if (!unknown) {
    bytes.resize(size);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
  }
  bytes.insert(bytes.end(), std::istreambuf_iterator<char>(in), {});
  if (in.bad()) throw Error("cannot read {}: {}", path, std::strerror(errno));
  return bytes;
}

void write_file(const std::string& path, std::string_view content) {
  write_file(path, [content](std::ostream& out) {
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

void write_file(const std::string& path, const std::function<void(std::ostream&)>& write) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  std::ofstream out(temporary, std::ios::binary);
  write(out);
  out.close();
  std::error_code error;
  if (out) {
    std::filesystem::rename(temporary, path, error);
    if (!error) return;
  }
  const std::string reason = error ? error.message() : std::strerror(errno);
  std::filesystem::remove(temporary, error);
  throw Error("cannot write {}: {}", path, reason);
}

void write_container(const std::string& path, std::string_view kind,
                     const nlohmann::json& content) {
  const std::vector<std::uint8_t> payload = nlohmann::json::to_cbor(content);
  Header header{{}, padded(kind), kVersion, crc32(payload), payload.size()};
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
  write_file(path, bytes);
}

nlohmann::json read_container(const std::string& path, std::string_view kind) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  if (!is_container(bytes)) throw Error("{}: not a {} file of reshift", path, kind);
  Header header;
  if (bytes.size() < sizeof header) throw Error("{}: truncated: its header is incomplete", path);
  std::memcpy(&header, bytes.data(), sizeof header);
  if (trimmed(header.kind) != kind) {
    throw Error("{}: is a {} file, expected {}", path, trimmed(header.kind), kind);
  }
  if (header.version != kVersion) {
    throw Error(
        "{}: made with container version {}, this tool has {}; make it again (quantize a network, "
        "compile a program)",
        path, header.version, kVersion);
  }
  const auto payload = std::span(bytes).subspan(sizeof header);
  if (payload.size() < header.length) {
    throw Error("{}: truncated: {} bytes of content, its header says {}", path, payload.size(),
                header.length);
  }
  if (payload.size() > header.length) {
    throw Error("{}: damaged: {} bytes behind its end", path, payload.size() - header.length);
  }
  if (crc32(payload) != header.checksum) throw Error("{}: damaged: its checksum is wrong", path);
  try {
    return nlohmann::json::from_cbor(payload.begin(), payload.end());
  } catch (const nlohmann::json::exception& e) {
    throw Error("{}: damaged: {}", path, e.what());
  }
}

std::string container_kind(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error("cannot open {}: {}", path, std::strerror(errno));
  std::array<std::uint8_t, 16> start{};
  in.read(reinterpret_cast<char*>(start.data()), start.size());
  if (!is_container(start)) return {};
  std::array<char, 8> kind;
  std::memcpy(kind.data(), start.data() + kMagic.size(), kind.size());
  return trimmed(kind);
}

}  // namespace reshift
