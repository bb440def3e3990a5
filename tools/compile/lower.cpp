// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/lower.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/align_slices.hpp"
#include "compile/pad_inputs.hpp"
#include "compile/reduction_list.hpp"
#include "compile/requantise.hpp"
#include "compile/walk.hpp"
#include "compile/weight_format.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/transfers.hpp"
#include "isa/fields.hpp"
#include "program/layout.hpp"

namespace reshift {
namespace {

/// One axis of the operation that reads the image.
struct Axis {
  int kernel, stride, dilation, pad, in, out;
};

/// One way to arrange an axis: kernel offset k is image offset `offsets[k_offset[k]]` of raster
/// offset k_tap[k].
struct AxisPacking {
  std::vector<int> offsets;
  std::vector<int> k_offset, k_tap;
  int raster = 0;  ///< pixels of the arranged image
  int first_tap() const { return *std::min_element(k_tap.begin(), k_tap.end()); }
  int last_tap() const { return *std::max_element(k_tap.begin(), k_tap.end()); }
  int distinct_taps() const {
    return static_cast<int>(std::set<int>(k_tap.begin(), k_tap.end()).size());
  }
};

/// The whole kernel in the offsets: a single tap.
AxisPacking pack_kernel(const Axis& a) {
  AxisPacking p;
  for (int k = 0; k < a.kernel; ++k) {
    p.offsets.push_back(k * a.dilation - a.pad);
    p.k_offset.push_back(k);
    p.k_tap.push_back(0);
  }
  p.raster = a.out;
  return p;
}

/// `stride` image pixels from `base` on in the offsets (those that the kernel reads), the rest in
/// taps.
AxisPacking pack_phases(const Axis& a, int base) {
  AxisPacking p;
  for (int k = 0; k < a.kernel; ++k) {
    const int offset = k * a.dilation - a.pad - base;
    const int tap = floor_div(offset, a.stride);
    const int offset_on_axis = base + offset - tap * a.stride;
    const auto found = std::find(p.offsets.begin(), p.offsets.end(), offset_on_axis);
    p.k_offset.push_back(static_cast<int>(found - p.offsets.begin()));
    if (found == p.offsets.end()) p.offsets.push_back(offset_on_axis);
    p.k_tap.push_back(tap);
  }
  // With base 0 the rows beyond the image are all padding: the mask supplies them.
  p.raster = a.out + p.last_tap();
  if (base == 0) p.raster = std::clamp(p.raster, 1, ceil_div(a.in, a.stride));
  return p;
}

std::vector<AxisPacking> axis_packings(const Axis& a) {
  std::vector<AxisPacking> packings{pack_phases(a, 0), pack_kernel(a)};
  if (a.pad > 0) packings.push_back(pack_phases(a, -a.pad));
  return packings;
}

Lowered unchanged(const QNet& net) {
  return {.net = net,
          .table = {},
          .source_op = {},
          .source_tensor = {},
          .channels = {},
          .left_out = {},
          .notes = {}};
}

/// Operation 0 of `net` rewritten for an arranged image.
Lowered apply_packing(const isa::Hardware& hw, const QNet& net, std::size_t reader,
                      const AxisPacking& rows, const AxisPacking& columns) {
  Lowered result = unchanged(net);
  QOp& op = result.net.ops[reader];
  QTensor& image = result.net.tensors[0];
  const QShape out = net.written(op);
  const int channels = image.channels, out_channels = out.channels;
  result.table = {op.stride_h, op.stride_w, {}};
  for (const int dy : rows.offsets) {
    for (const int dx : columns.offsets) {
      for (int c = 0; c < channels; ++c) result.table.rows.push_back({c, dy, dx});
    }
  }
  image.channels = static_cast<int>(result.table.rows.size());
  image.height = rows.raster;
  image.width = columns.raster;
  const QOp original = op;
  op.kernel_h = rows.last_tap() - rows.first_tap() + 1;
  op.kernel_w = columns.last_tap() - columns.first_tap() + 1;
  op.stride_h = op.stride_w = op.dilation_h = op.dilation_w = 1;
  op.pad_top = -rows.first_tap();
  op.pad_left = -columns.first_tap();
  op.pad_bottom = out.height + rows.last_tap() - rows.raster;
  op.pad_right = out.width + columns.last_tap() - columns.raster;
  const auto at = [](int a, int an, int b, int bn, int c, int cn, int d) {
    return index(((std::int64_t{a} * an + b) * bn + c) * cn + d);
  };
  const auto terms = index(op.terms);
  op.term_values.assign(at(out_channels, image.channels, 0, op.kernel_h, 0, op.kernel_w, 0) * terms,
                        0);
  for (int oc = 0; oc < out_channels; ++oc) {
    for (int ky = 0; ky < original.kernel_h; ++ky) {
      for (int kx = 0; kx < original.kernel_w; ++kx) {
        const auto ry = index(ky), rx = index(kx);
        const int column_offsets = static_cast<int>(columns.offsets.size());
        const int first_row =
            (rows.k_offset[ry] * column_offsets + columns.k_offset[rx]) * channels;
        for (int c = 0; c < channels; ++c) {
          const std::size_t from =
              at(oc, channels, c, original.kernel_h, ky, original.kernel_w, kx);
          const std::size_t to =
              at(oc, image.channels, first_row + c, op.kernel_h, rows.k_tap[ry] + op.pad_top,
                 op.kernel_w, columns.k_tap[rx] + op.pad_left);
          std::copy_n(original.term_values.begin() + static_cast<std::ptrdiff_t>(from * terms),
                      terms, op.term_values.begin() + static_cast<std::ptrdiff_t>(to * terms));
        }
      }
    }
  }
  const int pitch = round_up(std::max(image.width, out.width), isa::post_pixels(hw));
  const int groups = ceil_div((out.height - 1) * pitch + out.width, hw.p);
  const int uops =
      ceil_div(image.channels, hw.c) * rows.distinct_taps() * columns.distinct_taps() * op.terms;
  const std::int64_t image_bytes = std::int64_t{words_of(hw, image.channels)} * hw.m *
                                   image.height * pitch * isa::code_bytes(hw);
  result.input_cycles = std::max(std::int64_t{groups} * ceil_div(out_channels, hw.m) *
                                     std::max<std::int64_t>(uops, cost::post_cycles(hw)),
                                 cost::feature_cycles(hw, image_bytes));
  return result;
}

/// The stride that matters: an axis with a single output has any.
void normalise_strides(QNet& net) {
  for (QOp& op : net.ops) {
    const QShape out = net.written(op);
    if (out.height == 1) op.stride_h = out.width == 1 ? 1 : op.stride_w;
    if (out.width == 1) op.stride_w = op.stride_h;
    if (out.height == 1 && out.width == 1) op.shortcut_stride = 1;
  }
}

/// Index of the only operation that reads the image when the packing can rewrite it, else -1.
int packable_reader(const QNet& net) {
  int reader = -1;
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    const QOp& op = net.ops[i];
    if (op.residual == 0 || op.shortcut == 0 || (op.input == 0 && reader >= 0)) return -1;
    if (op.input == 0) reader = static_cast<int>(i);
  }
  if (reader < 0) return -1;
  const QOp& op = net.ops[index(reader)];
  return op.kind == QKind::kConv && op.groups == 1 && op.shortcut < 0 ? reader : -1;
}

/// Whether a stride-2 maximum reads the row or column that an odd tensor is extended with, which
/// must not be larger than any code then.
bool needs_lowest_extension(const QNet& net, const QOp& op) {
  const QTensor& in = net.tensors[index(op.input)];
  const QShape out = net.written(op);
  const auto reaches = [](int in_size, int out_size, int kernel, int stride, int dilation,
                          int pad) {
    return in_size % 2 == 1 && (out_size - 1) * stride + (kernel - 1) * dilation - pad >= in_size;
  };
  return op.kind == QKind::kMaxPool && in.zero != code_min(net.act_w) &&
         (reaches(in.height, out.height, op.kernel_h, op.stride_h, op.dilation_h, op.pad_top) ||
          reaches(in.width, out.width, op.kernel_w, op.stride_w, op.dilation_w, op.pad_left));
}

/// What an operation reads with a stride, 1 or 2, as the machine walks it.
struct StridedInput {
  int QOp::*tensor;
  int stride;
};
std::array<StridedInput, 2> strided_inputs(const QOp& op) {
  return {{{&QOp::input, walk_of(op).stride}, {&QOp::shortcut, op.shortcut_stride}}};
}

/// Whether an operation can walk a polyphase input in the order in which it lies (walks_flat):
/// pixel by pixel, into a tensor that only stride-2 operations read, both without extension.
bool can_walk_flat(const isa::Hardware& hw, const QNet& net, const QOp& op) {
  const QTensor& in = net.tensors[index(op.input)];
  const bool pointwise = op.kernel_h == 1 && op.kernel_w == 1 && op.stride_h == 1 &&
                         op.stride_w == 1 && op.out_stride == 1 &&
                         op.pad_top + op.pad_left + op.pad_bottom + op.pad_right == 0;
  if (!pointwise || op.input == 0 || op.shortcut >= 0 || op.residual >= 0 ||
      net.is_output(op.output)) {
    return false;
  }
  // A phase is a row of the walk, and rows may be padded.
  const int phase = (in.width / 2 + hw.p) * (in.height / 2);
  if (in.height % 2 != 0 || in.width % 2 != 0 || phase >= 1 << isa::exec::kPitch.width) {
    return false;
  }
  bool read = false;
  for (const QOp& other : net.ops) {
    if (&other != &op && other.output == op.output) return false;
    for (const auto& [tensor, stride] : strided_inputs(other)) {
      if (other.*tensor != op.output) continue;
      if (stride != 2) return false;
      read = true;
    }
    if (other.residual == op.output) return false;
  }
  return read;
}

/// Whether a tensor can be polyphase for those who write it or add it as a residual: none of them
/// goes through its pixels in steps, or adds its only one to all.
bool may_be_polyphase(const QNet& net, int tensor) {
  return std::none_of(net.ops.begin(), net.ops.end(), [&](const QOp& op) {
    const bool adds = op.residual == tensor;
    return ((op.output == tensor || adds) && (op.out_stride > 1 || !walk_of(op).writes_all())) ||
           (adds && broadcasts(net, op));
  });
}

/// Gives the stride-2 readers of a tensor with mixed readers a copy of their own, unless the others
/// can read what is made for them.
void insert_copies(const isa::Hardware& hw, Lowered& lowered) {
  QNet& net = lowered.net;
  const std::size_t count = net.tensors.size();
  for (std::size_t t = 0; t < count; ++t) {
    for (const bool lowest : {false, true}) {
      bool mixed = lowest || !may_be_polyphase(net, static_cast<int>(t));
      std::vector<std::pair<std::size_t, int QOp::*>> readers;
      for (std::size_t i = 0; i < net.ops.size(); ++i) {
        const QOp& op = net.ops[i];
        for (const auto& [input, stride] : strided_inputs(op)) {
          if (op.*input != static_cast<int>(t)) continue;
          const bool strided = stride == 2;
          if (strided && needs_lowest_extension(net, op) == lowest) readers.emplace_back(i, input);
          const bool flat = can_walk_flat(hw, net, op);
          mixed = mixed || (!strided && !flat) ||
                  (strided && needs_lowest_extension(net, op) != lowest);
        }
      }
      if (readers.empty() || !mixed) continue;
      QTensor tensor = net.tensors[t];
      if (lowest) tensor.zero = code_min(net.act_w);
      tensor.name += lowest ? " (copy for max)" : " (copy)";
      QOp copy;
      copy.name = "copy of " + net.tensors[t].name;
      copy.kind = QKind::kMaxPool;
      copy.input = static_cast<int>(t);
      copy.output = static_cast<int>(net.tensors.size());
      copy.post = {tensor.zero, code_min(net.act_w), code_max(net.act_w)};
      for (const auto& [i, input] : readers) net.ops[i].*input = copy.output;
      net.tensors.push_back(tensor);
      const std::size_t first = readers.front().first;
      const auto at = static_cast<std::ptrdiff_t>(first);
      lowered.source_op.insert(lowered.source_op.begin() + at, -1);
      lowered.notes[first] += "reads a polyphase copy of its input; ";
      lowered.notes.insert(lowered.notes.begin() + at, "");
      net.ops.insert(net.ops.begin() + at, copy);
      lowered.source_tensor.push_back(lowered.source_tensor[t]);
      lowered.channels.push_back(lowered.channels[t]);
    }
  }
}

Lowered plain(const QNet& net) {
  Lowered result = unchanged(net);
  for (int c = 0; c < net.tensors[0].channels; ++c) result.table.rows.push_back({c, 0, 0});
  return result;
}

/// Tiles of the longest M-block of an operation.
std::int64_t longest_list(const isa::Hardware& hw, const QNet& net, const QOp& op) {
  std::size_t longest = 0;
  for (int m = 0; m < words_of(hw, net.written_channels(op)); ++m) {
    longest = std::max(longest, m_block_tiles(hw, net, op, m).places.size());
  }
  return static_cast<std::int64_t>(longest);
}

/// Lists that pixel groups walk one after the other stay in the weight memory.
void check_lists(const isa::Hardware& hw, const Lowered& lowered, std::vector<Support>& report) {
  const std::vector<ListSize> sizes = list_sizes(hw, lowered.net);
  for (std::size_t i = 0; i < lowered.net.ops.size(); ++i) {
    const QOp& op = lowered.net.ops[i];
    const QShape out = lowered.net.written(op);
    const int pitch = round_up(std::max(out.width, lowered.net.tensors[index(op.input)].width),
                               isa::post_pixels(hw));
    const bool one_group = (out.height - 1) * pitch + out.width <= hw.p;
    if (lowered.source_op[i] < 0 || one_group || sizes[i].longest <= hw.wm_depth) continue;
    const std::int64_t tiles = longest_list(hw, lowered.net, op);
    if (tiles <= hw.wm_depth) continue;
    Support& line = report[index(lowered.source_op[i])];
    line.verdict = Support::Verdict::kUnsupported;
    line.reason = fmt::format(
        "{} weight tiles for {} output channels, the weight memory of {} holds {}; take fewer "
        "terms "
        "for this operation, a smaller kernel, or hardware with a larger weight memory (WmDepth)",
        tiles, hw.m, hw.name, hw.wm_depth);
  }
}

/// Where everything of the aligned network was in the original.
void trace_back(const RequantisedNet& requantised, const AlignedNet& aligned, Lowered& lowered) {
  lowered.channels = aligned.channels;
  lowered.notes = aligned.notes;
  lowered.source_op = aligned.source_op;
  for (std::size_t i = 0; i < lowered.source_op.size(); ++i) {
    if (lowered.source_op[i] < 0) continue;
    lowered.notes[i] += requantised.notes[index(lowered.source_op[i])];
    lowered.source_op[i] = requantised.source_op[index(lowered.source_op[i])];
  }
  lowered.source_tensor = aligned.source_tensor;
  for (int& t : lowered.source_tensor) t = requantised.source_tensor[index(t)];
  for (const std::size_t op : requantised.taken_over) {
    lowered.left_out.push_back({op, "another operation does it, too"});
  }
  for (const std::size_t op : aligned.left_out) {
    lowered.left_out.push_back(
        {index(requantised.source_op[op]), "its input is written where the copy would be"});
  }
}

}  // namespace

