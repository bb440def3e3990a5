// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/align_slices.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/join_slices.hpp"
#include "compile/reduction_list.hpp"
#include "compile/views.hpp"
#include "cost/exec_cycles.hpp"
#include "program/layout.hpp"

namespace reshift {
namespace {

bool of_single_channels(const QNet& net, const QOp& op) {
  return op.kind == QKind::kConv && op.groups == net.tensors[index(op.input)].channels &&
         op.groups == net.written_channels(op);
}

/// Finds where the channels of all tensors are stored, and rewrites the operations.
class Aligner {
 public:
  Aligner(const isa::Hardware& hw, const QNet& net)
      : hw_(hw), net_(net), views_(find_views(net)), maps_(net.tensors.size()) {}

  AlignedNet run() {
    AlignedNet result{.net = net_,
                      .source_op = {},
                      .source_tensor = {},
                      .channels = {},
                      .notes = {},
                      .left_out = {}};
    result.net.ops.clear();
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      if (views_.left_out[i]) {
        result.left_out.push_back(i);
        continue;
      }
      result.net.ops.push_back(rewritten(net_.ops[i]));
      const QOp& op = result.net.ops.back();
      const bool changed = op.term_values.size() != net_.ops[i].term_values.size() ||
                           op.groups != net_.ops[i].groups;
      result.notes.emplace_back(changed ? "weights of 0 for gaps between channels; " : "");
      result.source_op.push_back(static_cast<int>(i));
    }
    for (int t = 0; t < static_cast<int>(net_.tensors.size()); ++t) {
      result.channels.push_back(map_of(t));
      if (views_.whole(t)) result.net.tensors[index(t)].channels = map_of(t).stored;
      result.source_tensor.push_back(t);
    }
    return result;
  }

 private:
  const QTensor& tensor(int t) const { return net_.tensors[index(t)]; }
  /// The first channel that an operation writes, of the tensor that has its words.
  int first_channel(const QOp& op) const {
    return views_.of[index(op.output)].first_channel + op.first_channel;
  }

  /// Of a tensor, or of the part of its storage that it is.
  ChannelMap map_of(int t) {
    const auto [storage, first] = views_.of[index(t)];
    std::optional<ChannelMap>& map = maps_[index(storage)];
    if (!map) map = storage_map(storage);
    return storage == t ? *map : map->part(first, tensor(t).channels);
  }

  /// Slice after slice, each in the form in which the operation that writes it has to write it.
  ChannelMap storage_map(int storage) {
    std::vector<const QOp*> writers;
    for (std::size_t i = 0; i < net_.ops.size(); ++i) {
      const QOp& op = net_.ops[i];
      if (!views_.left_out[i] && views_.of[index(op.output)].storage == storage) {
        writers.push_back(&op);
      }
    }
    if (writers.empty()) return ChannelMap::of(tensor(storage).channels);
    std::stable_sort(writers.begin(), writers.end(), [&](const QOp* a, const QOp* b) {
      return first_channel(*a) < first_channel(*b);
    });
    ChannelMap map;
    for (const QOp* op : writers) {
      // Of the operations that write pixels of the same channels the first decides.
      if (first_channel(*op) < static_cast<int>(map.at.size())) continue;
      const int first = words_of(hw_, map.stored) * hw_.m;
      const ChannelMap slice = wanted(*op);
      for (const int at : slice.at) map.at.push_back(first + at);
      map.stored = first + slice.stored;
    }
    return map;
  }

  /// How an operation writes its channels if it is free to choose.
  ChannelMap wanted(const QOp& op) {
    if (op.residual >= 0) return map_of(op.residual);
    if (op.kind != QKind::kConv && views_.whole(op.input)) return map_of(op.input);
    if (of_single_channels(net_, op) && views_.whole(op.input) && keeps_gaps(op)) {
      return map_of(op.input);
    }
    return ChannelMap::of(net_.written_channels(op));
  }

