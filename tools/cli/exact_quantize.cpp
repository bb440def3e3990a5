// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cli/exact_quantize.hpp"

#include <algorithm>
#include <map>

#include "cli/output.hpp"
#include "net/preprocess.hpp"

namespace reshift {
namespace {

struct Difference {
  std::size_t tensors = 0;
  double error = 0;
};

/// What keeps tensors from being exact, by reason.
std::map<std::string, Difference> by_reason(const ExactNet& exact) {
  std::map<std::string, Difference> reasons;
  for (const Inexact& i : exact.inexact) {
    Difference& d = reasons[i.why];
    ++d.tensors;
    d.error = std::max(d.error, i.error);
  }
  return reasons;
}

void print_result(const ExactNet& exact, const std::string& output) {
  const QNet& net = exact.net;
  fmt::print(
      "{}: {} operations; the network is quantised already: its weights and scales stay as "
      "they are, and so does the quantisation of the image\n",
      output, net.ops.size());
  if (exact.inexact.empty()) {
    fmt::print("every tensor is what its format defines, bit for bit\n");
    return;
  }
  for (const auto& [why, difference] : by_reason(exact)) {
    fmt::print(
        "{} tensors may differ from their format by a code, where a result lies between two "
        "codes: {}, {:.2g} of a code at most before the rounding\n",
        difference.tensors, why, difference.error);
  }
}

}  // namespace

void quantize_exactly(const Graph& graph, const ExactOptions& options) {
  const ExactNet exact = exact_network(graph, load_preprocess(options.preprocess), options.format);
  exact.net.save(options.output);
  nlohmann::json result{{"network", exact.net.name},
                        {"quantised_already", true},
                        {"multiplier_bits", exact.net.mult_w},
                        {"inexact", nlohmann::json::array()},
                        {"layers", nlohmann::json::array()}};
  for (const Inexact& i : exact.inexact)
    result["inexact"].push_back({{"tensor", i.tensor}, {"reason", i.why}, {"codes", i.error}});
  for (const QOp& op : exact.net.ops) {
    result["layers"].push_back(
        {{"name", op.name}, {"kind", to_string(op.kind)}, {"terms", op.terms}});
  }
  write_json(options.json, result);
  if (options.json != "-") print_result(exact, options.output);
}

}  // namespace reshift
