// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mutations.hpp"
#include "base/shared_testing.hpp"
#include "data/archive_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bytes compressed(int filter, std::string_view content) {
  ArchiveWriter writer(filter, archive_write_set_format_raw);
  writer.add("data", content);
  return writer.finish();
}

constexpr int kFilters[]{ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
                         ARCHIVE_FILTER_ZSTD};

std::vector<ArchiveFile> read_all(const Bytes& bytes) {
  return read_tar("a.tar", bytes, [](const std::string&) { return true; });
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Unpack, TheFourFormats) {
  const std::string text = "some text, some more text";
  EXPECT_EQ(unpack("a", as_bytes(text)), as_bytes(text));
  EXPECT_EQ(unpack("a", {}), Bytes{});
  for (const int filter : kFilters) {
    EXPECT_EQ(unpack("a", compressed(filter, text)), as_bytes(text)) << filter;
    EXPECT_EQ(unpack("a", compressed(filter, "")), Bytes{}) << filter;
  }
}

TEST(Unpack, NoOtherFormat) {
  // They are the content themselves, whatever programs may be there to unpack them.
  for (const int filter : {ARCHIVE_FILTER_LZMA, ARCHIVE_FILTER_COMPRESS, ARCHIVE_FILTER_UU}) {
    const Bytes bytes = compressed(filter, "some text");
    EXPECT_EQ(unpack("a", bytes), bytes) << filter;
  }
}

TEST(Unpack, OnlyOnce) {
  for (const int filter : kFilters) {
    const Bytes once = compressed(ARCHIVE_FILTER_GZIP, "some text");
    EXPECT_THAT(error_of([&] { unpack("a", compressed(filter, as_text(once))); }),
                HasSubstr("a: compressed 2 times"));
  }
}

TEST(Unpack, WhatGrowsTooMuchIsRefused) {
  const std::string zeros(std::size_t{1} << 20, '\0');
  ArchiveWriter writer(ARCHIVE_FILTER_ZSTD, archive_write_set_format_raw);
  writer.add("data", "");
  for (int i = 0; i < 300; ++i) writer.more(zeros);
  const Bytes bomb = writer.finish();
  ASSERT_LT(bomb.size(), zeros.size());
  EXPECT_THAT(error_of([&] { unpack("bomb", bomb); }), HasSubstr("bomb: grows beyond"));
}

TEST(Unpack, EveryDamage) {
  const std::string text = "some text, some more text; and text that is not there yet";
  for (const int filter : kFilters) {
    std::size_t same = 0;
    const Bytes bytes = compressed(filter, text);
    const auto accepted = read_damaged(
        bytes, [&](const Bytes& damaged) { same += unpack("a", damaged) == as_bytes(text); });
    EXPECT_LT(same, accepted) << filter;  // such as the two first bytes: then it is no archive
  }
}

TEST(Unpack, ChecksumOfGzip) {
  Bytes bytes = compressed(ARCHIVE_FILTER_GZIP, "some text");
  bytes[bytes.size() - 7] ^= 1;
  EXPECT_THAT(error_of([&] { unpack("a", bytes); }), HasSubstr("checksum"));
}

TEST(ReadTar, NamesLinksAndAppleDouble) {
  for (const auto format : {archive_write_set_format_pax, archive_write_set_format_gnutar}) {
    ArchiveWriter writer(ARCHIVE_FILTER_NONE, format);
    writer.add("caf\xC3\xA9/one.png", "1");
    writer.add("caf\xC3\xA9/._one.png", "about one");
    writer.add("hard.png", "",
               [](archive_entry* e) { archive_entry_copy_hardlink(e, "caf\xC3\xA9/one.png"); });
    writer.add("caf\xC3\xA9/soft.png", "", [](archive_entry* e) {
      archive_entry_set_filetype(e, AE_IFLNK);
      archive_entry_copy_symlink(e, "../hard.png");
    });
    writer.add(std::string(200, 'n') + ".png", "2");
    const auto files = read_all(writer.finish());
    ASSERT_EQ(files.size(), 4u);
    EXPECT_EQ(files[0].name, "caf\xC3\xA9/one.png");
    EXPECT_EQ(*files[0].content, as_bytes("1"));
    EXPECT_EQ(files[1].content, files[0].content);
    EXPECT_EQ(files[2].content, files[0].content);
    EXPECT_EQ(files[3].name, std::string(200, 'n') + ".png");
  }
}

TEST(ReadTar, NamesInNoKnownEncoding) {
  ArchiveWriter writer(ARCHIVE_FILTER_NONE, archive_write_set_format_gnutar);
  writer.add("caf\xE9.png", "1");
  const auto files = read_all(writer.finish());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "caf\xE9.png");
}

TEST(ReadTar, LinksToNothingAreNamed) {
  for (const char* target : {"absent.png", "soft.png"}) {
    ArchiveWriter writer(ARCHIVE_FILTER_NONE, archive_write_set_format_gnutar);
    writer.add("soft.png", "", [&](archive_entry* e) {
      archive_entry_set_filetype(e, AE_IFLNK);
      archive_entry_copy_symlink(e, target);
    });
    const Bytes bytes = writer.finish();
    EXPECT_THAT(error_of([&] { read_all(bytes); }),
                HasSubstr(std::string("a.tar: soft.png is a link to ") + target));
  }
}

TEST(ReadTar, OnlyWhatIsWanted) {
  ArchiveWriter writer(ARCHIVE_FILTER_XZ, archive_write_set_format_ustar);
  writer.add("a.txt", "text");
  writer.add("a.png", "1");
  const Bytes bytes = writer.finish();
  EXPECT_TRUE(is_tar("a", bytes));
  EXPECT_FALSE(is_tar("a", as_bytes("ustar")));
  const auto files =
      read_tar("a", bytes, [](const std::string& name) { return name.ends_with(".png"); });
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "a.png");
}

TEST(ReadTar, HugeEntriesAreRefusedBeforeTheyAreRead) {
  ArchiveWriter writer(ARCHIVE_FILTER_NONE, archive_write_set_format_gnutar);
  writer.add("a.txt", "", [](archive_entry* e) { archive_entry_set_size(e, 1LL << 40); });
  Bytes bytes = writer.finish();
  EXPECT_THAT(error_of([&] { read_tar("a", bytes, [](const std::string&) { return false; }); }),
              HasSubstr("grows beyond"));
}

TEST(ReadTar, EveryDamage) {
  for (const auto format : {archive_write_set_format_pax, archive_write_set_format_gnutar}) {
    ArchiveWriter writer(ARCHIVE_FILTER_NONE, format);
    writer.add("caf\xC3\xA9.png", "1");
    writer.add("hard.png", "",
               [](archive_entry* e) { archive_entry_copy_hardlink(e, "caf\xC3\xA9.png"); });
    read_damaged(writer.finish(), [](const Bytes& damaged) {
      if (is_tar("a", damaged)) read_all(damaged);
    });
  }
}

TEST(ReadTar, CasesOfOthers) {
  const auto folder = shared_folder("cases");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const auto files = read_all(read_file((folder / "uni_pax.tar").string()));
  ASSERT_GT(files.size(), 0u);
  bool beyond_ascii = false;
  for (const ArchiveFile& file : files) {
    for (const char c : file.name) beyond_ascii |= static_cast<unsigned char>(c) > 127;
  }
  EXPECT_TRUE(beyond_ascii);
}

}  // namespace
}  // namespace reshift
