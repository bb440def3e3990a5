// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/qnet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/mutations.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

/// A 3x3 convolution of 2 to 4 channels with a residual, a max pooling and a mean.
QNet sample() {
  QNet net;
  net.name = "sample";
  net.preprocess.channels = "BGR";
  net.preprocess.mean = {1, 2, 3};
  net.tensors = {{"image", 2, 6, 6, 0.5, 3},
                 {"skip", 4, 6, 6, 0.25, -128},
                 {"sum", 4, 6, 6, 0.125, -128},
                 {"max", 4, 3, 3, 0.125, -128},
                 {"mean", 4, 1, 1, 0.5, 7}};
  QOp skip;
  skip.name = "skip";
  skip.input = 0;
  skip.output = 1;
  skip.term_values = {1, 0, 0, -64, 0, 0, 2, 4};
  skip.params.assign(4, {5, 100, 7});
  skip.post = {-128, -128, 127};
  QOp sum = skip;
  sum.name = "sum";
  sum.residual = 1;
  sum.output = 2;
  sum.kernel_h = sum.kernel_w = 3;
  sum.pad_top = sum.pad_left = sum.pad_bottom = sum.pad_right = 1;
  sum.terms = 2;
  sum.term_values.assign(4 * 2 * 9 * 2, 8);
  sum.post = {-128, -128, 127, -128, 2 << 16};
  QOp max;
  max.name = "max";
  max.kind = QKind::kMaxPool;
  max.input = 2;
  max.output = 3;
  max.kernel_h = max.kernel_w = max.stride_h = max.stride_w = 2;
  max.post = {-128, -128, 127};
  QOp mean = max;
  mean.name = "mean";
  mean.kind = QKind::kAvgPool;
  mean.input = 3;
  mean.output = 4;
  mean.kernel_h = mean.kernel_w = 3;
  mean.params.assign(4, {1152, 2000, 16});
  mean.post = {7, -128, 127};
  net.ops = {skip, sum, max, mean};
  net.outputs = {{"scores", 4}};
  return net;
}

TEST(QNet, FileKeepsEverything) {
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "qnet_test.net").string();
  const QNet net = sample();
  net.save(path);
  const QNet read = QNet::load(path);
  EXPECT_EQ(to_json(read), to_json(net));
  EXPECT_EQ(read.preprocess, net.preprocess);
  ASSERT_EQ(read.ops.size(), net.ops.size());
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    EXPECT_EQ(read.ops[i].term_values, net.ops[i].term_values);
    EXPECT_EQ(read.ops[i].params, net.ops[i].params);
    EXPECT_EQ(read.ops[i].post, net.ops[i].post);
  }
  EXPECT_EQ(read.ops[1].weight(0), 16);
  write_container(path, "NET", {{"name", "no network"}});
  try {
    QNet::load(path);
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr(path));
  }
  std::filesystem::remove(path);
}

TEST(QNet, EveryDamageWithTheRightChecksum) {
  const std::string path = ::testing::TempDir() + "qnet_damaged.rsq";
  QNet net = sample();
  net.ops.resize(1);
  net.tensors.resize(2);
  net.outputs = {{"skip", 1}};
  net.save(path);
  const auto accepted = read_damaged_content(path, "NET", [&] {
    const QNet read = QNet::load(path);
    quantize_values(read, std::vector<float>(read.tensors[0].size()));
    for (const QOp& op : read.ops) read.macs(op);
  });
  EXPECT_GT(accepted, 0u);  // another weight, another letter of a name
  std::filesystem::remove(path);
}

