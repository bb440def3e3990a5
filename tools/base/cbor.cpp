// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/cbor.hpp"

#include <vector>

#include "base/error.hpp"
#include "base/json_fields.hpp"

namespace reshift {
namespace {

enum Major : std::uint8_t { kPositive, kNegative, kBinary, kText, kArray, kMap, kTag, kOther };

class Checker {
 public:
  explicit Checker(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  void run() {
    std::vector<std::uint64_t> missing{1};  // values, of each array and map that is open
    for (std::size_t values = 0; !missing.empty(); ++values) {
      if (missing.back() == 0) {
        missing.pop_back();
        continue;
      }
      if (values > 2 * kMostValues) throw Error("more than {} values", kMostValues);
      --missing.back();
      if (const std::uint64_t inside = value(); inside > 0) missing.push_back(inside);
      if (missing.size() > kMostNesting) throw Error("nested deeper than {} levels", kMostNesting);
    }
    if (!rest_.empty()) throw Error("{} bytes behind its content", rest_.size());
  }

 private:
  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (count > rest_.size())
      throw Error("a value of {} bytes where {} are left", count, rest_.size());
    const auto taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  std::uint64_t argument(unsigned code) {
    if (code < 24) return code;
    if (code > 27) throw Error("a value of a form that is not used (code {})", code);
    std::uint64_t number = 0;
    for (const std::uint8_t byte : take(std::uint64_t{1} << (code - 24)))
      number = number << 8 | byte;
    return number;
  }

  /// Reads the head of a value, and a text or binary wholly; how many values are inside it.
  std::uint64_t value() {
    const std::uint8_t head = take(1)[0];
    const auto major = static_cast<Major>(head >> 5);
    if (major == kTag) throw Error("a tag, which is not used");
    const std::uint64_t number = argument(head & 31);
    if (major == kBinary || major == kText) take(number);
    if (major != kArray && major != kMap) return 0;
    const std::uint64_t each = major == kMap ? 2 : 1;
    if (number > rest_.size() / each) {
      throw Error("{} entries where {} bytes are left", number, rest_.size());
    }
    return number * each;
  }

  std::span<const std::uint8_t> rest_;
};

}  // namespace

void check_cbor(std::span<const std::uint8_t> bytes) { Checker(bytes).run(); }

}  // namespace reshift
