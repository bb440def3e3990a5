// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "base/mutations.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

class ContainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_container(path_, "NET", {{"a", 3}, {"b", pack_numbers<std::int16_t>(numbers_)}});
    const auto bytes = read_file(path_);
    good_.assign(bytes.begin(), bytes.end());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string error_of(const std::string& content, const char* kind = "NET") {
    write_file(path_, content);
    try {
      read_container(path_, kind);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }

  const std::vector<std::int16_t> numbers_{1, -2, 32767, -32768};
  const std::string path_ = (std::filesystem::path(::testing::TempDir()) /
                             (std::string("container_") +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name()))
                                .string();
  std::string good_;
};

TEST(Crc32, CheckValue) {
  const std::string_view digits = "123456789";  // the check value of the CRC catalogue
  EXPECT_EQ(crc32({reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()}),
            0xCBF43926u);
}

TEST_F(ContainerTest, RoundTrip) {
  const auto content = read_container(path_, "NET");
  EXPECT_EQ(content.at("a"), 3);
  EXPECT_EQ(numbers_field<std::int16_t>(content, "b"), numbers_);
  EXPECT_EQ(container_kind(path_), "NET");
}

TEST_F(ContainerTest, EveryFlippedByteIsRefused) {
  for (std::size_t i = 0; i < good_.size(); ++i) {
    std::string bad = good_;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    EXPECT_NE(error_of(bad), "no error") << "byte " << i;
  }
}

TEST_F(ContainerTest, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < good_.size(); ++size) {
    EXPECT_NE(error_of(good_.substr(0, size)), "no error") << "length " << size;
  }
}

TEST_F(ContainerTest, EveryDamageWithTheRightChecksum) {
  const auto accepted = read_damaged_content(path_, "NET", [&] { read_container(path_, "NET"); });
  EXPECT_GT(accepted, 0u);  // the checks of the content are for its reader
}

TEST_F(ContainerTest, NestedContentIsRefused) {
  // As an attacker would: two million levels, with the right lengths and checksum.
  const std::vector<std::uint8_t> nested(2'000'000, 0x81);
  EXPECT_THAT(error_of(container_of("NET", nested)), HasSubstr("damaged: nested deeper than"));
}

TEST_F(ContainerTest, ContentThatIsFarLargerThanTheFileIsRefused) {
  std::string file = container_of("NET", std::vector<std::uint8_t>(1000));
  constexpr std::size_t kContentLengthAt = 32;
  const std::uint64_t length = std::uint64_t{1} << 30;
  std::memcpy(&file[kContentLengthAt], &length, sizeof length);
  EXPECT_THAT(error_of(file), HasSubstr("unpack to 1073741824, more than"));
}

TEST_F(ContainerTest, ContentOfAnotherLengthIsRefused) {
  for (const int more : {-1, 1}) {
    std::string file = container_of("NET", std::vector<std::uint8_t>(1000));
    constexpr std::size_t kContentLengthAt = 32;
    const auto length = static_cast<std::uint64_t>(1000 + more);
    std::memcpy(&file[kContentLengthAt], &length, sizeof length);
    EXPECT_THAT(error_of(file), HasSubstr("does not unpack to"));
  }
}

TEST_F(ContainerTest, SaysWhatIsWrong) {
  EXPECT_THAT(error_of("hello"),
              HasSubstr("is text, expected a quantised network of `reshift quantize`"));
  EXPECT_THAT(error_of(good_, "PROGRAM"),
              HasSubstr("is a quantised network of `reshift quantize`, expected a program of "
                        "`reshift compile`"));
  EXPECT_THAT(error_of(good_.substr(0, good_.size() - 1)), HasSubstr("truncated"));
  EXPECT_THAT(error_of(good_ + "x"), HasSubstr("behind its end"));
  std::string bad = good_;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  EXPECT_THAT(error_of(bad), HasSubstr("checksum"));
}

TEST_F(ContainerTest, AnotherVersionIsRefusedByNumber) {
  constexpr std::size_t kVersionAt = 16;
  for (const char version : {'\x00', '\x02'}) {
    std::string other = good_;
    other[kVersionAt] = version;
    EXPECT_THAT(error_of(other),
                HasSubstr(fmt::format("made with container version {}, this tool has 3; make it "
                                      "again",
                                      int{version})));
  }
}

TEST_F(ContainerTest, FailedWriteLeavesNothing) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "container_target";
  std::filesystem::create_directories(folder / "inside");  // a file cannot replace this folder
  EXPECT_THROW(write_container(folder.string(), "NET", {}), Error);
  for (const auto& entry : std::filesystem::directory_iterator(::testing::TempDir())) {
    EXPECT_THAT(entry.path().filename().string(),
                ::testing::Not(::testing::StartsWith("container_target.")));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace reshift
