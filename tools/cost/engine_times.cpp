// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/engine_times.hpp"

#include <algorithm>

#include "cost/bank_ports.hpp"
#include "cost/constants.hpp"
#include "cost/transfers.hpp"

namespace reshift::cost {

void EngineTimes::begin_step(std::int64_t words) {
  stretch_ = words == 0 ? kUnit : transfer_beside(hw_, kUnit, words);
}

void EngineTimes::load(std::int64_t bytes, std::int64_t free) {
  loaded_ = std::max(loaded_, free + kExecToTransfer) + stretched(bytes);
  bytes_ += bytes;
}

void EngineTimes::load_list(const isa::LoadWeights& list, std::int64_t free) {
  loaded_ = std::max(loaded_, free) + block_cycles(hw_, list);
  bytes_ += list.bytes;
}

void EngineTimes::hold_load(std::int64_t time) { loaded_ = std::max(loaded_, time); }

void EngineTimes::execute(std::int64_t start, std::int64_t cycles) {
  executed_ = std::max(executed_, start) + cycles;
}

void EngineTimes::store(std::int64_t bytes) {
  stored_ = std::max(stored_, executed_ + kExecToTransfer) + stretched(bytes);
  bytes_ += bytes;
}

std::int64_t EngineTimes::done() const { return std::max({loaded_, executed_, stored_}); }

std::int64_t EngineTimes::stretched(std::int64_t bytes) const {
  return feature_cycles(hw_, bytes * stretch_ / kUnit);
}

}  // namespace reshift::cost
