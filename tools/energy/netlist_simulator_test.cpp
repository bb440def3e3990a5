// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "energy/netlist_simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json cell(const char* type, json parameters, json connections) {
  return {{"type", type}, {"parameters", parameters}, {"connections", connections}};
}

json netlist(json ports, json cells) {
  json made = {{"ports", json::object()}, {"cells", std::move(cells)}};
  for (const auto& [name, bits] : ports.items()) {
    made["ports"][name] = {{"direction", name.ends_with("_o") ? "output" : "input"},
                           {"bits", bits}};
  }
  return {{"modules", {{"top", made}}}};
}

std::string saif(const NetlistSimulator& simulator) {
  const std::string path = testing::TempDir() + "netlist_simulator_test.saif";
  simulator.write_saif(path);
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

TEST(NetlistSimulator, TableOfEveryInput) {
  // Odd parity of six inputs.
  std::string init;
  for (int i = 63; i >= 0; --i) init += std::popcount(static_cast<unsigned>(i)) % 2 ? '1' : '0';
  json pins = {{"O", {8}}};
  for (int i = 0; i < 6; ++i) pins["I" + std::to_string(i)] = {2 + i};
  NetlistSimulator simulator(netlist({{"a_i", {2, 3, 4, 5, 6, 7}}, {"q_o", {8}}},
                                     {{"t", cell("LUT6", {{"INIT", init}}, pins)}}),
                             "top");
  for (unsigned i = 0; i < 64; ++i) {
    simulator.set("a_i", 0, 6, i);
    simulator.clock();
    EXPECT_EQ(simulator.get("q_o", 0, 1), std::popcount(i) % 2u) << i;
  }
}

TEST(NetlistSimulator, CarryChainAdds) {
  // S = a ^ b, DI = a: the chain adds with the carry in.
  json cells, sum_pins = {{"CI", {"0"}}, {"CYINIT", {10}}, {"DI", {2, 3, 4, 5}}};
  for (int i = 0; i < 4; ++i) {
    cells["x" + std::to_string(i)] =
        cell("LUT2", {{"INIT", "0110"}}, {{"I0", {2 + i}}, {"I1", {6 + i}}, {"O", {11 + i}}});
    sum_pins["S"].push_back(11 + i);
    sum_pins["O"].push_back(15 + i);
    sum_pins["CO"].push_back(19 + i);
  }
  cells["c"] = cell("CARRY4", json::object(), sum_pins);
  NetlistSimulator simulator(netlist({{"a_i", {2, 3, 4, 5}},
                                      {"b_i", {6, 7, 8, 9}},
                                      {"c_i", {10}},
                                      {"q_o", {15, 16, 17, 18, 22}}},
                                     cells),
                             "top");
  for (unsigned a = 0; a < 16; ++a) {
    for (unsigned b = 0; b < 16; ++b) {
      for (unsigned c = 0; c < 2; ++c) {
        simulator.set("a_i", 0, 4, a);
        simulator.set("b_i", 0, 4, b);
        simulator.set("c_i", 0, 1, c);
        simulator.clock();
        EXPECT_EQ(simulator.get("q_o", 0, 5), a + b + c);
      }
    }
  }
}

TEST(NetlistSimulator, RegistersTakeWhatTheySawBeforeTheEdge) {
  const auto ff = [](const char* type, int d, int reset, int q) {
    return cell(
        type, {{"INIT", "x"}},
        {{"C", {9}}, {"CE", {3}}, {"D", {d}}, {type[2] == 'S' ? "S" : "R", {reset}}, {"Q", {q}}});
  };
  NetlistSimulator simulator(
      netlist({{"d_i", {2}}, {"ce_i", {3}}, {"r_i", {4}}, {"q_o", {5, 6, 7}}},
              {{"a", ff("FDRE", 2, 4, 5)}, {"b", ff("FDRE", 5, 4, 6)}, {"c", ff("FDSE", 5, 4, 7)}}),
      "top");
  simulator.set("ce_i", 0, 1, 1);
  simulator.set("d_i", 0, 1, 1);
  const auto step = [&] {
    simulator.clock();
    return simulator.get("q_o", 0, 3);
  };
  EXPECT_EQ(step(), 0b000u);
  EXPECT_EQ(step(), 0b001u);
  EXPECT_EQ(step(), 0b111u);
  simulator.set("ce_i", 0, 1, 0);
  simulator.set("d_i", 0, 1, 0);
  step();
  EXPECT_EQ(step(), 0b111u);  // not enabled
  simulator.set("r_i", 0, 1, 1);
  step();
  EXPECT_EQ(step(), 0b100u);  // reset and set win over the enable
}

TEST(NetlistSimulator, ShiftRegisterDelays) {
  // Address 4: five cycles.
  NetlistSimulator simulator(
      netlist({{"d_i", {2}}, {"q_o", {3}}}, {{"s", cell("SRL16E", {{"INIT", "0000000000000000"}},
                                                        {{"CLK", {9}},
                                                         {"CE", {"1"}},
                                                         {"D", {2}},
                                                         {"A0", {"0"}},
                                                         {"A1", {"0"}},
                                                         {"A2", {"1"}},
                                                         {"A3", {"0"}},
                                                         {"Q", {3}}})}}),
      "top");
  simulator.set("d_i", 0, 1, 1);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(simulator.get("q_o", 0, 1), 0u);
    simulator.clock();
  }
  EXPECT_EQ(simulator.get("q_o", 0, 1), 1u);
}

