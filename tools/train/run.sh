#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# A script of this folder in the environment for training; exit code 77 (skipped) without it.
source "$(dirname "$0")/../environment.sh"
run_in train PyTorch "$@"