std::vector<Support> check_support(const isa::Hardware& hw, const QNet& original) {
  QNet net = original;
  normalise_strides(net);
  const int packed = packable_reader(net);
  std::vector<Support> report;
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    QOp& op = net.ops[i];
    Support line{op.name, Support::Verdict::kAccepted, to_format(hw, op)};
    const Walk walk = walk_of(op);
    if (!line.reason.empty()) {
      line.reason = fmt::format("weights that {} has no tiles for: {}", hw.name, line.reason);
    } else if (op.shortcut_stride > 2) {
      line.reason = fmt::format(
          "a shortcut of stride {}; the machine has 1 and 2: quantise without merged "
          "shortcuts",
          op.shortcut_stride);
    } else if (op.shortcut >= 0 && !walk.writes_all()) {
      line.reason = fmt::format(
          "a shortcut beside stride {}x{}; it goes with 1x1 and 2x2: quantise without merged "
          "shortcuts",
          op.stride_h, op.stride_w);
    } else if (static_cast<int>(i) != packed && !can_walk(walk)) {
      line.reason = fmt::format(
          "stride {}x{}; behind the first convolution a stride is at most 16, "
          "or 32 when both are even",
          op.stride_h, op.stride_w);
    }
    if (line.reason.empty() && !op.table.empty() && hw.tables == 0) {
      line.reason = fmt::format(
          "a function of codes, and {} has no tables: take a core whose parameter Tables is 1 or "
          "more",
          hw.name);
    }
    if (line.reason.empty() && hw.requantise == 0 && (op.post.early > 0 || op.in_cut > 0)) {
      line.reason = fmt::format(
          "codes that have a bound or a sum that is rounded early, and {} has neither: take a core "
          "whose parameter Requantise is 1",
          hw.name);
    }
    if (line.reason.empty() && op.post.early > 0 && net.act_w != hw.act_w) {
      line.reason = fmt::format("a sum that is rounded early to {} bits, {} rounds it to {}",
                                net.act_w, hw.name, hw.act_w);
    }
    if (line.reason.empty()) line.reason = overflow(hw, net, op);
    if (!line.reason.empty()) line.verdict = Support::Verdict::kUnsupported;
    report.push_back(line);
  }
  const bool accepted = std::all_of(report.begin(), report.end(), [](const Support& line) {
    return line.verdict == Support::Verdict::kAccepted;
  });
  if (accepted) check_lists(hw, lower(hw, original).front(), report);
  return report;
}

