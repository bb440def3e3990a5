// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "base/json_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/cbor.hpp"
#include "base/error.hpp"
#include "base/file_kind.hpp"
#include "base/mutations.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(JsonFields, IntegersAreIntegersOfTheirRange) {
  const auto int_error = [](const Json& value) {
    return error_of([&] { integer_field<int>({{"size", value}}, "size"); });
  };
  EXPECT_EQ(integer_field<int>({{"size", -5}}, "size"), -5);
  EXPECT_EQ(integer_field<std::uint32_t>({{"size", 4294967295}}, "size"), 4294967295u);
  EXPECT_EQ(integer_field<std::int64_t>({{"size", INT64_MIN}}, "size"), INT64_MIN);
  EXPECT_EQ(int_error(2147483648),
            "field size is 2147483648, expected a whole number, -2147483648 to 2147483647");
  for (const Json& other :
       {Json(1.0), Json(1e300), Json(-1e300), Json(std::nan("")), Json(INFINITY), Json(INT64_MAX),
        Json(UINT64_MAX), Json(INT64_MIN), Json("7"), Json(true), Json(nullptr), Json{1},
        Json{{"a", 1}}, Json::binary({1, 2})}) {
    EXPECT_THAT(int_error(other), HasSubstr("expected a whole number")) << other;
  }
  EXPECT_THAT(error_of([] {
                integer_field<std::uint32_t>({{"size", -1}}, "size");
              }),
              HasSubstr("0 to 4294967295"));
  EXPECT_EQ(error_of([] { integer_field<int>({{"a", 1}}, "size"); }), "field size is missing");
  EXPECT_THAT(error_of([] { integer_field<int>(Json{1, 2}, "size"); }), HasSubstr("no object"));
}

TEST(JsonFields, OtherTypes) {
  const Json json{{"pair", {1, 2}},   {"text", "a"}, {"flag", true},
                  {"nan", NAN},       {"half", 0.5}, {"bytes", Json::binary({1, 2, 3, 0})},
                  {"mixed", {1, 2.5}}};
  EXPECT_EQ((integers_field<int, 2>(json, "pair")), (std::array{1, 2}));
  EXPECT_THAT(error_of([&] { integers_field<int, 3>(json, "pair"); }),
              HasSubstr("count of pair is 2"));
  EXPECT_THAT(error_of([&] { integers_field<int, 2>(json, "mixed"); }),
              HasSubstr("field mixed is 2.5"));
  EXPECT_EQ(text_field(json, "text"), "a");
  EXPECT_EQ(error_of([&] { text_field(json, "pair"); }),
            "field pair is of type array, expected a text");
  EXPECT_TRUE(flag_field(json, "flag"));
  EXPECT_THAT(error_of([&] { flag_field(json, "half"); }), HasSubstr("true or false"));
  EXPECT_EQ(number_field(json, "half"), 0.5);
  EXPECT_THAT(error_of([&] { number_field(json, "nan"); }), HasSubstr("a finite number"));
  EXPECT_EQ(numbers_field<std::int16_t>(json, "bytes"), (std::vector<std::int16_t>{513, 3}));
  EXPECT_THAT(error_of([&] { numbers_field<std::array<char, 3>>(json, "bytes"); }),
              HasSubstr("multiple of 3"));
  EXPECT_THAT(error_of([&] { numbers_field<int>(json, "text"); }), HasSubstr("a binary value"));
  EXPECT_THAT(error_of([&] { array_field(json, "text"); }), HasSubstr("an array"));
  EXPECT_THAT(error_of([&] { field(Json{1}, 1); }), HasSubstr("entry 1"));
}

TEST(ParseJson, LimitsDepthAndSize) {
  const auto parse = [](const std::string& text) { return parse_json("a.json", as_bytes(text)); };
  EXPECT_EQ(parse("\xEF\xBB\xBF{\"a\":\r\n\t[1]}").at("a").at(0), 1);
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  parse(nested(kMostNesting));
  EXPECT_EQ(error_of([&] { parse(nested(1'000'000)); }), "a.json: nested deeper than 64 levels");
  EXPECT_THAT(error_of([&] { parse(std::string(1'000'000, '[')); }), HasSubstr("nested"));
  std::string many = "[";
  for (std::size_t i = 0; i <= kMostValues; ++i) many += "1,";
  EXPECT_THAT(error_of([&] { parse(many + "1]"); }), HasSubstr("values"));
  EXPECT_THAT(error_of([&] { parse("hello"); }), HasSubstr("a.json: not JSON but text"));
  EXPECT_THAT(error_of([&] { parse("\x89PNG\r\n\x1A\n"); }), HasSubstr("a PNG image"));
}

