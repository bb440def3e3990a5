// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/host_functions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"

namespace reshift {
namespace {

using Numbers = std::vector<double>;
using Group = std::span<const double>;

/// A function, how many parameters it has, and whether its results are integers or truths.
struct Unary {
  double (*f)(double, const Numbers&);
  std::size_t parameters = 0;
  bool gives_integers = false;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

using P = const Numbers&;

const std::map<std::string, Unary> kUnary{
    {"Abs", {[](double x, P) { return std::abs(x); }}},
    {"Acos", {[](double x, P) { return std::acos(x); }}},
    {"Asin", {[](double x, P) { return std::asin(x); }}},
    {"Atan", {[](double x, P) { return std::atan(x); }}},
    {"Ceil", {[](double x, P) { return std::ceil(x); }}},
    {"Celu", {[](double x, P p) { return x < 0 ? p[0] * std::expm1(x / p[0]) : x; }, 1}},
    {"Clip", {[](double x, P p) { return std::min(std::max(x, p[0]), p[1]); }, 2}},
    {"Cos", {[](double x, P) { return std::cos(x); }}},
    {"Cosh", {[](double x, P) { return std::cosh(x); }}},
    {"Elu", {[](double x, P p) { return x < 0 ? p[0] * std::expm1(x) : x; }, 1}},
    {"Erf", {[](double x, P) { return std::erf(x); }}},
    {"Exp", {[](double x, P) { return std::exp(x); }}},
    {"Floor", {[](double x, P) { return std::floor(x); }}},
    {"Gelu", {[](double x, P) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }}},
    {"GeluTanh", {[](double x, P) {
       return 0.5 * x *
              (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
     }}},
    {"HardSigmoid", {[](double x, P p) { return std::clamp(p[0] * x + p[1], 0.0, 1.0); }, 2}},
    {"HardSwish", {[](double x, P) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }}},
    {"LeakyRelu", {[](double x, P p) { return x < 0 ? p[0] * x : x; }, 1}},
    {"Log", {[](double x, P) { return std::log(x); }}},
    {"Mish", {[](double x, P) { return x * std::tanh(softplus(x)); }}},
    {"Neg", {[](double x, P) { return -x; }}},
    {"Not", {[](double x, P) { return x == 0 ? 1.0 : 0.0; }, 0, true}},
    {"Reciprocal", {[](double x, P) { return 1 / x; }}},
    {"Relu", {[](double x, P) { return std::max(x, 0.0); }}},
    {"Round", {[](double x, P) { return std::nearbyint(x); }}},
    {"Selu", {[](double x, P p) { return p[1] * (x < 0 ? p[0] * std::expm1(x) : x); }, 2}},
    {"Shrink", {[](double x, P p) { return x < -p[1]  ? x + p[0]
                                           : x > p[1] ? x - p[0]
                                                      : 0.0; }, 2}},
    {"Sigmoid", {[](double x, P) { return sigmoid(x); }}},
    {"Sign", {[](double x, P) { return x > 0   ? 1.0
                                       : x < 0 ? -1.0
                                               : 0.0; }}},
    {"Silu", {[](double x, P) { return x * sigmoid(x); }}},
    {"Sin", {[](double x, P) { return std::sin(x); }}},
    {"Sinh", {[](double x, P) { return std::sinh(x); }}},
    {"Softplus", {[](double x, P) { return softplus(x); }}},
    {"Softsign", {[](double x, P) { return x / (1 + std::abs(x)); }}},
    {"Sqrt", {[](double x, P) { return std::sqrt(x); }}},
    {"Tan", {[](double x, P) { return std::tan(x); }}},
    {"Tanh", {[](double x, P) { return std::tanh(x); }}},
    {"ThresholdedRelu", {[](double x, P p) { return x > p[0] ? x : 0.0; }, 1}},
    {"ToBool", {[](double x, P) { return x != 0 ? 1.0 : 0.0; }, 0, true}},
    {"ToFloat", {[](double x, P) { return x; }}},
    {"ToInteger", {[](double x, P) { return std::trunc(x); }, 0, true}},
};

struct Binary {
  double (*f)(double, double);
  bool gives_integers = false;
};

double modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

const std::map<std::string, Binary> kBinary{
    {"Add", {[](double a, double b) { return a + b; }}},
    {"And", {[](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }, true}},
    {"Div", {[](double a, double b) { return a / b; }}},
    {"Equal", {[](double a, double b) { return a == b ? 1.0 : 0.0; }, true}},
    {"Fmod", {[](double a, double b) { return std::fmod(a, b); }}},
    {"Greater", {[](double a, double b) { return a > b ? 1.0 : 0.0; }, true}},
    {"GreaterOrEqual", {[](double a, double b) { return a >= b ? 1.0 : 0.0; }, true}},
    {"Less", {[](double a, double b) { return a < b ? 1.0 : 0.0; }, true}},
    {"LessOrEqual", {[](double a, double b) { return a <= b ? 1.0 : 0.0; }, true}},
    {"Max", {[](double a, double b) { return a != a || b != b ? a + b : std::max(a, b); }}},
    {"Min", {[](double a, double b) { return a != a || b != b ? a + b : std::min(a, b); }}},
    {"Mod", {modulo}},
    {"Mul", {[](double a, double b) { return a * b; }}},
    {"Or", {[](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }, true}},
    {"PRelu", {[](double a, double b) { return a < 0 ? a * b : a; }}},
    {"Pow", {[](double a, double b) { return std::pow(a, b); }}},
    {"Sub", {[](double a, double b) { return a - b; }}},
    {"Xor", {[](double a, double b) { return (a != 0) != (b != 0) ? 1.0 : 0.0; }, true}},
};

double sum(Group g) { return std::accumulate(g.begin(), g.end(), 0.0); }
double sum_of_squares(Group g) { return std::inner_product(g.begin(), g.end(), g.begin(), 0.0); }
double largest(Group g) {
  return std::accumulate(
      g.begin(), g.end(), -std::numeric_limits<double>::infinity(),
      [](double a, double b) { return a != a || b != b ? a + b : std::max(a, b); });
}
double log_sum_exp(Group g) {
  const double most = largest(g);
  if (!std::isfinite(most)) return most;
  return most + std::log(std::accumulate(g.begin(), g.end(), 0.0, [most](double a, double b) {
           return a + std::exp(b - most);
         }));
}
template <typename Best>
double index_of(Group g, bool last, Best better) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < g.size(); ++i) {
    if (better(g[i], g[at]) || (last && g[i] == g[at])) at = i;
  }
  return static_cast<double>(at);
}