std::vector<Lowered> lower(const isa::Hardware& hw, const QNet& original) {
  QNet normalised = in_format(hw, original);
  normalise_strides(normalised);
  const RequantisedNet requantised = requantise(hw, normalised);
  const AlignedNet aligned = align_slices(hw, requantised.net);
  const QNet& net = aligned.net;
  std::vector<Lowered> variants;
  const int reader = packable_reader(net);
  if (reader < 0) {
    variants.push_back(plain(net));
  } else {
    const QOp& op = net.ops[index(reader)];
    const QTensor& in = net.tensors[0];
    const QShape out = net.written(op);
    const Axis rows{op.kernel_h, op.stride_h, op.dilation_h, op.pad_top, in.height, out.height};
    const Axis columns{op.kernel_w, op.stride_w, op.dilation_w, op.pad_left, in.width, out.width};
    for (const AxisPacking& r : axis_packings(rows)) {
      for (const AxisPacking& c : axis_packings(columns)) {
        variants.push_back(apply_packing(hw, net, index(reader), r, c));
      }
    }
    std::stable_sort(variants.begin(), variants.end(), [&](const Lowered& a, const Lowered& b) {
      const auto bytes = [&](const Lowered& l) {
        const QTensor& t = l.net.tensors[0];
        return std::int64_t{ceil_div(t.channels, hw.m)} * t.height * t.width;
      };
      return a.input_cycles != b.input_cycles ? a.input_cycles < b.input_cycles
                                              : bytes(a) < bytes(b);
    });
  }
  for (Lowered& l : variants) {
    trace_back(requantised, aligned, l);
    const QTensor& t = l.net.tensors[0];
    if (reader >= 0 && l.table.rows.size() != index(net.tensors[0].channels)) {
      const QOp& op = l.net.ops[index(reader)];
      l.notes[index(reader)] +=
          fmt::format("image arranged as {}x{}x{}, kernel {}x{}; ", t.channels, t.height, t.width,
                      op.kernel_h, op.kernel_w);
    }
    for (std::size_t i = 0; i < l.net.ops.size(); ++i) {
      const QOp& op = l.net.ops[i];
      const Walk walk = walk_of(op);
      if (walk.writes_all()) continue;
      l.notes[i] += fmt::format("computed at stride {0}x{0}, written at {1}x{2}; ", walk.stride,
                                op.stride_h, op.stride_w);
    }
    pad_inputs(l);
    insert_copies(hw, l);
    l.net = in_format(hw, l.net);  // the copies
  }
  return variants;
}

}  // namespace reshift