TEST(ParseJson, EveryDamage) {
  const auto text = as_bytes(
      R"({"channels": "RGB", "list": [1, -2.5e3, true, null, "\u00e9\ud83d\ude00"], "o": {}})");
  const auto accepted =
      read_damaged(text, [](const auto& bytes) { json_text(parse_json("a.json", bytes)); });
  EXPECT_GT(accepted, 0u);
}

TEST(JsonText, NamesOfAnyEncoding) {
  const std::string text = json_text({{"name", "caf\xE9.png"}}, -1);
  EXPECT_EQ(text, "{\"name\":\"caf\xEF\xBF\xBD.png\"}");
  EXPECT_EQ(json_text({{"name", "caf\xC3\xA9.png"}}, -1), "{\"name\":\"caf\xC3\xA9.png\"}");
}

TEST(CheckCbor, AcceptsWhatTheLibraryWrites) {
  const Json json{
      {"text", "caf\xC3\xA9"},
      {"numbers", {0, 23, 24, 255, 256, 65536, 1ull << 40, -1, -500, 1.5, 1e300, true, nullptr}},
      {"binary", Json::binary(std::vector<std::uint8_t>(70000, 7))},
      {"nested", {{"a", {{"b", Json::array()}}}}}};
  const auto bytes = Json::to_cbor(json);
  check_cbor(bytes);
  EXPECT_EQ(Json::from_cbor(bytes), json);
}

TEST(CheckCbor, RefusesWhatWouldHarm) {
  const auto error = [](std::vector<std::uint8_t> bytes) {
    return error_of([&] { check_cbor(bytes); });
  };
  using Bytes = std::vector<std::uint8_t>;
  for (const std::uint8_t opening : {0x81, 0xA1}) {  // arrays and maps of one, each in the other
    EXPECT_THAT(error(Bytes(2'000'000, opening)), HasSubstr("nested deeper"));
  }
  for (const std::uint8_t opening : {0x9F, 0xBF, 0x7F, 0x5F}) {  // without a length
    EXPECT_THAT(error(Bytes(2'000'000, opening)), HasSubstr("not used"));
  }
  EXPECT_THAT(error(Bytes(2'000'000, 0xC1)), HasSubstr("tag"));
  EXPECT_THAT(error({0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), HasSubstr("entries"));
  EXPECT_THAT(error({0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), HasSubstr("entries"));
  EXPECT_THAT(error({0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), HasSubstr("left"));
  EXPECT_THAT(error({0x01, 0x01}), HasSubstr("behind"));
  EXPECT_THAT(error({}), HasSubstr("left"));
  Bytes many{0x9A, 0x02, 0, 0, 0};
  many.resize(many.size() + (std::size_t{2} << 24), 0x01);
  EXPECT_THAT(error(many), HasSubstr("values"));
}

TEST(DescribeContent, ByItsFirstBytes) {
  const auto describe = [](std::string_view text) { return describe_content(as_bytes(text)); };
  using namespace std::string_view_literals;
  EXPECT_EQ(describe(""), "an empty file");
  EXPECT_EQ(describe("RIFF\x10\0\0\0WEBPVP8 "sv), "a WebP image");
  EXPECT_EQ(describe("\0\0\0\x0CjP  \r\n\x87\n"sv), "a JPEG 2000 image");
  EXPECT_EQ(describe("\x1C\0\0\0TFL3"sv), "a TensorFlow Lite network");
  EXPECT_EQ(describe("PK\x03\x04"), "a ZIP archive (PyTorch, Keras and NumPy's .npz are such)");
  EXPECT_EQ(describe("\x08\x07\x12\x07pytorch"), "an ONNX network");
  EXPECT_EQ(describe("RSHIFT\r\nPROGRAM \1\0"sv), "a program of `reshift compile`");
  EXPECT_EQ(describe(" {\"a\": 1}"), "JSON");
  EXPECT_EQ(describe("name 1\n"), "text");
  EXPECT_EQ(describe("\1\2\3"), "something of an unknown format");
  EXPECT_EQ(describe_json({{"top1", 1}}), "the result of `reshift eval`");
  EXPECT_EQ(describe_json(Json{1}), "JSON of another kind");
}

}  // namespace
}  // namespace reshift
