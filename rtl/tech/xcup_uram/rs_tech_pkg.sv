// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// UltraScale+ parts with UltraRAM, in place of rtl/pkg/rs_tech_pkg.sv: feature buffer and weight
/// tiles, where they are deep enough, lie in blocks of 4,096 words of 72 bits.
package rs_tech_pkg;

  /// Attribute `ram_style` of the large memories: those of so many bits and words, or more. Smaller
  /// ones would leave most of a block empty.
  localparam string LargeStyle = "ultra";
  localparam int unsigned LargeWidth = 64;
  localparam int unsigned LargeDepth = 2048;

endpackage
