// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_resize.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr unsigned kIn = RESHIFT_InW, kOut = RESHIFT_OutW;
constexpr unsigned kUnit = kIn < kOut ? kIn : kOut;

/// The narrow pieces of a word; a wide word that ends a packet may hold fewer.
struct Item {
  std::vector<uint64_t> pieces;
  bool last;
  bool operator==(const Item&) const = default;
};

struct Profile {
  const char* name;
  Stalls in, out;
};

class Resize : public testing::TestWithParam<Profile> {};

TEST_P(Resize, PacketsKeepTheirBits) {
  Bench<Vrs_resize> bench;
  Scoreboard<Item> board("out");
  StreamDriver<Item> driver(
      bench->in_valid_i, bench->in_ready_o,
      [&](const Item& item) {
        pack(bench->in_data_i, item.pieces, kUnit);
        bench->in_last_i = item.last;
      },
      GetParam().in);
  std::deque<size_t> sizes;  // pieces that count in each output word
  StreamMonitor<Item> monitor(
      bench->out_valid_o, bench->out_ready_i,
      [&] {
        Item item{{}, static_cast<bool>(bench->out_last_o)};
        for (unsigned i = 0; i < sizes.front(); ++i) {
          item.pieces.push_back(get_element(bench->out_data_o, i, kUnit));
        }
        return item;
      },
      [&](const Item& item) {
        board.actual(item);
        sizes.pop_front();
      },
      GetParam().out);
  bench->clear_i = 0;
  bench.add(driver);
  bench.add(monitor);
  bench.reset();

  uint64_t wide = 0;
  for (int packet = 0; packet < 500; ++packet) {
    const int64_t words = bench.random().uniform(1, 20);
    Item out{{}, false};
    for (int64_t w = 0; w < words; ++w) {
      Item in{{}, w == words - 1};
      for (unsigned i = 0; i < kIn / kUnit; ++i) {
        in.pieces.push_back(bench.random()() & ((1ull << kUnit) - 1));
        out.pieces.push_back(in.pieces.back());
        out.last = in.last && i == kIn / kUnit - 1;
        if (out.pieces.size() == kOut / kUnit || out.last) {
          sizes.push_back(out.pieces.size());
          board.expect(out);
          out.pieces.clear();
        }
      }
      driver.push(in);
      wide += kIn / kUnit;
    }
  }
  const uint64_t begin = bench.cycle();
  bench.run_until([&] { return board.empty(); }, 200000);
  if (GetParam().in.percent == 0 && GetParam().out.percent == 0) {
    EXPECT_LE(bench.cycle() - begin, wide + 5) << "a narrow word a cycle";
  }
}

TEST(Resize, ClearDropsWhatIsInside) {
  Bench<Vrs_resize> bench;
  bench->clear_i = bench->in_valid_i = bench->out_ready_i = 0;
  bench.reset();
  bench->in_valid_i = 1;
  bench->in_last_i = 0;
  bench.tick();
  bench->clear_i = 1;
  bench.settle();
  EXPECT_FALSE(bench->in_ready_o);
  bench.tick();
  bench->clear_i = 0;
  bench->in_last_i = 1;
  set_bits(bench->in_data_i, 0, kUnit, 0x5);
  bench.tick();
  bench->in_valid_i = 0;
  bench.tick();
  ASSERT_TRUE(bench->out_valid_o);
  EXPECT_EQ(get_bits(bench->out_data_o, 0, kUnit), 5u) << "the first word after the clear is low";
}

INSTANTIATE_TEST_SUITE_P(Traffic, Resize,
                         testing::Values(Profile{"none", Stalls::none(), Stalls::none()},
                                         Profile{"slow_in", Stalls::heavy(), Stalls::light()},
                                         Profile{"slow_out", Stalls::light(), Stalls::heavy()},
                                         Profile{"bursty", Stalls::bursty(), Stalls::bursty()}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace reshift
