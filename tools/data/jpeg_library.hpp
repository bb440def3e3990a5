// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

// clang-format off
#include <cstdio>  // which jpeglib.h needs before it
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
