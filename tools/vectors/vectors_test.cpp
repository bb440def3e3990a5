// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/container.hpp"
#include "base/error.hpp"
#include "program/hardware.hpp"
#include "vectors/bits.hpp"
#include "vectors/module_trace.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::vector<std::uint8_t>>;

class Vectors : public testing::Test {
 protected:
  Vectors() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Vectors() override { fs::remove_all(folder_); }

  Files write(const std::string& name, std::uint64_t seed) {
    const fs::path folder = folder_ / name;
    write_vectors(find_hardware("4x4x3"), {.seed = seed, .count = 2}, folder);
    return read(folder);
  }
  static Files read(const fs::path& folder) {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      files[fs::relative(entry.path(), folder)] = read_file(entry.path());
    }
    return files;
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     (std::string("reshift_vectors_") +
                      testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Vectors, SameSeedSameFilesOtherSeedOthers) {
  const Files first = write("a", 1);
  EXPECT_EQ(first, write("b", 1));
  const Files other = write("c", 2);
  EXPECT_NE(first.at("case_0/memory.hex"), other.at("case_0/memory.hex"));
  EXPECT_NE(first.at("rs_pe/input.hex"), other.at("rs_pe/input.hex"));
}

TEST_F(Vectors, FilesAreAsTheManifestSays) {
  const Files files = write("a", 3);
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  const auto lines = [&](const std::string& name) {
    const auto& bytes = files.at(name);
    EXPECT_EQ(bytes.back(), '\n') << name;
    return std::count(bytes.begin(), bytes.end(), '\n');
  };
  std::size_t described = 1;
  for (const auto& entry : manifest.at("cases")) {
    const std::string folder = entry.at("folder");
    const auto& settings = entry.at("settings");
    EXPECT_EQ(lines(folder + "/case.hex"), 8);
    EXPECT_EQ(lines(folder + "/memory.hex"), settings.at("memory_lines").get<int>());
    EXPECT_EQ(lines(folder + "/expected.hex"), settings.at("expected_lines").get<int>());
    EXPECT_EQ(lines(folder + "/care.hex"), settings.at("expected_lines").get<int>());
    EXPECT_THAT(files.at(folder + "/care.hex"), testing::Contains('f'));
    described += manifest.at("formats").at("cases").size();
  }
  for (const auto& entry : manifest.at("modules")) {
    const std::string folder = entry.at("folder");
    for (const char* file : {"input.hex", "expected.hex", "care.hex"}) {
      EXPECT_EQ(lines(folder + "/" + file), entry.at("lines").get<int>());
    }
    EXPECT_THAT(files.at(folder + "/care.hex"), testing::Contains(testing::Ge('1')));
    described += manifest.at("formats").at("modules").size();
  }
  EXPECT_EQ(files.size(), described);
}

TEST_F(Vectors, ReplacesVectorsButNothingElse) {
  write("a", 1);
  const Files again = write("a", 2);
  EXPECT_EQ(again, write("b", 2));
  fs::create_directories(folder_ / "c");
  write_file(folder_ / "c" / "precious", "kept");
  EXPECT_THROW(write("c", 1), Error);
  EXPECT_EQ(read(folder_ / "c").size(), 1u);
}

TEST(Bits, LowestBitLastDigit) {
  Bits bits(3, 5);
  bits.push(8, -2);
  EXPECT_EQ(bits.hex(), "7f5");  // 11111110 101
  bits.set(1, Bits(2, 1));
  EXPECT_EQ(bits.hex(), "7f3");
  EXPECT_EQ(Bits::packed(8, std::vector{1, 2, 3}).hex(), "030201");
}

TEST(ModuleTrace, RefusesWhatDoesNotFit) {
  ModuleTrace trace("rs_x", {}, {{"a_i", 2}}, {{"b_o", 3}});
  EXPECT_THROW(trace.cycle({Bits(3, 0)}), Error);
  EXPECT_THROW(trace.expect(0, "c_o", 1), Error);
  EXPECT_THROW(trace.expect(0, "b_o", Bits(2, 1)), Error);
  trace.cycle({Bits(2, 0)});
  trace.expect(1, "b_o", 1);
  EXPECT_THROW(trace.write(fs::path(testing::TempDir()) / "reshift_trace"), Error);
}

}  // namespace
}  // namespace reshift
