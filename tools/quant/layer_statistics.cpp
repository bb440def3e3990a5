// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/layer_statistics.hpp"

namespace reshift {

LayerMeans::LayerMeans(Eigen::Index in, Eigen::Index out)
    : input_mean(Eigen::VectorXd::Zero(in)), output_mean(Eigen::VectorXd::Zero(out)) {}

void LayerMeans::add(const Matrix<float>& x, const Matrix<float>& z) {
  input_mean += x.rowwise().sum().cast<double>();
  output_mean += z.rowwise().sum().cast<double>();
  samples += static_cast<double>(x.cols());
}

LayerMeans& LayerMeans::operator+=(const LayerMeans& other) {
  input_mean += other.input_mean;
  output_mean += other.output_mean;
  samples += other.samples;
  return *this;
}

void LayerMeans::finish() {
  input_mean /= samples;
  output_mean /= samples;
}

LayerStatistics::LayerStatistics(Eigen::Index in, Eigen::Index out)
    : LayerMeans(in, out),
      inputs(Eigen::MatrixXd::Zero(in, in)),
      cross(Eigen::MatrixXd::Zero(out, in)) {}

void LayerStatistics::add(const Matrix<float>& x, const Matrix<float>& z) {
  Matrix<float> square = Matrix<float>::Zero(x.rows(), x.rows());
  square.selfadjointView<Eigen::Lower>().rankUpdate(x);
  inputs.triangularView<Eigen::Lower>() += square.cast<double>();
  const Matrix<float> product = z * x.transpose();
  cross += product.cast<double>();
  LayerMeans::add(x, z);
}

LayerStatistics& LayerStatistics::operator+=(const LayerStatistics& other) {
  inputs += other.inputs;
  cross += other.cross;
  LayerMeans::operator+=(other);
  return *this;
}

void LayerStatistics::finish() {
  LayerMeans::finish();
  inputs = Eigen::MatrixXd(inputs.selfadjointView<Eigen::Lower>());
  inputs = inputs / samples - input_mean * input_mean.transpose();
  cross = cross / samples - output_mean * input_mean.transpose();
}

}  // namespace reshift
