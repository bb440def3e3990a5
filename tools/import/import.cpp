// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/import.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "data/archive.hpp"
#include "import/onnx/reader.hpp"
#include "import/tflite/reader.hpp"

namespace reshift {
namespace {

/// A format of network files.
struct Format {
  const char* name;
  bool (*recognises)(const Bytes& bytes);
  /// Null: known, but not read.
  Graph (*read)(Bytes bytes, const std::string& folder, const ImportOptions& options,
                NetworkCheck& check);
};

bool has_bytes(const Bytes& bytes, std::size_t offset, std::string_view expected) {
  return bytes.size() >= offset + expected.size() &&
         std::equal(expected.begin(), expected.end(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

const std::vector<Format> kFormats{
    {"ReShift", [](const Bytes& b) { return has_bytes(b, 0, "RSHIFT"); }, nullptr},
    {"TensorFlow Lite", [](const Bytes& b) { return has_bytes(b, 4, "TFL3"); }, read_tflite},
    {"HDF5 (Keras)", [](const Bytes& b) { return has_bytes(b, 0, "\x89HDF"); }, nullptr},
    {"ZIP (PyTorch, Keras)", [](const Bytes& b) { return has_bytes(b, 0, "PK\x03\x04"); }, nullptr},
    {"ONNX", is_onnx, read_onnx},
};

std::string readable_formats() {
  std::vector<std::string_view> names;
  for (const Format& format : kFormats) {
    if (format.read) names.push_back(format.name);
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

Graph read(const std::string& path, const ImportOptions& options, NetworkCheck& check) {
  Bytes bytes = read_decompressed(path);
  const auto format = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& f) { return f.recognises(bytes); });
  if (format == kFormats.end()) {
    throw Error("unknown format: only {} files can be imported; perhaps it is truncated or damaged",
                readable_formats());
  }
  if (!format->read) {
    throw Error("a {} file, which cannot be imported, only {} files can", format->name,
                readable_formats());
  }
  const auto folder = std::filesystem::absolute(path).parent_path().string();
  return format->read(std::move(bytes), folder, options, check);
}

/// Gives each tensor a name of its own: what a node needs besides its output (a copy of its input)
/// has the node's name too, and comes before it.
void name_apart(Graph& graph) {
  std::set<std::string> taken;
  for (auto tensor = graph.tensors.rbegin(); tensor != graph.tensors.rend(); ++tensor) {
    const std::string name = tensor->name;
    for (int n = 1; !taken.insert(tensor->name).second; ++n) {
      tensor->name = fmt::format("{} (part {})", name, n);
    }
  }
}

}  // namespace

Graph import_network(const std::string& path, const ImportOptions& options) {
  NetworkCheck check;
  try {
    Graph graph = read(path, options, check);
    if (!check.accepted()) throw Error("{}", check.message());
    name_apart(graph);
    if (graph.name.empty()) graph.name = std::filesystem::path(path).stem().string();
    return graph;
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error("{}", message.starts_with(path) ? message : path + ": " + message);
  }
}

NetworkCheck check_network(const std::string& path, const ImportOptions& options) {
  NetworkCheck check;
  try {
    read(path, options, check);
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error("{}", message.starts_with(path) ? message : path + ": " + message);
  }
  return check;
}

}  // namespace reshift
