// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

// The distribution's ONNX library is built with these; its headers do not say so themselves.
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop
