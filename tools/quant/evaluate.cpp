// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/evaluate.hpp"

#include <tbb/concurrent_vector.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"

namespace reshift {

namespace {

bool has_not_a_number(const std::vector<double>& scores) {
  return std::any_of(scores.begin(), scores.end(), [](double v) { return std::isnan(v); });
}

}  // namespace

bool in_top(const std::vector<double>& scores, int label, int k) {
  const auto index = static_cast<std::size_t>(label);
  if (label < 0) throw Error("its class is unknown; give a label file with --labels");
  if (index >= scores.size()) {
    throw Error("class {}, the network has {} scores; see --label-offset", label, scores.size());
  }
  if (has_not_a_number(scores)) return false;
  int better = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    better += scores[i] > scores[index] || (scores[i] == scores[index] && i < index);
  }
  return better < k;
}

Accuracy evaluate(const Samples& data, std::size_t count, int label_offset,
                  const std::function<std::vector<double>(const Sample&)>& score) {
  if (count > data.size()) throw Error("{} images asked for, the data has {}", count, data.size());
  const std::size_t images = count == 0 ? data.size() : count;
  std::atomic<std::size_t> first = 0, fifth = 0, not_a_number = 0;
  tbb::concurrent_vector<std::string> damaged;
  Progress progress("evaluating", images);
  parallel_for(images, [&](std::size_t i) {
    Sample sample;
    try {
      sample = data.get(i);
    } catch (const DamagedImage& e) {
      damaged.push_back(e.what());
      progress.advance();
      return;
    }
    const auto scores = score(sample);
    not_a_number += has_not_a_number(scores);
    try {
      const int label = sample.label < 0 ? -1 : sample.label + label_offset;
      first += in_top(scores, label, 1);
      fifth += in_top(scores, label, 5);
    } catch (const Error& e) {
      throw Error("image {}: {}", sample.name, e.what());
    }
    progress.advance();
  });
  const std::size_t classified = images - damaged.size();
  std::vector<std::string> names(damaged.begin(), damaged.end());
  std::sort(names.begin(), names.end());
  if (classified == 0) throw Error("all {} images are damaged; the first: {}", images, names[0]);
  const double percent = 100.0 / static_cast<double>(classified);
  return {classified, percent * static_cast<double>(first), percent * static_cast<double>(fifth),
          not_a_number, std::move(names)};
}

}  // namespace reshift
