#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# A script of this folder in the environment of the judges; exit code 77 (skipped) without it.
source "$(dirname "$0")/../environment.sh"
run_in judge "judge outside" "$@"
