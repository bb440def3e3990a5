// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <exception>
#include <string>
#include <utility>

namespace reshift {

/// Compares what a model gives with what it should give, in order. Reports to GoogleTest: the first
/// mismatches, items never given, items nobody expected, and a board that compared nothing.
template <typename Item>
class Scoreboard {
 public:
  explicit Scoreboard(std::string name) : name_(std::move(name)) {}
  ~Scoreboard() {
    // An exception on its way says why better than what did not come because of it.
    if (!finished_ && std::uncaught_exceptions() == 0) finish();
  }
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;

  void expect(Item item) { expected_.push_back(std::move(item)); }

  void actual(const Item& item) {
    if (expected_.empty()) {
      if (++mismatches_ <= kReported) {
        ADD_FAILURE() << name_ << ": nothing more expected after item " << compared_ << ", got "
                      << testing::PrintToString(item);
      }
      return;
    }
    if (!(item == expected_.front()) && ++mismatches_ <= kReported) {
      ADD_FAILURE() << name_ << ": item " << compared_ << " is " << testing::PrintToString(item)
                    << ", expected " << testing::PrintToString(expected_.front());
    }
    expected_.pop_front();
    ++compared_;
  }

  /// The model is being reset: nothing more will come of what was begun.
  void abandon() { expected_.clear(); }

  bool empty() const { return expected_.empty(); }
  uint64_t compared() const { return compared_; }

  /// The end of the test; called by the destructor otherwise.
  void finish() {
    finished_ = true;
    EXPECT_TRUE(expected_.empty()) << name_ << ": " << expected_.size() << " items never came";
    EXPECT_GT(compared_, 0u) << name_ << ": compared nothing";
  }

 private:
  static constexpr uint64_t kReported = 5;

  std::string name_;
  std::deque<Item> expected_;
  uint64_t compared_ = 0;
  uint64_t mismatches_ = 0;
  bool finished_ = false;
};

}  // namespace reshift
