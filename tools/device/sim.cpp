// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/sim.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "base/error.hpp"

namespace reshift {

std::unique_ptr<Device> open_sim_device(std::string_view config, const SimOptions& options) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  const auto library =
      program.parent_path().parent_path() / "lib" / fmt::format("libreshift_sim_{}.so", config);
  if (!std::filesystem::exists(library)) {
    throw Error("there is no simulated core {0}; `make sim CONFIG={0}` builds it", config);
  }
  // Never closed: devices and exceptions of the library may live until the program ends.
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw Error("cannot load the simulated core {}: {}", config, dlerror());
  const auto open = reinterpret_cast<OpenSimDevice>(dlsym(handle, "reshift_open_sim_device"));
  if (!open) throw Error("{} is not a simulated core", library.string());
  return std::unique_ptr<Device>(open(options));
}

}  // namespace reshift
