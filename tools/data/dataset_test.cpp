// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/dataset.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "base/mutations.hpp"
#include "base/shared_testing.hpp"
#include "data/picture_testing.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Codes of tensor 0 for an image.
std::vector<std::int32_t> codes(const QNet& net, const Image& image) {
  const QTensor& in = net.tensors.front();
  return quantize_values(net,
                         preprocess_image(net.preprocess, image, in.channels, in.height, in.width));
}

class DatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) /
        (std::string("dataset_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    const std::string path = (folder_ / name).string();
    write_file(path, content);
    return path;
  }

  /// Writes through libarchive: a raw compressed stream, or a tar when `names` are given.
  std::string pack(const std::string& name, int filter, const std::string& content) {
    const std::string path = (folder_ / name).string();
    archive* a = archive_write_new();
    archive_write_add_filter(a, filter);
    archive_write_set_format_raw(a);
    archive_write_open_filename(a, path.c_str());
    add(a, "data", content);
    archive_write_free(a);
    return path;
  }

  std::string tar(const std::string& name,
                  const std::vector<std::pair<std::string, std::string>>& files) {
    const std::string path = (folder_ / name).string();
    archive* a = archive_write_new();
    archive_write_set_format_ustar(a);
    archive_write_open_filename(a, path.c_str());
    for (const auto& [file, content] : files) add(a, file, content);
    archive_write_free(a);
    return path;
  }

  static std::string error_of(const std::string& data, const std::string& labels = "") {
    try {
      const auto set = open_dataset(data, labels);
      for (std::size_t i = 0; i < set->size(); ++i) set->get(i);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }

  fs::path folder_;

 private:
  static void add(archive* a, const std::string& name, const std::string& content) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
};

/// CIFAR records with pixel p of channel c of image i = (i + 50 * c + p) mod 256.
std::string cifar(int images) {
  std::string bytes;
  for (int i = 0; i < images; ++i) {
    bytes += static_cast<char>(i % 10);
    for (int c = 0; c < 3; ++c) {
      for (int p = 0; p < 1024; ++p) bytes += static_cast<char>((i + 50 * c + p) % 256);
    }
  }
  return bytes;
}

std::string idx(std::initializer_list<int> dimensions, const std::string& values) {
  std::string bytes{0, 0, 8, static_cast<char>(dimensions.size())};
  for (const int d : dimensions) bytes += {0, 0, static_cast<char>(d >> 8), static_cast<char>(d)};
  return bytes + values;
}

TEST_F(DatasetTest, CifarPlainAndCompressed) {
  const std::string bytes = cifar(12);
  for (const std::string& path : {write("a.bin", bytes), pack("a.bin.xz", ARCHIVE_FILTER_XZ, bytes),
                                  pack("a.bin.gz", ARCHIVE_FILTER_GZIP, bytes)}) {
    SCOPED_TRACE(path);
    const auto data = open_dataset(path, "");
    ASSERT_EQ(data->size(), 12u);
    const Image image = data->get(11);
    EXPECT_EQ(image.label, 1);
    EXPECT_EQ(image.height, 32);
    EXPECT_EQ(image.pixels[(2 * 32 + 5) * 3 + 1], (11 + 50 + 2 * 32 + 5) % 256);
    EXPECT_THROW(data->get(12), Error);
  }
}

TEST_F(DatasetTest, DamagedCifarIsRefused) {
  const std::string bytes = cifar(3);
  EXPECT_THAT(error_of(write("short.bin", bytes.substr(0, bytes.size() - 1))),
              HasSubstr("truncated"));
  std::string bad = bytes;
  bad[3073] = 10;  // a label that CIFAR-10 does not have
  EXPECT_THAT(error_of(write("label.bin", bad)), HasSubstr("not image data"));
  EXPECT_THAT(error_of(write("empty.bin", "")), HasSubstr("not image data"));
  EXPECT_THAT(error_of((folder_ / "absent.bin").string()), HasSubstr("cannot open"));
  EXPECT_THAT(error_of(write("a.bin", bytes), "labels"), HasSubstr("own labels"));
}

TEST_F(DatasetTest, TruncatedCompressionIsRefused) {
  for (const int filter : {ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_GZIP}) {
    const auto whole = read_file(pack("whole", filter, cifar(3)));
    const std::string part(whole.begin(),
                           whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
    EXPECT_THAT(error_of(write("part", part)), HasSubstr("truncated"));
  }
}

TEST_F(DatasetTest, Idx) {
  const auto images = pack("images.gz", ARCHIVE_FILTER_GZIP, idx({2, 2, 3}, "abcdefABCDEF"));
  const auto labels = write("labels", idx({2}, std::string{7, 3}));
  const auto data = open_dataset(images, labels);
  ASSERT_EQ(data->size(), 2u);
  EXPECT_EQ(data->get(0).label, 7);
  EXPECT_EQ(data->get(1).label, 3);
  EXPECT_THAT(data->get(1).pixels, ElementsAre('A', 'B', 'C', 'D', 'E', 'F'));
  EXPECT_EQ(data->get(1).channels, 1);
  EXPECT_EQ(open_dataset(images, "")->get(0).label, -1);

  EXPECT_THAT(error_of(images, write("three", idx({3}, "abc"))),
              HasSubstr("3 labels for the 2 images"));
  EXPECT_THAT(error_of(images, images), HasSubstr("not an IDX label file"));
  EXPECT_THAT(error_of(write("cut", idx({2, 2, 3}, "abcdefABCDE"))), HasSubstr("truncated"));
  EXPECT_THAT(error_of(write("huge", idx({-1, -1, -1}, "abc"))), HasSubstr("truncated"));
  EXPECT_THAT(error_of(write("head", std::string{0, 0, 8, 3, 0, 0})), HasSubstr("truncated"));
}

TEST_F(DatasetTest, FolderAndTarAgree) {
  const Image noise = noise_image(20, 30, 3);
  const std::string png = encode_png(noise), jpeg = encode_jpeg(noise);
  fs::create_directories(folder_ / "pictures" / "sub");
  write("pictures/b.png", png);
  write("pictures/sub/a.JPEG", jpeg);
  write("pictures/readme.txt", "not an image");
  const auto archive =
      tar("pictures.tar", {{"./b.png", png}, {"sub/a.JPEG", jpeg}, {"readme.txt", "no"}});
  const auto labels = write("labels.txt", "./sub/a.JPEG, 472\nb.png 5\n\n");
  for (const std::string& path : {(folder_ / "pictures").string(), archive}) {
    SCOPED_TRACE(path);
    const auto data = open_dataset(path, labels);
    ASSERT_EQ(data->size(), 2u);
    EXPECT_EQ(data->get(0).label, 472);
    EXPECT_EQ(data->get(1).label, 5);
    EXPECT_EQ(data->get(1).height, 20);
    EXPECT_EQ(data->get(1).width, 30);
    EXPECT_EQ(data->get(1).pixels, noise.pixels);
    EXPECT_EQ(open_dataset(path, "")->get(0).name, "b.png");  // by name, without labels
  }
  EXPECT_THAT(error_of(archive, write("l1", "c.png 1")), HasSubstr("no image c.png"));
  EXPECT_THAT(error_of(archive, write("l2", "b.png")), HasSubstr("not a line"));
  EXPECT_THAT(error_of(archive, write("l3", "b.png x")), HasSubstr("not a line"));
  EXPECT_THAT(error_of(archive, write("l4", "b.png 1\n./b.png 2")), HasSubstr("second time"));
  EXPECT_THAT(error_of(archive, write("l5", "a.JPEG 1")), "no error");
  EXPECT_THAT(error_of(archive, write("l6", "")), HasSubstr("names no image"));
}

TEST_F(DatasetTest, DamagedImagesAndArchivesAreRefused) {
  const Image noise = noise_image(20, 30, 3);
  for (const std::string& whole : {encode_png(noise), encode_jpeg(noise)}) {
    const auto archive = tar("cut.tar", {{"a.png", whole.substr(0, whole.size() / 2)}});
    EXPECT_THAT(error_of(archive), HasSubstr("a.png: damaged or truncated"));
  }
  EXPECT_THAT(error_of(tar("none.tar", {{"a.txt", "text"}})), HasSubstr("no JPEG or PNG"));
  const auto whole = read_file(tar("whole.tar", {{"a.png", encode_png(noise)}}));
  const std::string part(whole.begin(), whole.begin() + 1000);
  EXPECT_THAT(error_of(write("part.tar", part)), HasSubstr("truncated"));
}

TEST_F(DatasetTest, LabelsOfAnySystem) {
  const auto archive = tar("a.tar", {{"a b.png", encode_png(noise_image(2, 2, 1))},
                                     {"c.png", encode_png(noise_image(2, 2, 1))},
                                     {"._c.png", "about c.png"}});
  EXPECT_EQ(open_dataset(archive, "")->size(), 2u);
  for (const char* text : {"a b.png 3\nc.png 4",
                           "\xEF\xBB\xBF"
                           "a b.png 3\r\nc.png 4\r\n",
                           "a b.png\t3\t\n\n  \nc.png,4\n", "a b.png \t 3\nc.png, 4 \r\n\r\n"}) {
    const auto data = open_dataset(archive, write("labels", text));
    ASSERT_EQ(data->size(), 2u) << text;
    EXPECT_EQ(data->get(0).label, 3);
    EXPECT_EQ(data->get(1).label, 4);
  }
  EXPECT_THAT(error_of(archive, write("l1", std::string("\xFF\xFE"
                                                        "a\0 \0"
                                                        "1\0",
                                                        8))),
              HasSubstr("in UTF-8, it is text in UTF-16"));
  EXPECT_THAT(error_of(archive, write("l2", "c.png 1\n._c.png 2")), HasSubstr("no image ._c.png"));
}

TEST_F(DatasetTest, EveryDamage) {
  const std::string images = idx({2, 1, 2}, "abcd"), labels = idx({2}, "12");
  const auto image_path = write("images", images), label_path = write("labels", labels);
  read_damaged(as_bytes(images), [&](const auto& bytes) {
    open_dataset(write("damaged", std::string(as_text(bytes))), label_path)->get(0);
  });
  read_damaged(as_bytes(labels), [&](const auto& bytes) {
    open_dataset(image_path, write("damaged", std::string(as_text(bytes))))->get(0);
  });
  const auto archive = tar("a.tar", {{"a.png", encode_png(noise_image(2, 2, 1))}});
  read_damaged(as_bytes("\xEF\xBB\xBF"
                        "a.png 1\r\n"),
               [&](const auto& bytes) {
                 open_dataset(archive, write("damaged", std::string(as_text(bytes))))->get(0);
               });
  read_damaged(as_bytes(cifar(1).substr(0, 40)), [&](const auto& bytes) {
    open_dataset(write("damaged", std::string(as_text(bytes)) + cifar(1).substr(bytes.size())), "");
  });
}

TEST_F(DatasetTest, CasesOfOthers) {
  const auto cases = shared_folder("cases");
  if (!fs::exists(cases)) GTEST_SKIP() << cases << " is not there";
  for (const char* labels : {"plain.lab", "bom.lab"}) {
    const auto data = open_dataset((cases / "evil.imgs").string(), (cases / labels).string());
    ASSERT_EQ(data->size(), 2u) << labels;
    EXPECT_EQ(data->get(0).label, 1);
    EXPECT_EQ(data->get(1).label, 2);
  }
  EXPECT_GT(open_dataset((cases / "uni_pax.tar").string(), "")->size(), 0u);
}

TEST(PreprocessImage, ValuesChannelsAndCrop) {
  // 2 x 4 pixels; pixel (y, x) is (10 * (4 * y + x), +1, +2).
  Image image{2, 4, 3, {}, -1, "test"};
  for (int i = 0; i < 8; ++i) {
    for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<std::uint8_t>(10 * i + c));
  }
  Preprocess p;
  p.scale = 0.5;
  p.mean = {1, 2, 3};
  p.std = {1, 2, 4};
  p.crop = 2;
  EXPECT_THAT(preprocess_image(p, image, 3, 2, 2),
              ElementsAre(4, 9, 24, 29,              // red of pixels 1, 2, 5, 6
                          1.75, 4.25, 11.75, 14.25,  // green
                          0.75, 2, 5.75, 7));        // blue: (12 * 0.5 - 3) / 4
  p.channels = "BGR";
  EXPECT_THAT(preprocess_image(p, image, 3, 2, 2)[0], 5);  // blue first: 12 * 0.5 - 1
  p.resize = 1;
  p.crop = 0;
  p.channels = "GRAY";
  p.scale = 1;
  p.mean = {0, 0, 0};
  p.std = {1, 1, 1};
  // Two pixels, each the mean of four: 25, 26, 27 and 45, 46, 47; grey 0.299 R + 0.587 G + 0.114 B.
  EXPECT_THAT(preprocess_image(p, image, 1, 1, 2), ElementsAre(26, 46));
  EXPECT_THROW(preprocess_image(p, image, 1, 1, 3), Error);
  p.crop = 3;
  EXPECT_THROW(preprocess_image(p, image, 1, 3, 3), Error);
}

TEST(QuantizeImage, RoundsAndClamps) {
  QNet net;
  net.tensors = {{"image", 1, 1, 4, 2.0, -100}};
  net.preprocess.channels = "GRAY";
  net.preprocess.scale = 1;
  const Image image{1, 4, 1, {0, 3, 100, 255}, -1, "test"};
  EXPECT_THAT(codes(net, image), ElementsAre(-100, -98, -50, 28));
  net.tensors[0].scale = 1;
  EXPECT_THAT(codes(net, image), ElementsAre(-100, -97, 0, 127));
}

TEST(Preprocess, StrictJson) {
  const auto error_of = [](const char* text) {
    try {
      preprocess_from_json(parse_json("a.json", as_bytes(text)));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const auto p = preprocess_from_json(nlohmann::json::parse(
      R"({"channels":"BGR","resize":256,"crop":224,"scale":1,"mean":[9,8,7],"std":[1,2,3]})"));
  EXPECT_EQ(p.channels, "BGR");
  EXPECT_EQ(p.crop, 224);
  EXPECT_EQ(preprocess_from_json(to_json(p)), p);
  EXPECT_THAT(error_of(R"({"chanels":"RGB"})"), HasSubstr("chanels"));
  EXPECT_THAT(error_of(R"({"channels":"RGBA"})"), HasSubstr("RGBA"));
  EXPECT_THAT(error_of(R"({"channels":"GRAY","mean":[1,2,3]})"), HasSubstr("1 numbers"));
  EXPECT_THAT(error_of(R"({"std":[1,0,1]})"), HasSubstr("positive"));
  EXPECT_THAT(error_of(R"({"scale":"1"})"), HasSubstr("scale"));
  EXPECT_THAT(error_of(R"({"resize":-1})"), HasSubstr("resize"));
  EXPECT_THAT(error_of(R"({"scale":1e999})"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("object"));
}

TEST(Preprocess, EveryDamage) {
  const std::string path = ::testing::TempDir() + "preprocess_damaged.json";
  const auto accepted = read_damaged(
      as_bytes(R"({"channels":"BGR","resize":256,"crop":224,"scale":1,"mean":[9,8,7.5]})"),
      [&](const auto& bytes) {
        write_file(path, as_text(bytes));
        load_preprocess(path);
      });
  EXPECT_GT(accepted, 0u);  // another digit is another number
  fs::remove(path);
}

}  // namespace
}  // namespace reshift
