// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/rounding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "base/error.hpp"
#include "net/numerics.hpp"
#include "quant/compensation.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;

TEST(WeightCodes, OtherFormats) {
  EXPECT_THAT(WeightCodes(1, kHalfOctave).values(),
              ElementsAre(-16, -12, -8, -6, -4, -3, -2, 0, 2, 3, 4, 6, 8, 12, 16));
  EXPECT_EQ(WeightCodes(2, kHalfOctave).largest(), 32);
  EXPECT_EQ(WeightCodes(1, kDigits).values().size(), 15u);
  const WeightCodes bytes(2, kDigits);
  EXPECT_EQ(bytes.largest(), 127);
  EXPECT_THAT(bytes.terms_of(127), ElementsAre(-1, 128));
  EXPECT_THAT(bytes.terms_of(-100), ElementsAre(-4, -96));
  EXPECT_EQ(WeightCodes(1, 128 + 8).values().size(), 255u);
  EXPECT_THROW(WeightCodes(3, kDigits), Error);
  EXPECT_THROW(WeightCodes(2, 128 + 8), Error);
}

TEST(WeightCodes, AreAllSumsOfTerms) {
  EXPECT_THAT(WeightCodes(1, 3).values(), ElementsAre(-4, -2, -1, 0, 1, 2, 4));
  EXPECT_THAT(WeightCodes(2, 2).values(), ElementsAre(-4, -3, -2, -1, 0, 1, 2, 3, 4));
  for (int terms = 1; terms <= 3; ++terms) {
    std::set<int> sums{0};
    for (int t = 0; t < terms; ++t) {
      std::set<int> more = sums;
      for (const int s : sums) {
        for (int e = 0; e < 7; ++e) more.insert({s + (1 << e), s - (1 << e)});
      }
      sums = more;
    }
    const WeightCodes codes(terms, 7);
    EXPECT_EQ(codes.values(), std::vector<int>(sums.begin(), sums.end())) << terms << " terms";
    for (const int code : codes.values()) {
      const auto parts = codes.terms_of(code);
      ASSERT_EQ(parts.size(), static_cast<std::size_t>(terms));
      int sum = 0;
      bool ended = false;
      for (const int part : parts) {
        const int magnitude = std::abs(part);
        EXPECT_EQ(magnitude & (magnitude - 1), 0);
        EXPECT_LE(magnitude, 64);
        EXPECT_FALSE(ended && part != 0) << "a term behind a zero";
        ended = part == 0;
        sum += part;
      }
      EXPECT_EQ(sum, code);
    }
  }
}

TEST(WeightCodes, Nearest) {
  const WeightCodes codes(1, 3);
  EXPECT_EQ(codes.nearest(2.9), 2);
  EXPECT_EQ(codes.nearest(3.1), 4);
  EXPECT_EQ(codes.nearest(100), 4);
  EXPECT_EQ(codes.nearest(-100), -4);
  EXPECT_EQ(codes.nearest(-0.4), 0);
}

/// Correlated inputs, as neighbouring pixels are, and outputs of random weights on them.
struct Problem {
  Matrix<float> x, z, weights;
  LayerStatistics statistics;

  Problem(unsigned seed, Eigen::Index inputs, Eigen::Index outputs, Eigen::Index samples)
      : x(inputs, samples), weights(outputs, inputs), statistics(inputs, outputs) {
    std::mt19937 random(seed);
    const auto uniform = [&] { return static_cast<float>(random() * 0x1p-31 - 1); };
    Matrix<float> mix(inputs, inputs), source(inputs, samples);
    for (float& v : mix.reshaped()) v = uniform();
    for (float& v : source.reshaped()) v = uniform();
    for (float& v : weights.reshaped()) v = uniform();
    mix.diagonal().array() += 2;
    x = (mix * source).array() + 1;
    z = (weights * x).array() + 0.5f;
    statistics.add(x.leftCols(samples / 2), z.leftCols(samples / 2));
    statistics.add(x.rightCols(samples - samples / 2), z.rightCols(samples - samples / 2));
    statistics.finish();
  }

