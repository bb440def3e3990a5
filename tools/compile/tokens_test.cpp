// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/tokens.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reshift {
namespace {

constexpr auto kLoad = static_cast<std::size_t>(Engine::kLoad),
               kExec = static_cast<std::size_t>(Engine::kExec),
               kStore = static_cast<std::size_t>(Engine::kStore);

int count(const std::vector<std::array<bool, kEngines>>& bits) {
  int n = 0;
  for (const auto& engines : bits) n += engines[0] + engines[1] + engines[2];
  return n;
}

// load a word, compute another one from it, store that: each waits for the one before it, the load
// and the EXEC also for those of the frame before that read what they overwrite.
TEST(Tokens, LoadExecStore) {
  const Tokens t = plan_tokens({{Engine::kLoad, {}, {{0, 1}}, {}, {}},
                                {Engine::kExec, {{0, 1}}, {{1, 2}}, {}, {}},
                                {Engine::kStore, {{1, 2}}, {}, {}, {{0, 64}}}});
  EXPECT_TRUE(t.wait[1][kLoad] && t.post[0][kExec]);
  EXPECT_TRUE(t.wait[2][kExec] && t.post[1][kStore]);
  EXPECT_TRUE(t.wait[0][kExec] && t.post[1][kLoad]);
  EXPECT_TRUE(t.wait[1][kStore] && t.post[2][kExec]);
  EXPECT_EQ(count(t.wait), 4);
  EXPECT_EQ(count(t.post), 4);
  EXPECT_EQ(t.credits[kExec][kLoad], 1);
  EXPECT_EQ(t.credits[kStore][kExec], 1);
  EXPECT_EQ(t.credits[kLoad][kExec], 0);
  EXPECT_EQ(t.credits[kExec][kStore], 0);
}

// What is read back from memory waits for the store of it, but not for that of another frame, which
// has other memory; bytes next to it do not count.
TEST(Tokens, ReloadWaitsForItsStore) {
  const Access exec{Engine::kExec, {}, {{0, 1}}, {}, {}};
  const Access near{Engine::kStore, {{0, 1}}, {}, {}, {{64, 128}}};
  const Access store{Engine::kStore, {{0, 1}}, {}, {}, {{0, 64}}};
  const Access reload{Engine::kLoad, {}, {{5, 6}}, {{0, 64}}, {}};
  const Tokens t = plan_tokens({exec, store, near, reload});
  EXPECT_TRUE(t.wait[3][kStore] && t.post[1][kLoad]);
  EXPECT_FALSE(t.post[2][kLoad]);
  EXPECT_EQ(t.credits[kStore][kLoad], 0);
  const Tokens before = plan_tokens({reload, exec, store});
  EXPECT_FALSE(before.wait[0][kStore]);
}

// A wait for a descriptor is a wait for all before it: two loads after the same EXEC take one
// token.
TEST(Tokens, NoTokenTwice) {
  const Access read{Engine::kExec, {{0, 2}}, {{9, 10}}, {}, {}};
  const Tokens t = plan_tokens(
      {read, {Engine::kLoad, {}, {{0, 1}}, {}, {}}, {Engine::kLoad, {}, {{1, 2}}, {}, {}}, read});
  EXPECT_TRUE(t.wait[1][kExec] && t.post[0][kLoad]);
  EXPECT_FALSE(t.wait[2][kExec]);
  // The second EXEC waits for the second load only; the first one's words are loaded in the frame
  // before.
  EXPECT_TRUE(t.wait[3][kLoad] && t.post[2][kExec]);
  EXPECT_FALSE(t.post[1][kExec] || t.wait[0][kLoad]);
}

// A table waits for the EXEC that reads another one in its place, not for one that reads the same.
TEST(Tokens, ATableWaitsForTheOneBeforeIt) {
  const auto load = [](int place, int table) {
    return Access{.engine = Engine::kLoad, .table_written = {place, table}};
  };
  const auto exec = [](int place, int table) {
    return Access{.engine = Engine::kExec, .table_read = {place, table}};
  };
  const Tokens t =
      plan_tokens({load(1, 1), load(2, 2), exec(1, 1), exec(2, 2), load(1, 3), exec(1, 3)});
  EXPECT_TRUE(t.wait[4][kExec] && t.post[2][kLoad]);
  EXPECT_TRUE(t.wait[0][kExec] && t.post[5][kLoad]);
  EXPECT_EQ(count(t.wait), 2);
  EXPECT_EQ(count(t.post), 2);
}

// Many stores, then as many reloads, each of which needs one of them: not a token for each, of
// which a core counts no more than 255.
TEST(Tokens, FewStandAtATime) {
  constexpr int kStrips = 400;
  std::vector<Access> frame;
  for (std::int64_t i = 0; i < kStrips; ++i) {
    frame.push_back({Engine::kExec, {}, {{i % 2, i % 2 + 1}}, {}, {}});
    frame.push_back({Engine::kStore, {{i % 2, i % 2 + 1}}, {}, {}, {{64 * i, 64 * i + 64}}});
  }
  for (std::int64_t i = 0; i < kStrips; ++i) {
    frame.push_back({Engine::kLoad, {}, {{5 + i % 2, 6 + i % 2}}, {{64 * i, 64 * i + 64}}, {}});
    frame.push_back({Engine::kExec, {{5 + i % 2, 6 + i % 2}}, {}, {}, {}});
  }
  const Tokens t = plan_tokens(frame);
  int standing = 0, most = 0, waits = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    standing += t.post[i][kLoad] && frame[i].engine == Engine::kStore;
    if (frame[i].engine == Engine::kLoad && t.wait[i][kStore]) {
      --standing;
      ++waits;
    }
    most = std::max(most, standing);
    ASSERT_GE(standing, 0);
  }
  EXPECT_LE(most, 32);
  EXPECT_GT(waits, 0);
}

}  // namespace
}  // namespace reshift
