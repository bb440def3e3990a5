// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include "base/error.hpp"
#include "base/mutations.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string content(const std::string& path) {
    return std::string(as_text(read_file(path)));
  }
  static mode_t mode(const std::string& path) {
    struct stat status;
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  /// What both ways say: the trial and the writing.
  static std::string error_of(const std::string& path) {
    std::string tried = "no error", written = tried;
    try {
      check_output(path);
    } catch (const Error& e) {
      tried = e.what();
    }
    try {
      write_file(path, "content");
    } catch (const Error& e) {
      written = e.what();
    }
    EXPECT_EQ(tried, written);
    return written;
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) /
      (std::string("file_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(FileTest, NewFilesHaveTheUsualMode) {
  const mode_t mask = ::umask(027);
  write_file(path("a"), "new");
  ::umask(mask);
  EXPECT_EQ(content(path("a")), "new");
  EXPECT_EQ(mode(path("a")), 0640u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, ReplacedFilesKeepTheirMode) {
  for (const mode_t kept : {0600u, 0666u, 0755u}) {
    write_file(path("a"), "old");
    ::chmod(path("a").c_str(), kept);
    write_file(path("a"), "new");
    EXPECT_EQ(content(path("a")), "new");
    EXPECT_EQ(mode(path("a")), kept);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, LinksAreFollowed) {
  write_file(path("a"), "old");
  fs::create_symlink("a", path("link"));
  fs::create_symlink(path("link"), path("second"));
  write_file(path("second"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")) && fs::is_symlink(path("second")));
  EXPECT_EQ(content(path("a")), "new");
  fs::create_symlink("absent", path("dangling"));
  write_file(path("dangling"), "made");
  EXPECT_EQ(content(path("absent")), "made");
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  fs::create_hard_link(path("a"), path("other"));
  write_file(path("a"), "both");
  EXPECT_EQ(content(path("other")), "both");
  fs::create_symlink("loop", path("loop"));
  EXPECT_THAT(error_of(path("loop")), HasSubstr("symbolic links"));
}

TEST_F(FileTest, DevicesArePlacesToWriteTo) {
  write_file("/dev/null", "nothing");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  fs::create_symlink("/dev/null", path("null"));
  write_file(path("null"), "nothing");
  EXPECT_TRUE(fs::is_symlink(path("null")));
  check_output("/dev/full");
  try {
    write_file("/dev/full", "content");
    ADD_FAILURE() << "written";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("cannot write /dev/full: No space left"));
  }
}

TEST_F(FileTest, PipesAreWrittenTo) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  check_output(path("pipe"));  // does not wait for a reader
  std::string read;
  std::thread reader([&] { read = content(path("pipe")); });
  write_file(path("pipe"), "through");
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(FileTest, OwnDescriptorsAreWrittenWhereTheyStand) {
  const int descriptor = ::open(path("a").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::write(descriptor, "first ", 6), 6);
  for (const char* folder : {"/dev/fd/", "/proc/self/fd/"}) {
    const std::string name = folder + std::to_string(descriptor);
    check_output(name);
    write_file(name, "more ");
  }
  ASSERT_EQ(::write(descriptor, "last", 4), 4);
  ::close(descriptor);
  EXPECT_EQ(content(path("a")), "first more more last");
  EXPECT_THAT(error_of("/dev/fd/" + std::to_string(descriptor)), HasSubstr("Bad file descriptor"));
}

TEST_F(FileTest, TriedFirstWithTheSameWords) {
  EXPECT_THAT(error_of(path("none/x")), HasSubstr("none/x: No such file or directory"));
  EXPECT_THAT(error_of(folder_.string()), HasSubstr("Is a directory"));
  write_file(path("a"), "file");
  EXPECT_THAT(error_of(path("a/x")), HasSubstr("Not a directory"));
  EXPECT_EQ(files(), 1u);
  check_output(path("new"));
  check_output(path("a"));
  check_output("");
  check_output("-");
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(content(path("a")), "file");
  if (::geteuid() == 0) return;  // root may write everywhere
  ::chmod(path("a").c_str(), 0400);
  EXPECT_THAT(error_of(path("a")), HasSubstr("Permission denied"));
  ::chmod(folder_.c_str(), 0500);
  EXPECT_THAT(error_of(path("new")), HasSubstr("Permission denied"));
  ::chmod(folder_.c_str(), 0700);
}

TEST_F(FileTest, WhatFailsLeavesTheOldFile) {
  write_file(path("a"), "old");
  EXPECT_THROW(write_file(path("a"),
                          [](std::ostream& out) {
                            out << "half";
                            throw Error("no more");
                          }),
               Error);
  EXPECT_THROW(write_file(path("a"), [](std::ostream& out) { out.setstate(std::ios::failbit); }),
               Error);
  EXPECT_EQ(content(path("a")), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, EndlessInputsAreRefused) {
  EXPECT_THROW(read_file("/dev/zero"), Error);
  EXPECT_THROW(read_file(path("none")), Error);
  EXPECT_THROW(read_file(folder_.string()), Error);
  EXPECT_FALSE(read_file("/proc/self/status").empty());  // says that it has no bytes
}

}  // namespace
}  // namespace reshift
