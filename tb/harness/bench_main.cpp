// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// main() of every bench: RTL assertions fail the running test at their SystemVerilog line, and a
// failed test says how to run it again.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/random.hpp"
#include "harness/sim_hooks.hpp"

namespace {

class RerunPrinter : public testing::EmptyTestEventListener {
 public:
  explicit RerunPrinter(std::string program) : program_(std::move(program)) {}

  void OnTestEnd(const testing::TestInfo& test) override {
    if (!test.result()->Failed()) return;
    fmt::print("again: RESHIFT_SEED={} RESHIFT_TRACE=trace.fst {} --gtest_filter='{}.{}'\n",
               reshift::run_seed(), program_, test.test_suite_name(), test.name());
  }

 private:
  std::string program_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new RerunPrinter(argv[0]));
  reshift::set_sim_failure_handler([](const reshift::SimFailure& failure) {
    ADD_FAILURE_AT(failure.file.c_str(), failure.line) << failure.message;
  });
  return RUN_ALL_TESTS();
}
