// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace reshift {

/// What the compiler knows about one operation as it runs, on one image or on all of a frame: sums
/// over them. In the order of the program, which has an operation again for each image that it
/// takes by itself.
struct OpReport {
  std::string name;  ///< with the image, when it takes one of several
  std::string kind;
  std::string note;  ///< what was rewritten
  int terms = 1;
  std::int64_t uops = 0;  ///< weight tiles
  int groups = 0;         ///< pixel groups
  int m_blocks = 0;
  int execs = 0;
  bool in_place = false;
  std::int64_t macs = 0;  ///< useful multiplications with real sizes, a term each
  std::int64_t array_cycles = 0, post_cycles = 0, exec_cycles = 0, memory_cycles = 0;
  /// Expected of it, what it waits for included: from frame to frame, in a single frame.
  std::int64_t cycles = 0, first_cycles = 0;
  /// Of weight blocks and tables: what a frame loads, the same with no tile compressed, and what
  /// lies in the program, where equal blocks are one, counted where it is loaded first.
  std::int64_t weight_bytes_bus = 0, weight_bytes_dense = 0, file_bytes = 0;
  int strips = 1;  ///< into which it is cut, because not all its tensors are in the buffer
  std::int64_t feature_bytes_read = 0, feature_bytes_written = 0;  ///< from memory, to memory
  std::int64_t buffer_bytes = 0;                                   ///< of what it writes
  std::string bound;  ///< "array", "post-processing" or "memory"
};

/// One operation in the support report.
struct Support {
  enum class Verdict { kAccepted, kRewritten, kUnsupported };
  std::string op;
  Verdict verdict = Verdict::kAccepted;
  std::string reason;  ///< what was rewritten, or why it is unsupported
};
std::string_view to_string(Support::Verdict verdict);

/// The forms of the program file and of the compiler's report; reading throws
/// nlohmann::json::exception when a value is missing or has another type.
nlohmann::json ops_to_json(const std::vector<OpReport>& ops);
std::vector<OpReport> ops_from_json(const nlohmann::json& json);
nlohmann::json support_to_json(const std::vector<Support>& support);
std::vector<Support> support_from_json(const nlohmann::json& json);

}  // namespace reshift