TEST(NetlistSimulator, MultiplierLane) {
  json act, weight, sum_in, sum_out;
  for (int i = 0; i < 4; ++i) {
    act.push_back(2 + i);
    weight.push_back(6 + i);
  }
  for (int i = 0; i < 9; ++i) sum_in.push_back(10 + i);
  for (int i = 0; i < 10; ++i) sum_out.push_back(20 + i);
  NetlistSimulator simulator(
      netlist({{"act_i", act}, {"weight_i", weight}, {"sum_i", sum_in}, {"sum_o", sum_out}},
              {{"m", cell("rs_mult_lane_7", json::object(),
                          {{"clk_i", {50}},
                           {"act_i", act},
                           {"weight_i", weight},
                           {"sum_i", sum_in},
                           {"sum_o", sum_out}})}}),
      "top");
  for (const int a : {-8, -3, 0, 7}) {
    for (const int w : {-8, -1, 5}) {
      for (const int s : {-200, 0, 199}) {
        simulator.set("act_i", 0, 4, static_cast<std::uint64_t>(a));
        simulator.set("weight_i", 0, 4, static_cast<std::uint64_t>(w));
        simulator.set("sum_i", 0, 9, static_cast<std::uint64_t>(s));
        // The inputs, then operands, product and sum are registers.
        for (int i = 0; i < 4; ++i) simulator.clock();
        EXPECT_EQ(simulator.get("sum_o", 0, 10), static_cast<std::uint64_t>(s + a * w) & 0x3ff);
      }
    }
  }
}

// An inverter and an AND of a signal and its inverse: when the signal rises, the AND is high until
// the inverter has followed.
TEST(NetlistSimulator, CountsTransitionsAndGlitches) {
  NetlistSimulator simulator(
      netlist({{"d_i", {2}}, {"q_o", {4}}},
              {{"i", cell("INV", json::object(), {{"I", {2}}, {"O", {3}}})},
               {"a", cell("LUT2", {{"INIT", "1000"}}, {{"I0", {2}}, {"I1", {3}}, {"O", {4}}})}}),
      "top");
  simulator.record();
  for (const unsigned value : {1, 1, 0, 1}) {
    simulator.set("d_i", 0, 1, value);
    simulator.clock();
  }
  const std::string text = saif(simulator);
  EXPECT_THAT(text, HasSubstr("(DURATION 4)"));
  EXPECT_THAT(text, HasSubstr("(n2 (T0 2) (T1 2) (TX 0) (TC 3) (TG 0)"));
  EXPECT_THAT(text, HasSubstr("(n3 (T0 2) (T1 2) (TX 0) (TC 3) (TG 0)"));
  EXPECT_THAT(text, HasSubstr("(n4 (T0 4) (T1 0) (TX 0) (TC 0) (TG 4)"));
}

TEST(NetlistSimulator, RefusesWhatItCannotSimulate) {
  const auto fails = [](json cells, const char* text) {
    try {
      NetlistSimulator(netlist({{"d_i", {2}}}, cells), "top");
      FAIL() << "no error";
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr(text));
    }
  };
  const json inverter = cell("INV", json::object(), {{"I", {2}}, {"O", {3}}});
  fails({{"x", cell("DSP48E1", json::object(), json::object())}}, "DSP48E1");
  fails({{"a", inverter}, {"b", inverter}}, "has a driver");
  fails({{"a", cell("INV", json::object(), {{"I", {3}}, {"O", {3}}})}}, "loop");
  fails({{"f", cell("FDRE", {{"IS_D_INVERTED", "1"}}, json::object())}}, "IS_D_INVERTED");
}

}  // namespace
}  // namespace reshift