TEST(QNet, FieldsOfAnotherTypeAreNamed) {
  const auto error_of = [](const std::function<void(nlohmann::json&)>& change) -> std::string {
    auto json = to_json(sample());
    change(json);
    try {
      qnet_from_json(json);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  for (const nlohmann::json& other :
       {nlohmann::json(1e300), nlohmann::json(std::nan("")), nlohmann::json(2.0),
        nlohmann::json("2"), nlohmann::json(INT64_MAX), nlohmann::json(nullptr)}) {
    for (const char* key : {"act_w", "weight_format"}) {
      EXPECT_THAT(error_of([&](auto& j) { j[key] = other; }),
                  HasSubstr(fmt::format("field {} is ", key)));
    }
    for (const char* key : {"groups", "terms", "first_channel"}) {
      EXPECT_THAT(error_of([&](auto& j) { j["ops"][1][key] = other; }),
                  HasSubstr(fmt::format("field {} is ", key)));
    }
    for (const char* key : {"kernel", "stride", "pads", "post", "tensors"}) {
      EXPECT_THAT(error_of([&](auto& j) { j["ops"][1][key][1] = other; }),
                  HasSubstr(fmt::format("field {} is ", key)));
    }
    EXPECT_THAT(error_of([&](auto& j) { j["tensors"][0]["zero"] = other; }),
                HasSubstr("field zero is "));
    EXPECT_THAT(error_of([&](auto& j) { j["tensors"][0]["shape"][2] = other; }),
                HasSubstr("field shape is "));
  }
  EXPECT_THAT(error_of([](auto& j) { j["tensors"][0]["scale"] = NAN; }), HasSubstr("field scale"));
  EXPECT_THAT(error_of([](auto& j) { j["ops"][0]["params"] = "abc"; }),
              HasSubstr("field params is \"abc\", expected a binary value"));
  EXPECT_THAT(error_of([](auto& j) { j["ops"] = 3; }), HasSubstr("field ops is 3"));
  EXPECT_THAT(error_of([](auto& j) { j.erase("name"); }), HasSubstr("field name is missing"));
  EXPECT_THAT(error_of([](auto& j) {
                j["tensors"][0]["shape"] = {65535, 65535, 65535};
              }),
              HasSubstr("image: more than"));
}

/// What reading a network says that was written as it is.
std::string reading_error(const QNet& net) {
  try {
    qnet_from_json(to_json(net));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(QNet, ValidationNamesTheOperation) {
  sample().validate();
  const auto error_of = [](const std::function<void(QNet&)>& change) {
    QNet net = sample();
    change(net);
    return reading_error(net);
  };
  EXPECT_EQ(error_of([](QNet&) {}), "no error");
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].term_values[3] = 3; }), HasSubstr("sum: term 3"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].term_values[3] = 128; }), HasSubstr("sum: term 128"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].term_values.pop_back(); }),
              HasSubstr("sum: 143 terms"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].params.pop_back(); }),
              HasSubstr("skip: 8 terms stored, expected 6"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[3].params.pop_back(); }),
              HasSubstr("mean: channel parameters of 3 channels, expected 4"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].params[2].shift = 48; }), HasSubstr("shift 48"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].groups = 3; }), HasSubstr("skip: 3 groups"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].kernel_h = 9; }), HasSubstr("skip: the kernel"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[2].stride_w = 1; }), HasSubstr("max: output width"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].input = 3; }), HasSubstr("skip: reads tensor 3"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].output = 1; }), HasSubstr("sum: writes tensor 1"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].residual = 0; }), HasSubstr("sum: residual image"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].post.res_factor = 0; }),
              HasSubstr("sum: residual factor 0"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].post.res_factor = (8 << 16) + 1; }),
              HasSubstr("sum: residual factor 524289, must be 1 to 524288"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].post.res_factor = 1; }),
              HasSubstr("skip: the factor of a residual without"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].post.product = true; }),
              HasSubstr("skip: the factor of a residual without"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].post.product = true; }),
              HasSubstr("sum: its residual is both"));
  const auto make_product = [](QNet& n) {
    n.ops[1].post.res_factor = 0;
    n.ops[1].post.product = true;
  };
  EXPECT_THAT(error_of(make_product), HasSubstr("sum: multiplier 100 beside"));
  EXPECT_EQ(error_of([&](QNet& n) {
              make_product(n);
              for (ChannelParams& p : n.ops[1].params) p.mult = 1;
            }),
            "no error");
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].params[1].mult = 65536; }),
              HasSubstr("skip: multiplier 65536 has more than 16 bits"));
  EXPECT_EQ(error_of([](QNet& n) {
              n.mult_w = 32;
              n.ops[0].params[1].mult = 0xffffffff;
              n.ops[0].params[1].shift = 63;
            }),
            "no error");
  EXPECT_THAT(error_of([](QNet& n) { n.mult_w = 20; }), HasSubstr("multipliers of 20 bits"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[1].post.res_zero = 0; }),
              HasSubstr("sum: residual zero"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].post.out_zero = 0; }),
              HasSubstr("skip: zero point 0"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].post.hi = 128; }), HasSubstr("skip: output bounds"));
  EXPECT_THAT(error_of([](QNet& n) { n.tensors[3].scale = 1; }), HasSubstr("max: max pooling"));
}

