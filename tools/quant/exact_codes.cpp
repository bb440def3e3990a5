// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_codes.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace reshift {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

int ExactCodes::append(QTensor tensor, int lowest, int highest) {
  net_.tensors.push_back(std::move(tensor));
  ranges_.emplace_back(lowest, highest);
  makers_.push_back(-1);
  return static_cast<int>(net_.tensors.size()) - 1;
}

void ExactCodes::append(QOp op) {
  makers_[index(op.output)] = static_cast<int>(net_.ops.size());
  net_.ops.push_back(std::move(op));
}

std::vector<float> ExactCodes::values(const Codes& codes) const {
  if (!codes.seen.empty()) return codes.seen;
  const QTensor& t = tensor(codes.tensor);
  std::vector<float> result;
  for (int code = code_min(net_.act_w); code <= code_max(net_.act_w); ++code)
    result.push_back(static_cast<float>(code - t.zero) * static_cast<float>(t.scale));
  return result;
}

CodeTable ExactCodes::nearest(const Codes& codes, const OutputCodes& out) const {
  CodeTable table;
  for (const float value : values(codes)) {
    const float steps = value / static_cast<float>(out.scale);
    const float rounded =
        out.round == RoundMode::kHalfAway ? std::round(steps) : std::nearbyint(steps);
    table.push_back(static_cast<std::int16_t>(
        std::clamp<double>(double{rounded} + out.zero, out.lowest, out.highest)));
  }
  return table;
}

bool ExactCodes::keeps(const Codes& codes, const CodeTable& table, const OutputCodes& out) const {
  const auto before = values(codes);
  const auto [lowest, highest] = range(codes.tensor);
  for (int code = lowest; code <= highest; ++code) {
    const std::size_t i = index(code - code_min(net_.act_w));
    if (static_cast<float>(table[i] - out.zero) * static_cast<float>(out.scale) != before[i])
      return false;
  }
  return true;
}

/// The operation that makes all codes, when nothing else needs them and they can go through a
/// table; or null.
QOp* ExactCodes::maker(const Codes& codes) {
  const int number = makers_[index(codes.tensor)];
  if (!codes.sole || number < 0 || net_.ops[index(number)].kind == QKind::kMaxPool) return nullptr;
  return &net_.ops[index(number)];
}

/// Sends the codes of their own operation, or of a copy, through a table into a tensor.
QOp& ExactCodes::write(const Codes& from, const CodeTable& table, int to, const std::string& name) {
  QOp* own = maker(from);
  if (own && send_through(*own, table, to)) return *own;
  const QTensor& in = tensor(from.tensor);
  QOp copy;
  copy.name = name;
  copy.input = from.tensor;
  copy.groups = in.channels;
  copy.term_values.assign(index(in.channels), 1);
  copy.params.assign(index(in.channels), {-tensor(to).zero, 1, 0});
  copy.post.out_zero = tensor(to).zero;
  std::tie(copy.post.lo, copy.post.hi) = range(from.tensor);
  send_through(copy, table, to);
  net_.ops.push_back(std::move(copy));
  return net_.ops.back();
}

int ExactCodes::map(const Codes& from, const CodeTable& table, QTensor to) {
  const auto [lowest, highest] = range(from.tensor);
  const auto first = table.begin() + (lowest - code_min(net_.act_w));
  const auto [least, most] = std::minmax_element(first, first + (highest - lowest + 1));
  const std::string name = to.name;
  const int output = append(std::move(to), *least, *most);
  const QOp& op = write(from, table, output, name);
  makers_[index(output)] = static_cast<int>(&op - net_.ops.data());
  return output;
}

void ExactCodes::write_slice(const Codes& from, const CodeTable& table, int to, const Node& node) {
  QOp& op = write(from, table, to, node.name);
  op.first_channel = node.first_channel;
  op.out_stride = node.out_stride;
  op.out_row = node.out_row;
  op.out_column = node.out_column;
}

/// The zero point of the output is added before the table, so that the codes that enter it are
/// shifted, and what is the same at both ends is left to the bounds. False when they do not fit.
bool ExactCodes::send_through(QOp& op, const CodeTable& table, int to) const {
  const int lowest = code_min(net_.act_w), highest = code_max(net_.act_w);
  const auto through = [&](int code) {
    const int entered = op.table.empty() ? code : op.table[index(code - lowest)];
    return table[index(entered - lowest)];
  };
  int lo = op.post.lo, hi = op.post.hi;
  while (lo < hi && through(lo) == through(lo + 1)) ++lo;
  while (lo < hi && through(hi) == through(hi - 1)) --hi;
  const int shift = tensor(to).zero - op.post.out_zero;
  if (lo + shift < lowest || hi + shift > highest) return false;
  CodeTable made;
  bool is_needed = false;
  for (int code = lowest; code <= highest; ++code) {
    made.push_back(through(std::clamp(code - shift, lo, hi)));
    is_needed = is_needed || (code - shift >= lo && code - shift <= hi && made.back() != code);
  }
  op.table = is_needed ? std::move(made) : CodeTable();
  op.post.lo = lo + shift;
  op.post.hi = hi + shift;
  op.post.out_zero += shift;
  op.output = to;
  return true;
}

QNet ExactCodes::finish(std::vector<NetOutput> outputs) {
  net_.outputs = std::move(outputs);
  remove_unused();
  net_.mult_w = least_mult_w();
  net_.validate();
  return std::move(net_);
}

/// Bits of a multiplier that all factors have room in; 1 where every scale is a shift.
int ExactCodes::least_mult_w() const {
  const auto all_fit = [&](int mult_w) {
    return std::all_of(net_.ops.begin(), net_.ops.end(), [&](const QOp& op) {
      return std::all_of(op.params.begin(), op.params.end(), [&](const ChannelParams& p) {
        return p.mult >> mult_w == 0 && p.shift <= max_shift(mult_w);
      });
    });
  };
  const bool shifts_only = std::all_of(net_.ops.begin(), net_.ops.end(), [](const QOp& op) {
    return !op.post.product && (op.post.res_factor & (op.post.res_factor - 1)) == 0;
  });
  if (shifts_only && all_fit(1)) return 1;
  return all_fit(16) ? 16 : net_.mult_w;
}

void ExactCodes::remove_unused() {
  std::vector<bool> needed(net_.tensors.size(), false);
  needed[0] = true;
  for (const NetOutput& o : net_.outputs) needed[index(o.tensor)] = true;
  std::vector<QOp> ops;
  for (auto op = net_.ops.rbegin(); op != net_.ops.rend(); ++op) {
    if (!needed[index(op->output)]) continue;
    for (const int t : {op->input, op->shortcut, op->residual}) {
      if (t >= 0) needed[index(t)] = true;
    }
    ops.push_back(std::move(*op));
  }
  std::reverse(ops.begin(), ops.end());
  std::vector<int> number(net_.tensors.size(), -1);
  std::vector<QTensor> tensors;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    number[i] = static_cast<int>(tensors.size());
    tensors.push_back(std::move(net_.tensors[i]));
  }
  for (QOp& op : ops) {
    for (int* t : {&op.input, &op.shortcut, &op.residual, &op.output}) {
      if (*t >= 0) *t = number[index(*t)];
    }
  }
  for (NetOutput& o : net_.outputs) o.tensor = number[index(o.tensor)];
  net_.ops = std::move(ops);
  net_.tensors = std::move(tensors);
}

}  // namespace reshift
