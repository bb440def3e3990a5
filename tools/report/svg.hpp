// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace reshift {

/// Text as HTML and SVG want it.
std::string escape(std::string_view text);

/// A drawing that is put together piece by piece; coordinates are pixels, y downwards.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  struct Box {
    double x = 0, y = 0, width = 0, height = 0;
  };
  /// `tip` shows when the mouse is over it.
  void rect(const Box& box, std::string_view colour, std::string_view tip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view colour);
  void dot(double x, double y, std::string_view colour, std::string_view tip);
  enum class Anchor { kStart, kMiddle, kEnd };
  void text(double x, double y, std::string_view text, Anchor anchor = Anchor::kStart);

  std::string str() const;

 private:
  double width_, height_;
  std::string body_;
};

}  // namespace reshift
