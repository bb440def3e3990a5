#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What size_check.py makes of C++ that is easy to misread."""

import pathlib
import unittest

import size_check

SOURCE = """// class NotThis {
namespace a {
namespace {

const char* text() { return "} { not code"; }

template <typename T, int N = (1 < 2)>
class Box : public Base<T> {
 public:
  explicit Box(int a) : a_{a}, b_(a) {
    if (a > 1'000'000) fail('{');
  }
  T get() const {
    const auto twice = [&](int i) {
      return 2 * i;
    };
    return twice(a_);
  }
  Box& operator=(const Box&) = default;
  bool operator<(const Box& o) const { return a_ < o.a_; }

 private:
  struct Inner {
    int x = 0;
  };
  void later();
  int a_{0}, b_ = {};
};

enum class Kind { kA, kB };
const std::map<std::string, int> kTable{
    {"x", 1},
};
#define BRACE {

}  // namespace

void Box::later() {
  run();
}

TEST(Suite, Name) {
  EXPECT_TRUE(true);
}

}  // namespace a
"""


class SizeCheck(unittest.TestCase):
    def test_names_and_lines(self):
        path = pathlib.Path("box.cpp")
        found = size_check.add_members(size_check.sizes_of(path, SOURCE))
        sizes = {s.name: (s.kind, s.lines) for s in found}
        self.assertEqual(sizes, {
            "text": ("function", 1),
            "Box": ("class", 22 + 3),
            "Box::Box": ("function", 3),
            "Box::get": ("function", 6),
            "Box::operator<": ("function", 1),
            "Box::Inner": ("class", 3),
            "Box::later": ("function", 3),
            "TEST(Suite, Name)": ("function", 3),
        })


if __name__ == "__main__":
    unittest.main()
