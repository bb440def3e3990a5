// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/container.hpp"
#include "base/error.hpp"
#include "program/hardware.hpp"
#include "program/program.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

class ForeignProgram : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  /// What loading a file with this content says.
  std::string error(const nlohmann::json& content) {
    write_container(path_, "PROGRAM", content);
    try {
      Program::load(path_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  std::string path_ = ::testing::TempDir() + "reshift_program_file_test.rsp";
};

TEST_F(ForeignProgram, OfAnotherContractIsRefusedByNumber) {
  for (const std::uint32_t version : {isa::kVersion - 1, isa::kVersion + 1}) {
    // Nothing else is looked at: it may mean something else there.
    EXPECT_EQ(error({{"interface", version}, {"hardware", "of then"}}),
              fmt::format("{}: made for contract version {}, this tool has {}; compile it again",
                          path_, version, isa::kVersion));
  }
}

TEST_F(ForeignProgram, OfOtherParametersIsRefused) {
  EXPECT_THAT(error({{"interface", isa::kVersion},
                     {"hardware", "4x4x3"},
                     {"parameters", {4, 4, 2, 8, 7, 28, 1, 1, 1, 4, 64}}}),
              HasSubstr("made for another 4x4x3"));
}

TEST_F(ForeignProgram, WithoutWhatItNeedsIsRefused) {
  EXPECT_THAT(error({{"hardware", "4x4x3"}}), HasSubstr("field interface is missing"));
}

TEST(Hardware, UnknownNameListsTheKnown) {
  for (const isa::Hardware& hw : isa::kConfigurations) {
    try {
      find_hardware("9x9x9");
      FAIL();
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr(std::string(hw.name)));
    }
  }
}

}  // namespace
}  // namespace reshift
