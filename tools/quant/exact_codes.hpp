// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"
#include "quant/exact_sum.hpp"

namespace reshift {

/// Codes of a tensor of the network, as they are or seen through a function.
struct Codes {
  int tensor = -1;
  std::vector<float> seen = {};  ///< empty, or what each code stands for, from the lowest on
  bool sole = true;              ///< nothing else reads them
};

/// What a code becomes, an entry a code from the lowest on.
using CodeTable = std::vector<std::int16_t>;

/// A network under construction, of 8-bit codes, that knows which codes a tensor can have.
class ExactCodes {
 public:
  explicit ExactCodes(QNet net) : net_(std::move(net)) {}
  const QNet& net() const { return net_; }
  const QTensor& tensor(int i) const { return net_.tensors[static_cast<std::size_t>(i)]; }
  /// Without what no output needs. `mult_w` is as small as it can be.
  QNet finish(std::vector<NetOutput> outputs);

  /// Appends a tensor whose codes are lowest..highest.
  int append(QTensor tensor, int lowest, int highest);
  /// Appends an operation that makes all codes of its output.
  void append(QOp op);

  std::pair<int, int> range(int tensor) const { return ranges_[static_cast<std::size_t>(tensor)]; }
  /// What the codes stand for.
  std::vector<float> values(const Codes& codes) const;
  /// The codes of an output nearest to what codes stand for, as the format rounds.
  CodeTable nearest(const Codes& codes, const OutputCodes& out) const;
  /// Whether `table`, whose codes are those of `out`, keeps what the codes stand for.
  bool keeps(const Codes& codes, const CodeTable& table, const OutputCodes& out) const;

  /// Appends a tensor of what a table makes of codes: by their own operation, where nothing else
  /// reads them, else by a copy.
  int map(const Codes& from, const CodeTable& table, QTensor to);
  /// The same into a slice of a tensor, the slice that `node` writes.
  void write_slice(const Codes& from, const CodeTable& table, int to, const Node& node);

 private:
  QOp* maker(const Codes& codes);
  QOp& write(const Codes& from, const CodeTable& table, int to, const std::string& name);
  bool send_through(QOp& op, const CodeTable& table, int to) const;
  int least_mult_w() const;
  void remove_unused();

  QNet net_;
  std::vector<std::pair<int, int>> ranges_;  ///< by tensor: lowest and highest code
  std::vector<int> makers_;                  ///< by tensor: the operation that makes it, or -1
};

}  // namespace reshift
