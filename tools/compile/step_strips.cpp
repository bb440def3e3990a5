// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/step_strips.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "compile/tensor_layouts.hpp"

namespace reshift {
namespace {

/// Rows that have all of both; no rows are none.
Rows united(const Rows& a, const Rows& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const int first = std::min(a.first, b.first);
  return {first, std::max(a.first + a.count, b.first + b.count) - first};
}

/// Cuts the operations of a step, the last one first.
class StepCutter {
 public:
  StepCutter(const isa::Hardware& hw, const QNet& net, const std::vector<Layout>& layouts,
             const std::vector<bool>& spilled, const Step& step)
      : hw_(hw), net_(net), layouts_(layouts), spilled_(spilled), step_(step) {}

  StepStrips run(int rows) {
    const QOp& last = net_.ops[step_.last_op()];
    made_.strips.resize(step_.ops);
    made_.strips.back() = cut(net_, last, layout(last.input).polyphase, rows);
    for (std::size_t op = step_.last_op(); op-- > step_.op;) cut_producer(op);
    for (std::size_t op = step_.op; step_.has(op); ++op) add_tensors(op);
    return std::move(made_);
  }

  /// Rows of which the strips of an operation are multiples: what goes to memory begins with a
  /// whole pixel group, as does what is written into a resident tensor, and a residual.
  int row_unit_of(std::size_t number) const {
    const QOp& op = net_.ops[number];
    const bool apart = number < step_.last_op() && spilled_[index(op.output)] &&
                       !read_outside(net_, step_, op.output);
    int unit = layout(op.output).polyphase ? 2 : 1;
    if (!apart || is_residual(op.output)) unit = row_unit(hw_, layout(op.output));
    if (op.residual >= 0) unit = std::lcm(unit, row_unit(hw_, layout(op.residual)));
    return unit;
  }

 private:
  const Layout& layout(int tensor) const { return layouts_[index(tensor)]; }
  std::vector<Strip>& strips_of(std::size_t op) { return made_.strips[op - step_.op]; }

  bool is_residual(int tensor) const {
    return std::any_of(net_.ops.begin() + static_cast<std::ptrdiff_t>(step_.op),
                       net_.ops.begin() + static_cast<std::ptrdiff_t>(step_.last_op()) + 1,
                       [&](const QOp& op) { return op.residual == tensor; });
  }

  /// Rows of a tensor that an operation reads for a strip.
  static Rows rows_read(const QOp& op, const Strip& strip, int tensor) {
    Rows rows;
    if (op.input == tensor) rows = united(rows, strip.in);
    if (op.shortcut == tensor) rows = united(rows, strip.shortcut);
    if (op.residual == tensor) rows = united(rows, strip.out);
    return rows;
  }

  void cut_producer(std::size_t number) {
    const QOp& op = net_.ops[number];
    const int height = net_.written(op).height, unit = row_unit_of(number);
    const bool resident = !spilled_[index(op.output)];
    const bool all = resident || read_outside(net_, step_, op.output);
    const std::size_t count = made_.strips.back().size();
    int done = 0;  // rows that were made
    for (std::size_t s = 0; s < count; ++s) {
      Rows rows;
      for (std::size_t reader = number + 1; step_.has(reader); ++reader) {
        rows = united(rows, rows_read(net_.ops[reader], strips_of(reader)[s], op.output));
      }
      int begin = rows.count == 0 ? done : rows.first / unit * unit;
      int end = std::max(begin, rows.first + rows.count);
      if (all) {  // none may be missing in the end
        begin = resident ? done : std::min(begin, done / unit * unit);
        end = std::min(round_up(std::max(end, begin), unit), height);
        if (s + 1 == count) end = height;
      }
      strips_of(number).push_back(
          strip_of(net_, op, layout(op.input).polyphase, {begin, end - begin}));
      done = std::max(done, end);
    }
  }

  void add_tensors(std::size_t number) {
    const QOp& op = net_.ops[number];
    const int residual_phases = op.residual < 0 ? 1 : layout(op.residual).phases();
    add_read(op.input, number, &Strip::in, phases_read(op, layout(op.input)));
    add_read(op.shortcut, number, &Strip::shortcut, 1);
    add_read(op.residual, number, &Strip::out, residual_phases);
    if (!spilled_[index(op.output)]) return;
    StripTensor& tensor = made_.tensors.emplace_back();
    tensor.tensor = op.output;
    tensor.phases = layout(op.output).phases();
    tensor.made = true;
    tensor.stored = number == step_.last_op() || read_outside(net_, step_, op.output);
    for (const Strip& strip : strips_of(number)) tensor.rows.push_back(strip.out);
    if (lies_over_residual(number)) tensor.over = op.residual;
  }

  /// Whether a loaded residual is read by nothing else in the step and has the form of the output.
  bool lies_over_residual(std::size_t number) const {
    const QOp& op = net_.ops[number];
    if (op.residual <= 0 || op.residual == op.input || op.residual == op.shortcut) return false;
    for (std::size_t i = step_.op; step_.has(i); ++i) {
      if (net_.ops[i].output == op.residual) return false;
      if (i != number && uses(net_.ops[i], op.residual)) return false;
    }
    return spilled_[index(op.residual)] && layout(op.residual).same_shape(layout(op.output));
  }

  void add_read(int tensor, std::size_t op, Rows Strip::*rows, int phases) {
    if (tensor < 0 || !spilled_[index(tensor)]) return;
    auto found = std::find_if(made_.tensors.begin(), made_.tensors.end(),
                              [&](const StripTensor& t) { return t.tensor == tensor; });
    if (found == made_.tensors.end()) {
      made_.tensors.emplace_back().tensor = tensor;
      found = made_.tensors.end() - 1;
      found->rows.resize(strips_of(op).size());
    }
    if (found->made) return;
    found->phases = std::max(found->phases, phases);
    for (std::size_t s = 0; s < strips_of(op).size(); ++s) {
      found->rows[s] = united(found->rows[s], strips_of(op)[s].*rows);
    }
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const std::vector<Layout>& layouts_;
  const std::vector<bool>& spilled_;
  const Step& step_;
  StepStrips made_;
};

}  // namespace

Layout StripTensor::layout(const isa::Hardware& hw, const Layout& whole, std::size_t strip) const {
  Layout part = whole.rows(hw, rows[strip].first, rows[strip].count);
  part.base = 0;
  part.phase_step = 0;
  if (made) part.shift = 0;
  return part;
}

int StripTensor::words(const isa::Hardware& hw, const Layout& whole) const {
  int words = 0;
  for (std::size_t strip = 0; strip < rows.size(); ++strip) {
    if (rows[strip].count == 0) continue;
    words = std::max(words, layout(hw, whole, strip).extent(hw, phases));
  }
  return words;
}

StepStrips cut_step(const isa::Hardware& hw, const QNet& net, const std::vector<Layout>& layouts,
                    const std::vector<bool>& spilled, const Step& step, int rows) {
  return StepCutter(hw, net, layouts, spilled, step).run(rows);
}

int last_row_unit(const isa::Hardware& hw, const QNet& net, const std::vector<Layout>& layouts,
                  const Step& step) {
  const std::vector<bool> spilled(net.tensors.size(), true);
  return StepCutter(hw, net, layouts, spilled, step).row_unit_of(step.last_op());
}

bool read_outside(const QNet& net, const Step& step, int tensor) {
  for (std::size_t op = 0; op < net.ops.size(); ++op) {
    if (!step.has(op) && uses(net.ops[op], tensor)) return true;
  }
  return false;
}

}  // namespace reshift
