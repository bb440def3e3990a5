// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace reshift {

/// A small residual network and images for it, for people without trained ones. Writes into
/// `folder`: demo.onnx, demo_train.bin, demo_test.bin (CIFAR-10 binary) and demo_preprocess.json.
/// The images are drawn: ten classes of shapes and textures in random colours, places and sizes,
/// with noise. The network has random convolutions, batch normalisation measured on the training
/// images, and a last layer fitted to them by ridge regression. The same on every run.
void make_demo(const std::string& folder);

}  // namespace reshift