TEST(QNet, ValidationOfOutputsTablesAndSteps) {
  const auto error_of = [](const std::function<void(QNet&)>& change) {
    QNet net = sample();
    change(net);
    return reading_error(net);
  };
  EXPECT_THAT(error_of([](QNet& n) { n.tensors[0].zero = 128; }),
              HasSubstr("image: zero point 128"));
  EXPECT_THAT(error_of([](QNet& n) { n.act_w = 17; }), HasSubstr("17 bits"));
  EXPECT_THAT(error_of([](QNet& n) { n.outputs[0].tensor = 0; }),
              HasSubstr("output scores, tensor 0"));
  EXPECT_THAT(error_of([](QNet& n) { n.outputs.clear(); }), HasSubstr("no outputs"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].table.assign(255, 0); }),
              HasSubstr("skip: a table of 255 codes, expected 256"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].table.assign(256, 128); }),
              HasSubstr("skip: table entry 128"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].out_stride = 3; }),
              HasSubstr("skip: writes every 3"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].out_row = 1; }), HasSubstr("from row 1"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[0].out_stride = 2; }), HasSubstr("skip: output height"));
}

/// A tensor of 1x2 pixels and one of twice as many rows and columns, by a convolution for each
/// quarter of its pixels.
QNet upsampled() {
  QNet net;
  net.name = "upsampled";
  net.tensors = {{"image", 1, 1, 2, 1.0, 0}, {"large", 1, 2, 4, 1.0, 0}};
  for (int phase = 0; phase < 4; ++phase) {
    QOp op;
    op.name = "phase" + std::to_string(phase);
    op.input = 0;
    op.output = 1;
    op.out_stride = 2;
    op.out_row = phase / 2;
    op.out_column = phase % 2;
    op.term_values = {1};
    op.params = {{0, 1, 0}};
    op.post = {0, -128, 127};
    net.ops.push_back(op);
  }
  net.outputs = {{"large", 1}};
  return net;
}

TEST(QNet, EveryPixelIsWrittenOnce) {
  const QNet net = upsampled();
  EXPECT_EQ(reading_error(net), "no error");
  EXPECT_EQ(net.written(net.ops[1]).width, 2);
  EXPECT_EQ(net.written_size(net.ops[1]), 2u);
  QNet less = net;
  less.ops.pop_back();
  EXPECT_THAT(reading_error(less), HasSubstr("tensor 1"));
  QNet twice = net;
  twice.ops[3].out_row = 0;
  EXPECT_THAT(reading_error(twice), HasSubstr("phase3: writes tensor 1"));
}

/// `sample()` with a tensor of 7 channels in the middle: 4 of "sum" as they are, then 3 of "skip".
QNet sliced() {
  QNet net = sample();
  net.tensors.push_back({"both", 7, 6, 6, 0.125, -128});
  QOp copy = net.ops[2];
  copy.name = "copy";
  copy.output = 5;
  copy.kernel_h = copy.kernel_w = copy.stride_h = copy.stride_w = 1;
  QOp rest = net.ops[0];
  rest.name = "rest";
  rest.input = 1;
  rest.output = 5;
  rest.first_channel = 4;
  rest.term_values.assign(12, 1);
  rest.params.assign(3, {5, 100, 7});
  QOp end = rest;
  end.name = "end";
  end.input = 5;
  end.output = 6;
  end.first_channel = 0;
  end.term_values.assign(14, 1);
  end.params.assign(2, {5, 100, 7});
  net.tensors.push_back({"end", 2, 6, 6, 0.125, -128});
  net.ops.insert(net.ops.begin() + 2, {copy, rest, end});
  return net;
}