struct Reduction {
  double (*f)(Group, P);
  std::size_t parameters = 0;
  bool gives_integers = false;
};

const std::map<std::string, Reduction> kReductions{
    {"ArgMax",
     {[](Group g, P p) { return index_of(g, p[0] != 0, std::greater<double>()); }, 1, true}},
    {"ArgMin", {[](Group g, P p) { return index_of(g, p[0] != 0, std::less<double>()); }, 1, true}},
    {"L1", {[](Group g, P) {
       return std::accumulate(g.begin(), g.end(), 0.0,
                              [](double a, double b) { return a + std::abs(b); });
     }}},
    {"L2", {[](Group g, P) { return std::sqrt(sum_of_squares(g)); }}},
    {"LogSum", {[](Group g, P) { return std::log(sum(g)); }}},
    {"LogSumExp", {[](Group g, P) { return log_sum_exp(g); }}},
    {"Max", {[](Group g, P) { return largest(g); }}},
    {"Mean", {[](Group g, P) { return sum(g) / static_cast<double>(g.size()); }}},
    {"Min", {[](Group g, P) {
       return std::accumulate(g.begin(), g.end(), std::numeric_limits<double>::infinity(),
                              [](double a, double b) { return std::min(a, b); });
     }}},
    {"Prod",
     {[](Group g, P) { return std::accumulate(g.begin(), g.end(), 1.0, std::multiplies<>()); }}},
    {"Sum", {[](Group g, P) { return sum(g); }}},
    {"SumSquare", {[](Group g, P) { return sum_of_squares(g); }}},
};

