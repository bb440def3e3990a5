// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/sensitivity.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "golden/graph_interpreter.hpp"

namespace reshift {
namespace {

using Tensors = std::vector<std::vector<float>>;

class Measurement {
 public:
  Measurement(const QNet& net, const std::vector<std::optional<QOp>>& alternatives,
              const HeldOut& held_out)
      : net_(net), held_out_(held_out), other_(net.ops.size()) {
    for (std::size_t i = 0; i < net.ops.size(); ++i) {
      ops_.emplace_back(net, net.ops[i]);
      if (alternatives[i]) other_[i].emplace(net, *alternatives[i]);
    }
  }

  /// Of every operation, for one image.
  std::vector<double> of_image(std::size_t image) const {
    FastOp::Scratch scratch;
    Tensors tensors(net_.tensors.size());
    const auto codes = quantize_values(net_, held_out_.image(image));
    tensors[0].assign(codes.begin(), codes.end());
    const Tensors none(tensors.size());
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      auto& out = tensors[static_cast<std::size_t>(net_.ops[i].output)];
      out.resize(net_.tensors[static_cast<std::size_t>(net_.ops[i].output)].size());
      run(i, ops_[i], tensors, none, out, scratch);
    }
    const auto score = static_cast<std::size_t>(net_.outputs.front().tensor);
    const double base = held_out_.of_image(image, net_, tensors[score].data()).divergence;
    std::vector<double> growth(ops_.size(), 0);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      if (!other_[i]) continue;
      Tensors changed(tensors.size());
      for (std::size_t j = i; j < ops_.size(); ++j) {
        const QOp& op = net_.ops[j];
        const auto reads = [&](int t) {
          return t >= 0 && !changed[static_cast<std::size_t>(t)].empty();
        };
        if (j != i && !reads(op.input) && !reads(op.shortcut) && !reads(op.residual)) continue;
        auto& out = changed[static_cast<std::size_t>(op.output)];
        if (out.empty()) out = tensors[static_cast<std::size_t>(op.output)];
        run(j, j == i ? *other_[i] : ops_[j], tensors, changed, out, scratch);
      }
      const auto& scores = changed[score].empty() ? tensors[score] : changed[score];
      growth[i] = held_out_.of_image(image, net_, scores.data()).divergence - base;
    }
    return growth;
  }

 private:
  void run(std::size_t i, const FastOp& op, const Tensors& tensors, const Tensors& changed,
           std::vector<float>& out, FastOp::Scratch& scratch) const {
    const auto values = [&](int t) {
      const auto tensor = static_cast<std::size_t>(t);
      return changed[tensor].empty() ? tensors[tensor].data() : changed[tensor].data();
    };
    op.run(operands_of(net_.ops[i], values), out.data() + net_.written_offset(net_.ops[i]),
           scratch);
  }

  const QNet& net_;
  const HeldOut& held_out_;
  std::vector<FastOp> ops_;
  std::vector<std::optional<FastOp>> other_;
};

}  // namespace

std::vector<double> sensitivities(const QNet& net,
                                  const std::vector<std::optional<QOp>>& alternatives,
                                  const HeldOut& held_out, std::size_t count) {
  const Measurement measurement(net, alternatives, held_out);
  std::vector<std::vector<double>> each(count == 0 ? held_out.size()
                                                   : std::min(count, held_out.size()));
  parallel_for(each.size(), [&](std::size_t i) { each[i] = measurement.of_image(i); });
  std::vector<double> mean(net.ops.size(), 0);
  for (const auto& growth : each) {
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += growth[i] / static_cast<double>(each.size());
  }
  return mean;
}

}  // namespace reshift