  double error(const RoundedLayer& layer) const {
    const Eigen::MatrixXd w = layer.scale.asDiagonal() * layer.codes.cast<double>();
    const Eigen::MatrixXd out = (w * x.cast<double>()).colwise() + layer.bias;
    return (out - z.cast<double>()).squaredNorm() / static_cast<double>(z.cols());
  }
};

TEST(LayerStatistics, AreMeansAndCovariances) {
  const Problem p(3, 5, 2, 101);
  const Eigen::MatrixXd x = p.x.cast<double>(), z = p.z.cast<double>();
  const Eigen::VectorXd mean = x.rowwise().mean();
  const Eigen::MatrixXd centred = x.colwise() - mean;
  const Eigen::MatrixXd outputs = z.colwise() - z.rowwise().mean();
  EXPECT_LT((p.statistics.input_mean - mean).norm(), 1e-5);
  EXPECT_LT((p.statistics.inputs - centred * centred.transpose() / 101).norm(), 1e-4);
  EXPECT_LT((p.statistics.cross - outputs * centred.transpose() / 101).norm(), 1e-4);
}

TEST(Rounding, CompensationBeatsNearestInTheHessianMetric) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Problem p(seed, 40, 3, 500);  // more than one block of inputs
    const WeightCodes codes(1, 7);
    const Eigen::MatrixXd& h = p.statistics.inputs;
    const Eigen::MatrixXd factor = h.inverse().llt().matrixU();
    const Eigen::MatrixXd w = p.weights.transpose().cast<double>();
    const Eigen::RowVectorXd scales = w.cwiseAbs().colwise().maxCoeff() / 64;
    const Compensated compensated =
        compensate(w.cast<float>(), scales.cast<float>(), codes,
                   Matrix<float>::Ones(w.rows(), w.cols()), factor.cast<float>());
    const Matrix<float>& rounded = compensated.codes;
    for (Eigen::Index o = 0; o < w.cols(); ++o) {
      // One input after the other, by the definition.
      Eigen::VectorXd open = w.col(o);
      Eigen::VectorXf expected(w.rows()), nearest(w.rows());
      for (Eigen::Index i = 0; i < w.rows(); ++i) {
        nearest[i] = static_cast<float>(codes.nearest(w(i, o) / scales[o]));
        expected[i] = static_cast<float>(codes.nearest(open[i] / scales[o]));
        const double error = (open[i] - scales[o] * expected[i]) / factor(i, i);
        open -= error * factor.row(i).transpose();
      }
      EXPECT_EQ(rounded.col(o), expected);
      const auto error = [&](const Eigen::VectorXf& c, double scale) {
        const Eigen::VectorXd difference = w.col(o) - scale * c.cast<double>();
        return difference.dot(h * difference);
      };
      EXPECT_NEAR(compensated.error[o], error(expected, scales[o]), 1e-3 * compensated.error[o]);
      const double before = error(expected, scales[o]);
      EXPECT_LT(before, error(nearest, scales[o]));
      Trial trial{scales[o], expected, h.cast<float>() * expected};
      settle((h * w.col(o)).cast<float>(), h.cast<float>(), codes, Eigen::VectorXf::Ones(w.rows()),
             true, trial);
      const double settled = error(trial.codes, trial.scale);
      EXPECT_LE(settled, before);
      EXPECT_NEAR(w.col(o).dot(h * w.col(o)) - trial.gain, settled, 1e-3 * before);
      // No single change helps any more.
      for (Eigen::Index i = 0; i < w.rows(); ++i) {
        for (const int code : codes.values()) {
          Eigen::VectorXf other = trial.codes;
          other[i] = static_cast<float>(code);
          EXPECT_GE(error(other, trial.scale), settled * (1 - 1e-2));
        }
      }
    }
  }
}

TEST(Rounding, MoreTermsComeNearer) {
  const Problem p(5, 30, 8, 400);
  double last = p.z.cast<double>().squaredNorm();
  for (int terms = 1; terms <= 3; ++terms) {
    const WeightCodes codes(terms, 7);
    const RoundedLayer layer = LayerFit(p.statistics, p.weights, false).round(codes);
    for (const int code : layer.codes.reshaped()) EXPECT_EQ(codes.nearest(code), code);
    const double error = p.error(layer);
    EXPECT_LT(error, last / 2) << terms << " terms";
    last = error;
  }
}

