// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "harness/sim_hooks.hpp"

#include <verilated.h>

#include <cstdio>
#include <utility>

namespace reshift {
namespace {

void print_failure(const SimFailure& failure) {
  std::fprintf(stderr, "%s:%d: %s\n", failure.file.c_str(), failure.line, failure.message.c_str());
}

SimFailureHandler handler = print_failure;
SimFailure last;

void fail(const char* file, int line, const char* message) {
  VerilatedContext* context = Verilated::threadContextp();
  if (context->gotError()) return;  // one cause is enough: what follows is its consequence
  context->gotError(true);
  context->gotFinish(true);
  last = {file ? file : "", line, message};
  handler(last);
}

}  // namespace

SimFailureHandler set_sim_failure_handler(SimFailureHandler new_handler) {
  return std::exchange(handler, new_handler ? std::move(new_handler) : print_failure);
}

const SimFailure& last_sim_failure() { return last; }

}  // namespace reshift

// The three functions that Verilator lets the user replace.
void vl_finish(const char*, int, const char*) { Verilated::threadContextp()->gotFinish(true); }

void vl_stop(const char* file, int line, const char*) {
  reshift::fail(file, line, "RTL assertion, $error or $stop (its message is on stdout)");
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
  reshift::fail(file, line, message);
}