TEST(QNet, SlicesOfATensor) {
  const QNet net = sliced();
  net.validate();
  EXPECT_EQ(net.written_channels(net.ops[2]), 4);
  EXPECT_EQ(net.written_size(net.ops[3]), 3u * 36);
  EXPECT_EQ(net.written_offset(net.ops[3]), 4u * 36);
  EXPECT_EQ(net.macs(net.ops[3]), 4 * 3 * 36);
  const QNet read = qnet_from_json(to_json(net));
  EXPECT_EQ(read.ops[2].first_channel, 0);
  EXPECT_EQ(read.ops[3].first_channel, 4);
}

/// `sample()` with a convolution at the end that reads "max" and, as its shortcut, every second
/// pixel of "sum".
QNet with_shortcut() {
  QNet net = sample();
  QOp block = net.ops[0];
  block.name = "block";
  block.input = 3;
  block.shortcut = 2;
  block.shortcut_stride = 2;
  block.output = 5;
  block.term_values.assign(std::size_t{4} * (4 + 4), 2);
  net.tensors.push_back({"block", 4, 3, 3, 0.5, -128});
  net.ops.push_back(block);
  net.outputs = {{"scores", 5}};
  return net;
}

TEST(QNet, Shortcuts) {
  const QNet net = qnet_from_json(to_json(with_shortcut()));
  const QOp& block = net.ops.back();
  EXPECT_EQ(block.shortcut, 2);
  EXPECT_EQ(block.shortcut_stride, 2);
  EXPECT_EQ(net.row_size(block), 8);
  EXPECT_EQ(net.macs(block), 4 * 9 * 8);
  const auto error_of = [](const std::function<void(QOp&)>& change) {
    QNet broken = with_shortcut();
    change(broken.ops.back());
    return reading_error(broken);
  };
  EXPECT_EQ(error_of([](QOp&) {}), "no error");
  EXPECT_THAT(error_of([](QOp& op) { op.shortcut = 5; }), HasSubstr("block: adds tensor 5"));
  EXPECT_THAT(error_of([](QOp& op) { op.shortcut_stride = 1; }),
              HasSubstr("block: output height of the shortcut is 3"));
  EXPECT_THAT(error_of([](QOp& op) { op.shortcut_stride = 0; }), HasSubstr("block: impossible"));
  EXPECT_THAT(error_of([](QOp& op) { op.shortcut = -1; }),
              HasSubstr("block: 32 terms stored, expected 16"));
  EXPECT_THAT(error_of([](QOp& op) { op.kind = QKind::kMaxPool; }),
              HasSubstr("block: pooling has no shortcut"));
}

TEST(QNet, SlicesCoverATensorOnceBeforeItIsRead) {
  const auto error_of = [](const std::function<void(QNet&)>& change) {
    QNet net = sliced();
    change(net);
    return reading_error(net);
  };
  EXPECT_THAT(error_of([](QNet& n) { n.ops[3].first_channel = 3; }),
              HasSubstr("rest: writes tensor 5 from channel 3 on, where an operation before"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[3].first_channel = 5; }),
              HasSubstr("rest: writes 3 channels from 5 on of tensor both, which has 7"));
  EXPECT_THAT(error_of([](QNet& n) { n.ops[3].first_channel = -1; }),
              HasSubstr("rest: writes 3 channels from -1 on"));
  EXPECT_THAT(error_of([](QNet& n) { std::swap(n.ops[3], n.ops[4]); }),
              HasSubstr("end: reads tensor 5, which nothing before it makes"));
  EXPECT_THAT(error_of([](QNet& n) { n.tensors[5].channels = 8; }),
              HasSubstr("end: reads tensor 5, which nothing before it makes"));
  EXPECT_THAT(error_of([](QNet& n) {
                n.ops.erase(n.ops.begin() + 4);  // the only reader
                n.tensors.pop_back();
                n.tensors[5].channels = 8;
              }),
              HasSubstr("sample: not all values of tensor both are made"));
  EXPECT_THAT(error_of([](QNet& n) { n.tensors[5].zero = 0; }), HasSubstr("copy: max pooling"));
}

TEST(QNet, QuantizesValues) {
  QNet net;
  net.tensors = {{"image", 1, 1, 5, 2.0, -100}};
  const std::vector<float> values{0, 3, -1, 1000, -1000};
  EXPECT_THAT(quantize_values(net, values), ::testing::ElementsAre(-100, -98, -101, 127, -128));
}

}  // namespace
}  // namespace reshift
