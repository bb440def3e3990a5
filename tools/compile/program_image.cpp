// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/program_image.hpp"

#include <algorithm>
#include <utility>

#include "base/integer.hpp"
#include "compile/window.hpp"

namespace reshift {

namespace common = spec::common;

void ProgramImage::add(const spec::Descriptor& descriptor, std::string name, Access access) {
  descriptors_.push_back(descriptor);
  names_.push_back(std::move(name));
  accesses_.push_back(std::move(access));
}

void ProgramImage::set_tokens() {
  // `init` and `end` take part in nothing.
  const Tokens tokens = plan_tokens({accesses_.begin() + 1, accesses_.end() - 1});
  const std::array<const spec::Field*, kEngines> wait{&common::kWaitLoad, &common::kWaitExec,
                                                      &common::kWaitStore},
      post{&common::kPostLoad, &common::kPostExec, &common::kPostStore};
  for (std::size_t i = 0; i < tokens.wait.size(); ++i) {
    for (std::size_t engine = 0; engine < kEngines; ++engine) {
      spec::set(descriptors_[i + 1], *wait[engine], tokens.wait[i][engine]);
      spec::set(descriptors_[i + 1], *post[engine], tokens.post[i][engine]);
    }
  }
  const auto credits = [&](Engine from, Engine to) {
    return tokens.credits[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  };
  spec::Descriptor& init = descriptors_.front();
  spec::set(init, spec::init::kLoadCredits, credits(Engine::kExec, Engine::kLoad));
  spec::set(init, spec::init::kExecCredits, credits(Engine::kStore, Engine::kExec));
  spec::set(init, spec::init::kReloadCredits, credits(Engine::kStore, Engine::kLoad));
}

std::vector<std::uint8_t> ProgramImage::assemble(std::span<const std::uint8_t> blocks) {
  set_tokens();
  const std::int64_t start = align_window(std::ssize(descriptors_) * spec::kDescriptorBytes);
  std::vector<std::uint8_t> image(index(start), 0);
  auto out = image.begin();
  for (spec::Descriptor& d : descriptors_) {
    if (spec::get(d, common::kOpcode) == static_cast<std::uint32_t>(spec::Opcode::kLoadWeights)) {
      spec::set(d, spec::load_weights::kOffset, spec::get(d, spec::load_weights::kOffset) + start);
    }
    spec::seal(d);
    out = std::copy_n(reinterpret_cast<const std::uint8_t*>(d.data()), spec::kDescriptorBytes, out);
  }
  image.insert(image.end(), blocks.begin(), blocks.end());
  return image;
}

}  // namespace reshift
