// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/runner.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

std::vector<std::size_t> map_shape(int channels, int height, int width) {
  return {static_cast<std::size_t>(channels), static_cast<std::size_t>(height),
          static_cast<std::size_t>(width)};
}

/// Outputs of the machine that are the tensors of these names; "all": all but those that are
/// outputs.
template <typename TensorT>
std::vector<NetOutput> find_tensors(const std::vector<TensorT>& tensors,
                                    const std::vector<NetOutput>& outputs,
                                    const std::vector<std::string>& names) {
  std::vector<NetOutput> found;
  if (names == std::vector<std::string>{"all"}) {
    for (int i = 1; i < static_cast<int>(tensors.size()); ++i) {
      const auto is_it = [i](const NetOutput& o) { return o.tensor == i; };
      if (std::none_of(outputs.begin(), outputs.end(), is_it)) {
        found.push_back({tensors[static_cast<std::size_t>(i)].name, i});
      }
    }
    return found;
  }
  for (const std::string& name : names) {
    const auto at = std::find_if(tensors.begin() + 1, tensors.end(),
                                 [&](const TensorT& t) { return t.name == name; });
    if (at == tensors.end()) {
      std::vector<std::string> known;
      for (auto t = tensors.begin() + 1; t != tensors.end(); ++t) known.push_back(t->name);
      throw Error("no tensor {}; there are {}", name, fmt::join(known, ", "));
    }
    found.push_back({name, static_cast<int>(at - tensors.begin())});
  }
  return found;
}

/// What the file gives out, as the host leaves it.
std::vector<DumpedTensor> outputs_of(const HostTail& tail) {
  std::vector<DumpedTensor> outputs;
  if (tail.empty()) return outputs;  // they are the machine's
  for (const HostTail::Output& o : tail.outputs) {
    // Without the axis of the images: the rows of a dump are images.
    outputs.push_back({o.name, {}});
    for (std::size_t i = 1; i < o.dims.size(); ++i)
      outputs.back().shape.push_back(static_cast<std::size_t>(o.dims[i]));
  }
  return outputs;
}

class FloatRunner : public Runner {
 public:
  FloatRunner(Graph graph, const Preprocess& preprocess, const std::vector<std::string>& more)
      : preprocess_(preprocess),
        tail_(std::move(graph.tail)),
        machine_outputs_(graph.outputs.size()) {
    graph.tail = {};
    for (const NetOutput& o : find_tensors(graph.tensors, graph.outputs, more))
      graph.outputs.push_back(o);
    graph_ = fuse(graph);
  }

  InputShape input() const override {
    const Tensor& in = graph_.tensor(0);
    return {in.channels, in.height, in.width, in.name};
  }
  const Preprocess& preprocess() const override { return preprocess_; }

  std::vector<DumpedTensor> tensors() const override {
    std::vector<DumpedTensor> tensors = outputs_of(tail_);
    for (std::size_t i = tail_.empty() ? 0 : machine_outputs_; i < graph_.outputs.size(); ++i) {
      const Tensor& t = graph_.tensor(graph_.outputs[i].tensor);
      tensors.push_back({graph_.outputs[i].name, map_shape(t.channels, t.height, t.width)});
    }
    return tensors;
  }

  std::vector<TensorValues> run(const std::vector<float>& input) const override {
    auto machine = run_machine(graph_, input);
    std::vector<std::vector<float>> rest;
    if (!tail_.empty()) {
      const auto split = machine.begin() + static_cast<std::ptrdiff_t>(machine_outputs_);
      rest.assign(std::make_move_iterator(split), std::make_move_iterator(machine.end()));
      machine.erase(split, machine.end());
      machine = tail_.run(std::move(machine));
    }
    std::vector<TensorValues> result;
    for (auto* values : {&machine, &rest}) {
      for (auto& v : *values) result.push_back({std::move(v), {}});
    }
    return result;
  }

 private:
  Preprocess preprocess_;
  HostTail tail_;
  std::size_t machine_outputs_;
  Graph graph_;
};

class QuantizedRunner : public Runner {
 public:
  QuantizedRunner(QNet net, const std::vector<std::string>& more)
      : machine_outputs_(net.outputs.size()), net_(std::move(net)) {
    for (const NetOutput& o : find_tensors(net_.tensors, net_.outputs, more))
      net_.outputs.push_back(o);
    graph_.emplace(net_);
  }

  InputShape input() const override {
    const QTensor& in = net_.tensors.front();
    return {in.channels, in.height, in.width, in.name};
  }
  const Preprocess& preprocess() const override { return net_.preprocess; }

  std::vector<DumpedTensor> tensors() const override {
    std::vector<DumpedTensor> tensors = outputs_of(net_.tail);
    for (std::size_t i = first_machine_output(); i < net_.outputs.size(); ++i) {
      const QTensor& t = tensor(i);
      tensors.push_back(
          {net_.outputs[i].name, map_shape(t.channels, t.height, t.width), t.scale, t.zero});
    }
    return tensors;
  }

  std::vector<TensorValues> run(const std::vector<float>& input) const override {
    auto codes = graph_->run(quantize_values(net_, input));
    std::vector<TensorValues> result;
    if (!net_.tail.empty()) {
      std::vector<std::vector<float>> machine;
      for (std::size_t i = 0; i < machine_outputs_; ++i) machine.push_back(values(i, codes[i]));
      for (auto& v : net_.tail.run(std::move(machine))) result.push_back({std::move(v), {}});
    }
    for (std::size_t i = first_machine_output(); i < codes.size(); ++i)
      result.push_back({values(i, codes[i]), std::move(codes[i])});
    return result;
  }

 private:
  std::size_t first_machine_output() const { return net_.tail.empty() ? 0 : machine_outputs_; }
  const QTensor& tensor(std::size_t output) const {
    return net_.tensors[static_cast<std::size_t>(net_.outputs[output].tensor)];
  }
  std::vector<float> values(std::size_t output, const std::vector<std::int32_t>& codes) const {
    return real_values(tensor(output), codes);
  }

  std::size_t machine_outputs_;
  QNet net_;
  std::optional<FastGraph> graph_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(Graph graph, const Preprocess& preprocess,
                                    const std::vector<std::string>& more) {
  return std::make_unique<FloatRunner>(std::move(graph), preprocess, more);
}

std::unique_ptr<Runner> make_runner(QNet net, const std::vector<std::string>& more) {
  return std::make_unique<QuantizedRunner>(std::move(net), more);
}

}  // namespace reshift
