// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// What a part has beyond look-up tables, block RAM and multipliers: here nothing. A version in
/// rtl/tech takes its place for parts that have more.
package rs_tech_pkg;

  /// Attribute `ram_style` of the large memories: those of so many bits and words, or more.
  localparam string LargeStyle = "auto";
  localparam int unsigned LargeWidth = 64;
  localparam int unsigned LargeDepth = 2048;

endpackage
