// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/qnet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/json_fields.hpp"

namespace reshift {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kKindNames{"conv", "max_pool", "avg_pool"};
constexpr std::array<std::string_view, 3> kRoundNames{"half_up", "half_even", "half_away"};
constexpr int kMaxDimension = 65535;  // what a descriptor can say
constexpr int kMaxTensors = 65536;
constexpr std::size_t kMaxValues = std::size_t{1} << 30;  // of a tensor
constexpr int kMaxRow = 1 << 30;                          // weights of an output channel

/// The enumerator with this name; `what` says what they are.
template <typename Enum>
Enum from_name(const std::array<std::string_view, 3>& names, const std::string& name,
               const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error("unknown {} \"{}\"", what, name);
  return static_cast<Enum>(found - names.begin());
}

Json op_to_json(const QOp& op) {
  std::vector<std::int32_t> params;
  for (const ChannelParams& p : op.params) {
    params.insert(params.end(), {p.bias, static_cast<std::int32_t>(p.mult), p.shift});
  }
  return {{"name", op.name},
          {"kind", to_string(op.kind)},
          {"tensors", {op.input, op.residual, op.output}},
          {"first_channel", op.first_channel},
          {"write", {op.out_stride, op.out_row, op.out_column}},
          {"table", pack_numbers<std::int16_t>(op.table)},
          {"kernel", {op.kernel_h, op.kernel_w}},
          {"stride", {op.stride_h, op.stride_w}},
          {"dilation", {op.dilation_h, op.dilation_w}},
          {"pads", {op.pad_top, op.pad_left, op.pad_bottom, op.pad_right}},
          {"groups", op.groups},
          {"shortcut", {op.shortcut, op.shortcut_stride}},
          {"terms", op.terms},
          {"term_values", pack_numbers<std::int16_t>(op.term_values)},
          {"params", pack_numbers<std::int32_t>(params)},
          {"post", {op.post.out_zero, op.post.lo, op.post.hi, op.post.res_zero}},
          {"res_factor", op.post.res_factor},
          {"round", kRoundNames.at(static_cast<std::size_t>(op.post.round))},
          {"product", op.post.product},
          {"early", op.post.early},
          {"in_cut", op.in_cut}};
}

QOp op_from_json(const Json& j) {
  QOp op;
  op.name = text_field(j, "name");
  op.kind = from_name<QKind>(kKindNames, text_field(j, "kind"), "kind of operation");
  const auto assign = [&j](const char* key, std::initializer_list<int*> members) {
    const Json& values = array_field(j, key);
    if (values.size() != members.size()) throw Error("{} has {} numbers", key, values.size());
    std::size_t i = 0;
    for (int* member : members) *member = to_integer<int>(values[i++], key);
  };
  assign("tensors", {&op.input, &op.residual, &op.output});
  assign("kernel", {&op.kernel_h, &op.kernel_w});
  assign("stride", {&op.stride_h, &op.stride_w});
  assign("dilation", {&op.dilation_h, &op.dilation_w});
  assign("pads", {&op.pad_top, &op.pad_left, &op.pad_bottom, &op.pad_right});
  assign("shortcut", {&op.shortcut, &op.shortcut_stride});
  assign("write", {&op.out_stride, &op.out_row, &op.out_column});
  op.table = numbers_field<std::int16_t>(j, "table");
  assign("post", {&op.post.out_zero, &op.post.lo, &op.post.hi, &op.post.res_zero});
  op.post.res_factor = integer_field<std::uint32_t>(j, "res_factor");
  op.post.round = from_name<RoundMode>(kRoundNames, text_field(j, "round"), "rounding mode");
  op.post.product = flag_field(j, "product");
  // Not in files of before they were there.
  if (j.contains("early")) op.post.early = integer_field<int>(j, "early");
  if (j.contains("in_cut")) op.in_cut = integer_field<int>(j, "in_cut");
  op.first_channel = integer_field<int>(j, "first_channel");
  op.groups = integer_field<int>(j, "groups");
  op.terms = integer_field<int>(j, "terms");
  op.term_values = numbers_field<std::int16_t>(j, "term_values");
  const auto params = numbers_field<std::int32_t>(j, "params");
  if (params.size() % 3 != 0) throw Error("operation {}: incomplete channel parameters", op.name);
  for (std::size_t i = 0; i < params.size(); i += 3) {
    if (params[i + 2] < 0 || params[i + 2] > 255) {
      throw Error("operation {}: shift {} of channel {} out of range", op.name, params[i + 2],
                  i / 3);
    }
    op.params.push_back({params[i], static_cast<std::uint32_t>(params[i + 1]),
                         static_cast<std::uint8_t>(params[i + 2])});
  }
  return op;
}

/// Throws Error about `name` unless the condition holds.
template <typename... Args>
void require(bool condition, const std::string& name, fmt::format_string<Args...> format,
             Args&&... args) {
  if (!condition) throw Error("{}: {}", name, fmt::format(format, std::forward<Args>(args)...));
}

void validate_extent(const std::string& name, const char* axis, int in, int out, int kernel,
                     int stride, int dilation, int pad_before, int pad_after) {
  require(kernel >= 1 && stride >= 1 && dilation >= 1 && pad_before >= 0 && pad_after >= 0 &&
              kernel <= kMaxDimension && stride <= kMaxDimension && dilation <= kMaxDimension &&
              pad_before <= kMaxDimension && pad_after <= kMaxDimension,
          name, "impossible kernel, stride, dilation or padding ({})", axis);
  const std::int64_t span = std::int64_t{dilation} * (kernel - 1) + 1;
  const std::int64_t padded = std::int64_t{in} + pad_before + pad_after;
  require(span <= padded, name, "the kernel covers {} pixels of {}, the padded input has {}", span,
          axis, padded);
  const std::int64_t expected = (padded - span) / stride + 1;
  require(out == expected, name, "output {} is {}, its input and kernel give {}", axis, out,
          expected);
}

void validate_shortcut(const QNet& net, const QOp& op, const std::string& where) {
  const QShape out = net.written(op);
  require(op.kind == QKind::kConv, where, "pooling has no shortcut");
  const QTensor& shortcut = net.tensors[static_cast<std::size_t>(op.shortcut)];
  validate_extent(where, "height of the shortcut", shortcut.height, out.height, 1,
                  op.shortcut_stride, 1, 0, 0);
  validate_extent(where, "width of the shortcut", shortcut.width, out.width, 1, op.shortcut_stride,
                  1, 0, 0);
}

std::string describe_terms(int format) {
  if (is_power_of_two(format))
    return fmt::format("not zero or a signed power of two below 2^{}", format);
  if (format == kHalfOctave) return "not zero or a signed half-octave, 2, 3, 4, 6, 8, 12 or 16";
  if (format == kDigits) return "not -8 to 7, or 16 times -8 to 8";
  return fmt::format("more than {} bits", weight_bits(format));
}

void validate_weights(const QNet& net, const QOp& op, const std::string& where) {
  const QTensor& in = net.tensors[static_cast<std::size_t>(op.input)];
  const int written = net.written_channels(op);
  require(op.groups >= 1 && in.channels % op.groups == 0 && written % op.groups == 0, where,
          "{} groups do not divide {} input and {} output channels", op.groups, in.channels,
          written);
  require(op.terms >= 1 && op.terms <= 16, where, "{} terms a weight, expected 1 to 16", op.terms);
  require(std::int64_t{in.channels / op.groups} * op.kernel_h * op.kernel_w <= kMaxRow, where,
          "more than {} weights an output", kMaxRow);
  const std::size_t weights =
      static_cast<std::size_t>(written) * static_cast<std::size_t>(net.row_size(op));
  require(op.term_values.size() == weights * static_cast<std::size_t>(op.terms), where,
          "{} terms stored, expected {} for {} weights", op.term_values.size(),
          weights * static_cast<std::size_t>(op.terms), weights);
  for (const std::int16_t value : op.term_values) {
    if (term_fits(value, net.weight_format)) continue;  // the text takes longer than the test
    require(false, where, "term {}: {}", value, describe_terms(net.weight_format));
  }
}

void validate_residual(const QNet& net, const QOp& op, const std::string& where) {
  if (op.residual < 0) {
    require(!op.post.reads_residual(), where, "the factor of a residual without a residual");
    return;
  }
  const QTensor& out = net.tensors[static_cast<std::size_t>(op.output)];
  const int written = net.written_channels(op);
  const QTensor& residual = net.tensors[static_cast<std::size_t>(op.residual)];
  const bool one_pixel = residual.height == 1 && residual.width == 1;
  require(residual.channels == written &&
              (one_pixel || (residual.height == out.height && residual.width == out.width)),
          where, "residual {} is {}x{}x{}, the output {}x{}x{}", residual.name, residual.channels,
          residual.height, residual.width, written, out.height, out.width);
  if (op.post.product) {
    require(op.post.res_factor == 0, where, "its residual is both added and a factor");
    for (const ChannelParams& p : op.params) {
      require(p.mult == 1, where, "multiplier {} beside the one that its residual is", p.mult);
    }
  } else {
    require(op.post.res_factor > 0 && op.post.res_factor <= max_res_factor(net.act_w), where,
            "residual factor {}, must be 1 to {}", op.post.res_factor, max_res_factor(net.act_w));
  }
  require(op.post.res_zero == residual.zero, where, "residual zero point {}, its tensor has {}",
          op.post.res_zero, residual.zero);
}

void validate_requantising(const QNet& net, const QOp& op, const std::string& where) {
  require(op.post.early >= 0 && op.post.early <= kMostEarly, where,
          "early rounding {}, expected 0 to {}", op.post.early, kMostEarly);
  require(op.in_cut >= 0 && op.in_cut < 1 << net.act_w, where, "codes cut by {}, of {} bits",
          op.in_cut, net.act_w);
  require(op.post.early == 0 || op.kind != QKind::kMaxPool, where, "max pooling is not rounded");
}

void validate_op(const QNet& net, const QOp& op) {
  const std::string where = fmt::format("operation {}", op.name);
  const QTensor& in = net.tensors[static_cast<std::size_t>(op.input)];
  const QTensor& out = net.tensors[static_cast<std::size_t>(op.output)];
  require((op.out_stride == 1 || op.out_stride == 2) && op.out_row >= 0 && op.out_column >= 0 &&
              op.out_row < op.out_stride && op.out_column < op.out_stride &&
              op.out_row < out.height && op.out_column < out.width,
          where, "writes every {} pixels of tensor {} from row {}, column {} on", op.out_stride,
          out.name, op.out_row, op.out_column);
  const auto [written, height, width] = net.written(op);
  validate_extent(where, "height", in.height, height, op.kernel_h, op.stride_h, op.dilation_h,
                  op.pad_top, op.pad_bottom);
  validate_extent(where, "width", in.width, width, op.kernel_w, op.stride_w, op.dilation_w,
                  op.pad_left, op.pad_right);
  const auto channels = static_cast<std::size_t>(written);
  require(op.first_channel >= 0 && written >= 1 && op.first_channel <= out.channels - written,
          where, "writes {} channels from {} on of tensor {}, which has {}", written,
          op.first_channel, out.name, out.channels);
  if (op.shortcut >= 0) validate_shortcut(net, op, where);
  if (op.kind == QKind::kConv) {
    validate_weights(net, op, where);
  } else {
    require(op.term_values.empty() && op.groups == 1, where, "pooling has no weights or groups");
  }
  require(op.params.size() == (op.kind == QKind::kMaxPool ? 0 : channels), where,
          "channel parameters of {} channels, expected {}", op.params.size(), channels);
  for (const ChannelParams& p : op.params) {
    require(p.shift <= max_shift(net.mult_w), where,
            "shift {}, at most {} beside {}-bit multipliers", p.shift, max_shift(net.mult_w),
            net.mult_w);
    require(p.mult < std::uint64_t{1} << net.mult_w, where, "multiplier {} has more than {} bits",
            p.mult, net.mult_w);
  }
  require(
      net.mult_w > 1 || (!op.post.product && (op.post.res_factor & (op.post.res_factor - 1)) == 0),
      where, "a product, or a residual factor that is no power of two, beside 1-bit multipliers");
  if (op.kind == QKind::kMaxPool) {
    require(!op.table.empty() || (in.scale == out.scale && in.zero == out.zero), where,
            "max pooling cannot change scale or zero point");
    require(op.residual < 0, where, "max pooling cannot have a residual");
    require(op.pad_top < op.dilation_h * op.kernel_h && op.pad_left < op.dilation_w * op.kernel_w,
            where, "a window of max pooling lies in the padding");
  }
  require(op.post.lo <= op.post.hi && op.post.lo >= code_min(net.act_w) &&
              op.post.hi <= code_max(net.act_w),
          where, "output bounds {} to {} are not codes in order", op.post.lo, op.post.hi);
  validate_requantising(net, op, where);
  const auto codes = std::size_t{1} << net.act_w;
  require(op.table.empty() || op.table.size() == codes, where, "a table of {} codes, expected {}",
          op.table.size(), codes);
  for (const std::int16_t code : op.table) {
    require(code >= code_min(net.act_w) && code <= code_max(net.act_w), where,
            "table entry {} is not a code of {} bits", code, net.act_w);
  }
  require(op.post.out_zero == out.zero, where, "zero point {}, its output tensor has {}",
          op.post.out_zero, out.zero);
  validate_residual(net, op, where);
}

/// Which values of the tensors are made: of each channel its pixels by the parities of row and
/// column.
class Made {
 public:
  explicit Made(const std::vector<QTensor>& tensors) {
    for (const QTensor& t : tensors) {
      // A single row or column has no odd ones.
      all_.push_back((t.height == 1 ? 3u : 15u) & (t.width == 1 ? 5u : 15u));
      const bool image = parts_.empty();
      parts_.emplace_back(static_cast<std::size_t>(t.channels), image ? all_.back() : 0);
    }
  }