void log_softmax(std::span<double> g) {
  const double all = log_sum_exp(g);
  for (double& v : g) v -= all;
}

const std::map<std::string, void (*)(std::span<double>)> kAlong{
    {"Hardmax",
     [](std::span<double> g) {
       const auto most = static_cast<std::size_t>(index_of(g, false, std::greater<double>()));
       for (std::size_t i = 0; i < g.size(); ++i) g[i] = i == most ? 1 : 0;
     }},
    {"LogSoftmax", log_softmax},
    {"LpNormalization1",
     [](std::span<double> g) {
       const double norm = kReductions.at("L1").f(g, {});
       for (double& v : g) v = norm == 0 ? 0 : v / norm;
     }},
    {"LpNormalization2",
     [](std::span<double> g) {
       const double norm = std::sqrt(sum_of_squares(g));
       for (double& v : g) v = norm == 0 ? 0 : v / norm;
     }},
    {"MeanVarianceNormalization",
     [](std::span<double> g) {
       const double mean = sum(g) / static_cast<double>(g.size());
       for (double& v : g) v -= mean;
       const double spread = std::sqrt(sum_of_squares(g) / static_cast<double>(g.size())) + 1e-9;
       for (double& v : g) v /= spread;
     }},
    {"Softmax",
     [](std::span<double> g) {
       log_softmax(g);
       for (double& v : g) v = std::exp(v);
     }},
};

template <typename Map>
const auto& find(const Map& functions, const std::string& name) {
  const auto found = functions.find(name);
  if (found == functions.end()) throw Error("function {} is unknown", name);
  return found->second;
}

void require_parameters(const std::string& name, std::size_t given, std::size_t expected) {
  if (given != expected) throw Error("{} of {} parameters, not {}", name, given, expected);
}

}  // namespace

Array run_unary(const std::string& name, const Array& a, const Numbers& parameters) {
  const Unary& unary = find(kUnary, name);
  require_parameters(name, parameters.size(), unary.parameters);
  Array result = a;
  if (name == "ToFloat") result.is_integer = false;
  result = map(std::move(result), [&](double x) { return unary.f(x, parameters); });
  if (unary.gives_integers) result.is_integer = true;
  return result;
}

Array run_binary(const std::string& name, const Array& a, const Array& b) {
  const Binary& binary = find(kBinary, name);
  Array result;
  if (name == "Div" && a.is_integer && b.is_integer) {
    result = map(a, b, [](double x, double y) {
      if (y == 0) throw Error("an integer is divided by 0");
      return std::trunc(x / y);
    });
  } else {
    result = map(a, b, binary.f);
  }
  if (binary.gives_integers) result.is_integer = true;
  return result;
}

Array run_reduce(const std::string& name, const Array& a, const Dims& axes,
                 const Numbers& parameters) {
  const Reduction& reduction = find(kReductions, name);
  require_parameters(name, parameters.size(), reduction.parameters);
  Array result = reduce(a, axes, [&](Group g) {
    if (g.empty()) throw Error("{} of nothing", name);
    return reduction.f(g, parameters);
  });
  if (reduction.gives_integers) result.is_integer = true;
  return result;
}

Array run_along(const std::string& name, const Array& a, const Dims& axes) {
  return along(a, axes, find(kAlong, name));
}

bool is_unary(const std::string& name) { return kUnary.contains(name); }
bool is_binary(const std::string& name) { return kBinary.contains(name); }
bool is_reduction(const std::string& name) { return kReductions.contains(name); }

}  // namespace reshift
