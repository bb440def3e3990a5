// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "import/onnx/proto.hpp"

namespace reshift {

/// A public network with random weights.
struct ZooNetwork {
  onnx::ModelProto model;
  std::int64_t parameters = 0;  ///< trainable: weights, biases, scales and shifts
  std::int64_t macs = 0;        ///< multiplications of convolutions and matrices, for one image
};

/// What make_network() knows.
std::vector<std::string> zoo_names();

/// Weights that are not zero: all, or as many as a published pruning left in each layer.
enum class Density { kDense, kPublished };

/// Those of which it knows published densities.
std::vector<std::string> pruned_zoo_names();

/// A network in its exact public topology, layers named as torchvision does (operator set 13, input
/// 1 x 3 x height x width, output 1 x 1000), for people who do not have the public weights at hand:
///   alexnet      two groups in convolutions 2, 4 and 5, 227 x 227, without the local response
///                normalisation (Krizhevsky, Sutskever, Hinton, 2012)
///   mobilenetv2  width 1.0, 224 x 224 (Sandler et al., arXiv:1801.04381)
///   resnet18     224 x 224 (He et al., arXiv:1512.03385)
///   resnet50     224 x 224, version 1.5: stride 2 in the 3x3 convolution of a block
///   squeezenet   version 1.0, 224 x 224 (Iandola et al., arXiv:1602.07360)
///   vgg16        configuration D, 224 x 224 (Simonyan, Zisserman, arXiv:1409.1556)
/// and small ones in the manner of well-known ones: one to be trained (tools/train),
///   alexnet32    ten classes of 32 x 32 images: AlexNet's five convolutions (64 to 384 channels,
///                3x3, with batch normalisation), fully connected layers of 1024, 1024 and 10
/// and two that give out maps:
///   unet         four levels of 16 to 128 channels, 64 x 64, transposed convolutions (Ronneberger
///                et al., arXiv:1505.04597, with padding)
///   yolo         residual backbone of 8 to 256 channels, 96 x 96, two upsamplings, predictions at
///                three sizes (Redmon, Farhadi, arXiv:1804.02767)
/// Weights are normal with variance 2 / inputs (He et al., arXiv:1502.01852); the statistics of
/// batch normalisations, and biases where there are none, follow an estimate of the signal for
/// images of mean 0 and variance 1, so that it neither dies nor explodes. It classifies nothing.
/// The same name and seed give the same network everywhere.
///
/// Published densities, in percent of a layer's weights; the largest ones stay:
///   alexnet  convolutions 84, 38, 35, 37, 37, fully connected layers 5.8, 5.8, 16: 13 times fewer
///            parameters (the densities of Han et al., arXiv:1510.00149, and a classifier that is
///            pruned further)
///   vgg16    convolutions dense, fully connected layers 4, 4, 23 (arXiv:1510.00149)
///
/// Throws Error for another name, and for one without published densities where these are wanted.
ZooNetwork make_network(const std::string& name, std::uint32_t seed,
                        Density density = Density::kDense);

}  // namespace reshift
