// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "import/tflite/node.hpp"

namespace reshift::tflite_import {
namespace {

const std::map<tflite::BuiltinOperator, Operation> kOperations{
    {tflite::BuiltinOperator::ADD, add_add},
    {tflite::BuiltinOperator::AVERAGE_POOL_2D, add_average_pool},
    {tflite::BuiltinOperator::CONCATENATION, add_concatenation},
    {tflite::BuiltinOperator::CONV_2D, add_conv},
    {tflite::BuiltinOperator::DEPTHWISE_CONV_2D, add_depthwise_conv},
    {tflite::BuiltinOperator::DEQUANTIZE, add_dequantize},
    {tflite::BuiltinOperator::FULLY_CONNECTED, add_fully_connected},
    {tflite::BuiltinOperator::HARD_SWISH, add_hard_swish},
    {tflite::BuiltinOperator::LEAKY_RELU, add_leaky_relu},
    {tflite::BuiltinOperator::LOGISTIC, add_logistic},
    {tflite::BuiltinOperator::MAX_POOL_2D, add_max_pool},
    {tflite::BuiltinOperator::MEAN, add_mean},
    {tflite::BuiltinOperator::MUL, add_mul},
    {tflite::BuiltinOperator::PAD, add_pad},
    {tflite::BuiltinOperator::QUANTIZE, add_quantize},
    {tflite::BuiltinOperator::RELU, add_relu},
    {tflite::BuiltinOperator::RELU6, add_relu6},
    {tflite::BuiltinOperator::RESHAPE, add_reshape},
    {tflite::BuiltinOperator::SOFTMAX, add_softmax},
    {tflite::BuiltinOperator::SQUEEZE, add_reshape},
    {tflite::BuiltinOperator::TANH, add_tanh},
    {tflite::BuiltinOperator::TRANSPOSE, add_transpose},
};

}  // namespace

Operation find_operation(tflite::BuiltinOperator op) {
  const auto found = kOperations.find(op);
  return found == kOperations.end() ? nullptr : found->second;
}

std::string known_operations() {
  std::vector<std::string> names;
  for (const auto& [op, function] : kOperations) names.emplace_back(EnumNameBuiltinOperator(op));
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace reshift::tflite_import