  bool whole(int tensor) const {
    const auto i = static_cast<std::size_t>(tensor);
    return std::all_of(parts_[i].begin(), parts_[i].end(),
                       [&](unsigned made) { return made == all_[i]; });
  }

  /// False: another operation wrote there.
  bool add(const QOp& op, int channels) {
    const auto i = static_cast<std::size_t>(op.output);
    const unsigned part = op.out_stride == 1 ? all_[i] : 1u << (2 * op.out_row + op.out_column);
    auto at = parts_[i].begin() + std::ptrdiff_t{op.first_channel};
    for (const auto end = at + channels; at != end; ++at) {
      if ((*at & part) != 0) return false;
      *at |= part;
    }
    return true;
  }

 private:
  std::vector<unsigned> all_;                 ///< by tensor
  std::vector<std::vector<unsigned>> parts_;  ///< [tensor][channel]
};

}  // namespace

std::string_view to_string(QKind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

int QNet::written_channels(const QOp& op) const {
  return op.kind == QKind::kConv ? static_cast<int>(op.params.size())
                                 : tensors[static_cast<std::size_t>(op.input)].channels;
}

int QNet::row_size(const QOp& op) const {
  const auto channels = [&](int t) { return tensors[static_cast<std::size_t>(t)].channels; };
  return channels(op.input) / op.groups * op.kernel_h * op.kernel_w +
         (op.shortcut < 0 ? 0 : channels(op.shortcut));
}

QShape QNet::written(const QOp& op) const {
  const QTensor& out = tensors[static_cast<std::size_t>(op.output)];
  return {written_channels(op), (out.height - op.out_row - 1) / op.out_stride + 1,
          (out.width - op.out_column - 1) / op.out_stride + 1};
}

std::size_t QNet::written_size(const QOp& op) const {
  const QShape size = written(op);
  return static_cast<std::size_t>(size.channels) * static_cast<std::size_t>(size.height) *
         static_cast<std::size_t>(size.width);
}

std::size_t QNet::written_offset(const QOp& op) const {
  const QTensor& out = tensors[static_cast<std::size_t>(op.output)];
  return static_cast<std::size_t>(op.first_channel) * static_cast<std::size_t>(out.height) *
         static_cast<std::size_t>(out.width);
}

std::int64_t QNet::macs(const QOp& op) const {
  return op.kind == QKind::kConv ? static_cast<std::int64_t>(written_size(op)) * row_size(op) : 0;
}

void QNet::validate() const {
  require(act_w >= 6 && act_w <= 16, name, "activations of {} bits, expected 6 to 16", act_w);
  require(weight_format >= 1 && (weight_format <= kDigits || is_multiplier(weight_format)) &&
              weight_format <= 128 + 16,
          name, "weight format {}, expected 1 to {}, or 129 to 144", weight_format, kDigits);
  require(mult_w == 1 || mult_w == 16 || mult_w == 32, name,
          "multipliers of {} bits, expected 1, 16 or 32", mult_w);
  require(!tensors.empty() && tensors.size() <= kMaxTensors, name, "{} tensors, expected 1 to {}",
          tensors.size(), kMaxTensors);
  for (const QTensor& t : tensors) {
    const std::string where = fmt::format("tensor {}", t.name);
    for (const int extent : {t.channels, t.height, t.width}) {
      require(extent >= 1 && extent <= kMaxDimension, where, "impossible shape {}x{}x{}",
              t.channels, t.height, t.width);
    }
    require(t.size() <= kMaxValues, where, "more than {} values", kMaxValues);
    require(t.scale > 0 && std::isfinite(t.scale), where, "scale {}", t.scale);
    require(t.zero >= code_min(act_w) && t.zero <= code_max(act_w), where,
            "zero point {} is not a code of {} bits", t.zero, act_w);
  }
  const int count = static_cast<int>(tensors.size());
  Made made(tensors);
  const auto is_known = [&](int i) { return i >= 0 && i < count && made.whole(i); };
  for (const QOp& op : ops) {
    const std::string where = fmt::format("operation {}", op.name);
    require(is_known(op.input), where, "reads tensor {}, which nothing before it makes", op.input);
    for (const int added : {op.shortcut, op.residual}) {
      require(added == -1 || is_known(added), where,
              "adds tensor {}, which nothing before it makes", added);
    }
    require(op.output > 0 && op.output < count, where, "writes tensor {}, which is not a new one",
            op.output);
    validate_op(*this, op);
    require(made.add(op, written_channels(op)), where,
            "writes tensor {} from channel {} on, where an operation before it did", op.output,
            op.first_channel);
  }
  require(!outputs.empty(), name, "no outputs");
  for (const NetOutput& o : outputs) {
    require(is_known(o.tensor) && o.tensor > 0, name, "no operation makes output {}, tensor {}",
            o.name, o.tensor);
  }
  for (int i = 0; i < count; ++i) {
    require(is_known(i), name, "not all values of tensor {} are made",
            tensors[static_cast<std::size_t>(i)].name);
  }
}

std::vector<std::int32_t> quantize_values(const QNet& net, std::span<const float> values) {
  const QTensor& input = net.tensors.at(0);
  std::vector<std::int32_t> codes;
  codes.reserve(values.size());
  for (const float value : values) {
    const double code = std::round(value / input.scale) + input.zero;
    codes.push_back(static_cast<std::int32_t>(
        std::clamp<double>(code, code_min(net.act_w), code_max(net.act_w))));
  }
  return codes;
}

std::vector<float> real_values(const QTensor& tensor, std::span<const std::int32_t> codes) {
  std::vector<float> values(codes.size());
  std::transform(codes.begin(), codes.end(), values.begin(), [&](std::int32_t code) {
    return static_cast<float>(tensor.scale * (code - tensor.zero));
  });
  return values;
}

nlohmann::json to_json(const QNet& net) {
  Json tensors = Json::array(), ops = Json::array(), outputs = Json::array();
  for (const NetOutput& o : net.outputs)
    outputs.push_back({{"name", o.name}, {"tensor", o.tensor}});
  for (const QTensor& t : net.tensors) {
    tensors.push_back({{"name", t.name},
                       {"shape", {t.channels, t.height, t.width}},
                       {"scale", t.scale},
                       {"zero", t.zero}});
  }
  for (const QOp& op : net.ops) ops.push_back(op_to_json(op));
  return {{"name", net.name},
          {"act_w", net.act_w},
          {"weight_format", net.weight_format},
          {"mult_w", net.mult_w},
          {"preprocess", to_json(net.preprocess)},
          {"tensors", tensors},
          {"ops", ops},
          {"outputs", outputs},
          {"tail", to_json(net.tail)}};
}

QNet qnet_from_json(const nlohmann::json& json) {
  QNet net;
  try {
    net.name = text_field(json, "name");
    net.act_w = integer_field<int>(json, "act_w");
    net.weight_format = integer_field<int>(json, "weight_format");
    net.mult_w = integer_field<int>(json, "mult_w");
    net.preprocess = preprocess_from_json(field(json, "preprocess"));
    for (const Json& j : array_field(json, "tensors")) {
      const auto shape = integers_field<int, 3>(j, "shape");
      net.tensors.push_back({text_field(j, "name"), shape[0], shape[1], shape[2],
                             number_field(j, "scale"), integer_field<int>(j, "zero")});
    }
    for (const Json& j : array_field(json, "ops")) net.ops.push_back(op_from_json(j));
    for (const Json& j : array_field(json, "outputs")) {
      net.outputs.push_back({text_field(j, "name"), integer_field<int>(j, "tensor")});
    }
    net.tail = host_tail_from_json(field(json, "tail"));
  } catch (const std::exception& e) {
    throw Error("not a network: {}", e.what());
  }
  net.validate();
  return net;
}

void QNet::save(const std::string& path) const {
  validate();
  write_container(path, "NET", to_json(*this));
}

QNet QNet::load(const std::string& path) {
  try {
    return qnet_from_json(read_container(path, "NET"));
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error("{}", message.starts_with(path) ? message : fmt::format("{}: {}", path, message));
  }
}

}  // namespace reshift