TEST(Rounding, ScalesThatArePowersOfTwoOfAUnit) {
  const Problem p(5, 30, 8, 400);
  const WeightCodes codes(1, 7);
  constexpr double kUnit = 0.3;
  const LayerMeans means = p.statistics;
  for (const RoundedLayer& layer : {LayerFit(p.statistics, p.weights, false).round(codes, kUnit),
                                    round_nearest(means, p.weights, codes, kUnit)}) {
    for (const double scale : layer.scale) {
      int exponent;
      EXPECT_EQ(std::frexp(scale / kUnit, &exponent), 0.5) << scale;
    }
    EXPECT_GT(layer.codes.cwiseAbs().maxCoeff(), 8);
  }
}

// Those of a pruned layer; without that, compensation has a use for most of them.
TEST(Rounding, ZerosStayZeroWhereTheyMust) {
  Problem p(7, 24, 8, 400);
  for (Eigen::Index i = 0; i < p.weights.size(); i += 3) p.weights.data()[i] = 0;
  const WeightCodes codes(1, 7);
  const auto zeros = [&](bool keep) {
    const RoundedLayer layer = LayerFit(p.statistics, p.weights, keep).round(codes);
    return ((layer.codes.array() == 0) && (p.weights.array() == 0)).count();
  };
  EXPECT_EQ(zeros(true), (p.weights.array() == 0).count());
  EXPECT_LT(zeros(false), (p.weights.array() == 0).count());
}

TEST(Rounding, NearestHasTheBestScaleAndKeepsTheMean) {
  const Problem p(9, 30, 6, 400);
  Matrix<float> weights = p.weights;
  weights.row(4).setZero();
  for (int terms = 1; terms <= 3; ++terms) {
    SCOPED_TRACE(terms);
    const WeightCodes codes(terms, 7);
    const RoundedLayer layer = round_nearest(p.statistics, weights, codes);
    for (Eigen::Index o = 0; o < weights.rows(); ++o) {
      const Eigen::VectorXd w = weights.row(o).transpose().cast<double>();
      const auto rounded_to = [&](double scale) {
        Eigen::VectorXd error = w;
        for (double& v : error) v -= scale * codes.nearest(v / scale);
        return error.squaredNorm();
      };
      const Eigen::VectorXd kept = layer.scale[o] * layer.codes.row(o).transpose().cast<double>();
      EXPECT_NEAR(p.statistics.output_mean[o], kept.dot(p.statistics.input_mean) + layer.bias[o],
                  1e-9);
      if (o == 4) {
        EXPECT_TRUE(layer.codes.row(o).isZero());
        continue;
      }
      const double error = (w - kept).squaredNorm();
      EXPECT_NEAR(error, rounded_to(layer.scale[o]), 1e-12);
      // A fine search over the same two octaves finds little that is better.
      const double largest = w.cwiseAbs().maxCoeff() / codes.largest();
      double least = error;
      for (int i = -500; i <= 500; ++i)
        least = std::min(least, rounded_to(largest * std::exp2(i / 500.0)));
      EXPECT_LT(error, 1.5 * least);
    }
  }
}

TEST(Rounding, ExactWeightsStayExact) {
  Matrix<float> weights(3, 4);
  weights << 1, 0, -0.5f, 0.25f, 0, 0, 0, 0, 0.3f, 0.6f, -1.2f, 0;
  RoundedLayer layer;
  ASSERT_TRUE(round_exactly(weights, {1, 2, 3}, 7, 0, layer));
  EXPECT_THAT(layer.codes.row(0).reshaped(), ElementsAre(64, 0, -32, 16));
  EXPECT_THAT(layer.codes.row(2).reshaped(), ElementsAre(16, 32, -64, 0));
  EXPECT_FLOAT_EQ(static_cast<float>(layer.scale[2] * 64), 1.2f);
  EXPECT_THAT(layer.bias, ElementsAre(1, 2, 3));
  weights(0, 1) = 0.75f;
  EXPECT_FALSE(round_exactly(weights, {1, 2, 3}, 7, 0, layer));
}

}  // namespace
}  // namespace reshift