  /// Whether an operation on single channels is faster with the gaps than without: tiles of one
  /// C-block of the input each, but for more words.
  bool keeps_gaps(const QOp& op) {
    const ChannelMap in = map_of(op.input);
    const std::int64_t tiles = std::int64_t{op.kernel_h} * op.kernel_w * op.terms;
    const std::int64_t post = cost::post_cycles(hw_);
    const std::int64_t with =
        words_of(hw_, in.stored) * std::max(tiles * isa::c_blocks_per_word(hw_), post);
    std::int64_t without = 0;
    for (int first = 0; first < static_cast<int>(in.at.size()); first += hw_.m) {
      std::set<int> c_blocks;
      for (int c = first; c < std::min(first + hw_.m, static_cast<int>(in.at.size())); ++c) {
        c_blocks.insert(in.at[index(c)] / hw_.c);
      }
      without += std::max(tiles * std::ssize(c_blocks), post);
    }
    return with < without;
  }

  /// Where an operation writes its channels, from the first one on.
  ChannelMap written(const QOp& op) {
    const auto [storage, unused] = views_.of[index(op.output)];
    const ChannelMap whole = map_of(storage);
    ChannelMap part = whole.part(first_channel(op), net_.written_channels(op));
    const int first = part.at.front();
    for (int& at : part.at) at -= first;
    part.stored = part.at.back() + 1;
    return part;
  }

  /// Whether an operation that makes one output channel of each input channel, in words as they
  /// are, does so for a part of the words of `in`: gaps behind the last channel do not matter.
  static bool same_places(const ChannelMap& in, const ChannelMap& out) { return in.at == out.at; }

  QOp rewritten(const QOp& op) {
    OperationMaps maps{map_of(op.input), {}, written(op)};
    if (op.shortcut >= 0) maps.shortcut = map_of(op.shortcut);
    QOp result = op;
    if (op.kind != QKind::kConv) {
      if (views_.whole(op.input) && same_places(maps.in, maps.out)) {
        result = pooling(op, maps);
      } else if (op.kind == QKind::kAvgPool || is_copy(net_, op)) {
        result = spread_convolution(net_, as_convolution(net_, op), maps, 1);
      } else {
        throw Error(
            "operation {}: a maximum of {} is written beside channels that lie otherwise; write it "
            "into a tensor of its own",
            op.name, tensor(op.input).name);
      }
    } else if (maps.in.same() && maps.out.same()) {
      if (!maps.shortcut.same()) result = spread_convolution(net_, op, maps, op.groups);
    } else if (of_single_channels(net_, op) && views_.whole(op.input) &&
               same_places(maps.in, maps.out)) {
      maps.out.stored = maps.in.stored;
      result = spread_convolution(net_, op, maps, maps.in.stored);
    } else {
      result = spread_convolution(net_, op, maps, 1);
    }
    locate(op, result);
    return result;
  }

  /// Pooling of words as they lie.
  static QOp pooling(const QOp& op, const OperationMaps& maps) {
    QOp result = op;
    if (op.kind == QKind::kMaxPool) return result;
    result.params.assign(index(maps.in.stored), {});
    for (std::size_t c = 0; c < op.params.size(); ++c) {
      result.params[index(maps.in.at[c])] = op.params[c];
    }
    return result;
  }

  void locate(const QOp& op, QOp& result) {
    result.input = views_.of[index(op.input)].storage;
    if (op.shortcut >= 0) result.shortcut = views_.of[index(op.shortcut)].storage;
    result.output = views_.of[index(op.output)].storage;
    result.first_channel = map_of(result.output).at[index(first_channel(op))];
    if (op.residual >= 0 && map_of(op.residual).at != written(op).at) {
      throw Error("operation {}: {} has its channels in other places than the tensor that it is {}",
                  op.name, tensor(op.residual).name, "added to; copy it by a convolution first");
    }
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const Views views_;
  std::vector<std::optional<ChannelMap>> maps_;  ///< by tensor that has words
};

}  // namespace

AlignedNet align_slices(const isa::Hardware& hw, const QNet& net) {
  const JoinedNet joined = join_slices(hw, net);
  AlignedNet result = Aligner(hw, joined.net).run();
  for (int& op : result.source_op) op = joined.source_op[index(op)];
  for (int& t : result.source_tensor) t = joined.source_tensor[index(t)];
  for (std::size_t& op : result.left_out) op = index(joined.source_op[op]);
  return result;
}

}  // namespace reshift
