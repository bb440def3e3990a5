// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/container.hpp"

#include <zlib.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/cbor.hpp"
#include "base/error.hpp"
#include "base/file_kind.hpp"

namespace reshift {
namespace {

static_assert(std::endian::native == std::endian::little, "files are written in memory order");

constexpr std::string_view kMagic = "RSHIFT\r\n";  // the line end shows text-mode damage
constexpr std::uint32_t kVersion = 3;

/// Content beyond four times the file's size that is unpacked at most: pruned networks are mostly
/// zeros, and a small file must not take all memory.
constexpr std::uint64_t kMostUnpacked = std::uint64_t{1} << 29;

struct Header {
  std::array<char, 8> magic;
  std::array<char, 8> kind;
  std::uint32_t version;
  std::uint32_t checksum;
  std::uint64_t length;          ///< of the payload
  std::uint64_t content_length;  ///< unpacked
};
static_assert(sizeof(Header) == 40);

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

std::string describe_kind(std::string_view kind) {
  const std::string start = fmt::format("{}{:<8}", kMagic, kind);
  return describe_content({reinterpret_cast<const std::uint8_t*>(start.data()), start.size()});
}

bool is_container(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

std::string container_of(std::string_view kind, std::span<const std::uint8_t> cbor) {
  uLongf length = ::compressBound(cbor.size());
  std::vector<std::uint8_t> payload(length);
  if (::compress(payload.data(), &length, cbor.data(), cbor.size()) != Z_OK) {
    throw Error("cannot compress {} bytes: out of memory", cbor.size());
  }
  payload.resize(length);
  Header header{{}, padded(kind), kVersion, crc32(payload), payload.size(), cbor.size()};
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
  return bytes;
}

void write_container(const std::string& path, std::string_view kind,
                     const nlohmann::json& content) {
  write_file(path, container_of(kind, nlohmann::json::to_cbor(content)));
}

std::vector<std::uint8_t> container_content(const std::string& path, std::string_view kind) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  if (!is_container(bytes)) {
    throw Error("{}: is {}, expected {}", path, describe_content(bytes), describe_kind(kind));
  }
  Header header;
  if (bytes.size() < sizeof header) throw Error("{}: truncated: its header is incomplete", path);
  std::memcpy(&header, bytes.data(), sizeof header);
  if (trimmed(header.kind) != kind) {
    throw Error("{}: is {}, expected {}", path, describe_kind(trimmed(header.kind)),
                describe_kind(kind));
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
  if (header.content_length > kMostUnpacked + 4 * bytes.size()) {
    throw Error("{}: its {} bytes unpack to {}, more than a network of this size has", path,
                bytes.size(), header.content_length);
  }
  std::vector<std::uint8_t> content(header.content_length);
  uLongf length = content.size(), taken = payload.size();
  const int result = ::uncompress2(content.data(), &length, payload.data(), &taken);
  if (result != Z_OK || length != content.size() || taken != payload.size()) {
    throw Error("{}: damaged: its content does not unpack to {} bytes", path, content.size());
  }
  return content;
}

nlohmann::json read_container(const std::string& path, std::string_view kind) {
  const std::vector<std::uint8_t> content = container_content(path, kind);
  try {
    check_cbor(content);
    return nlohmann::json::from_cbor(content.begin(), content.end());
  } catch (const std::exception& e) {
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
