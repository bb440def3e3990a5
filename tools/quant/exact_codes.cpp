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

QOp& ExactCodes::maker_or_copy(const Codes& codes, const std::string& name) {
  if (QOp* op = maker(codes)) return *op;
  const QTensor& t = tensor(codes.tensor);
  QOp op;
  op.name = name;
  op.input = codes.tensor;
  op.groups = t.channels;
  op.term_values.assign(index(t.channels), 1);
  op.params.assign(index(t.channels), {-t.zero, 1, 0});
  op.post.out_zero = t.zero;
  std::tie(op.post.lo, op.post.hi) = range(codes.tensor);
  net_.ops.push_back(std::move(op));
  return net_.ops.back();
}

int ExactCodes::map(const Codes& from, const CodeTable& table, QTensor to) {
  const auto [lowest, highest] = range(from.tensor);
  const auto first = table.begin() + (lowest - code_min(net_.act_w));
  const auto [least, most] = std::minmax_element(first, first + (highest - lowest + 1));
  const std::string name = to.name;
  const int output = append(std::move(to), *least, *most);
  QOp& op = maker_or_copy(from, name);
  makers_[index(output)] = static_cast<int>(&op - net_.ops.data());
  send_through(op, table, output);
  return output;
}

void ExactCodes::write_slice(const Codes& from, const CodeTable& table, int to, const Node& node) {
  QOp& op = maker_or_copy(from, node.name);
  send_through(op, table, to);
  op.first_channel = node.first_channel;
  op.out_stride = node.out_stride;
  op.out_row = node.out_row;
  op.out_column = node.out_column;
}

/// Bounds take the place of a table that does nothing else.
void ExactCodes::send_through(QOp& op, const CodeTable& table, int to) {
  op.output = to;
  PostParams& post = op.post;
  const auto through = [&](int code) { return table[index(code - code_min(net_.act_w))]; };
  if (!op.table.empty()) {
    for (auto& code : op.table) code = through(code);
    return;
  }
  const int low = through(post.lo), high = through(post.hi);
  bool bounds = post.out_zero == tensor(to).zero && low <= high;
  for (int code = post.lo; code <= post.hi && bounds; ++code)
    bounds = through(code) == std::clamp(code, low, high);
  if (bounds) {
    post.lo = low;
    post.hi = high;
  } else {
    op.table = table;
  }
}

QNet ExactCodes::finish(std::vector<NetOutput> outputs) {
  net_.outputs = std::move(outputs);
  remove_unused();
  const bool wide = std::any_of(net_.ops.begin(), net_.ops.end(), [](const QOp& op) {
    return std::any_of(op.params.begin(), op.params.end(), [](const ChannelParams& p) {
      return p.mult >> 16 != 0 || p.shift > max_shift(16);
    });
  });
  if (!wide) net_.mult_w = 16;
  net_.validate();
  return std::move(net_);
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
