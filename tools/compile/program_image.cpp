// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/program_image.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/window.hpp"

namespace reshift {

void ProgramImage::add(AnyDescriptor descriptor, std::string name, Access access) {
  // `init` and `end` are nobody's, and take part in nothing.
  access.engine = std::visit(
      [](const auto& d) { return engine_of(d.kOpcode).value_or(Engine::kExec); }, descriptor);
  descriptors_.push_back(std::move(descriptor));
  names_.push_back(std::move(name));
  accesses_.push_back(std::move(access));
}

void ProgramImage::set_tokens() {
  const Tokens tokens = plan_tokens({accesses_.begin() + 1, accesses_.end() - 1});
  for (std::size_t i = 0; i < tokens.wait.size(); ++i) {
    const auto &wait = tokens.wait[i], &post = tokens.post[i];  // of LOAD, EXEC, STORE
    std::visit(
        [&](auto& d) {
          d.wait_load = wait[0];
          d.wait_exec = wait[1];
          d.wait_store = wait[2];
          d.post_load = post[0];
          d.post_exec = post[1];
          d.post_store = post[2];
        },
        descriptors_[i + 1]);
  }
  const auto credits = [&](Engine from, Engine to) {
    return tokens.credits[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  };
  auto& init = std::get<isa::Init>(descriptors_.front());
  init.load_credits = credits(Engine::kExec, Engine::kLoad);
  init.exec_credits = credits(Engine::kStore, Engine::kExec);
  init.reload_credits = credits(Engine::kStore, Engine::kLoad);
}

std::vector<std::uint8_t> ProgramImage::assemble(const isa::Hardware& hw,
                                                 std::span<const std::uint8_t> blocks) {
  set_tokens();
  const std::int64_t start = align_window(std::ssize(descriptors_) * isa::kDescriptorBytes);
  std::vector<std::uint8_t> image(index(start), 0);
  auto out = image.begin();
  for (std::size_t i = 0; i < descriptors_.size(); ++i) {
    if (auto* load = std::get_if<isa::LoadWeights>(&descriptors_[i])) load->offset += start;
    if (auto* load = std::get_if<isa::LoadTable>(&descriptors_[i])) load->offset += start;
    try {
      std::visit([&](const auto& d) { validate(d, hw); }, descriptors_[i]);
      const isa::Descriptor words =
          std::visit([](const auto& d) { return isa::encode(d); }, descriptors_[i]);
      out = std::copy_n(reinterpret_cast<const std::uint8_t*>(words.data()), isa::kDescriptorBytes,
                        out);
    } catch (const Error& error) {
      throw Error("{}: {}", names_[i], error.what());
    }
  }
  image.insert(image.end(), blocks.begin(), blocks.end());
  return image;
}

}  // namespace reshift
