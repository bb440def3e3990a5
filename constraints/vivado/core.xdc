# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The core by itself (out of context): what surrounds it has a share of the period on each side of every
# port. The ports are registered or pass a skid buffer; an AXI interconnect registers them again. The
# clock must exist: clock.xdc of common.tcl, or `create_clock -name clk -period NS [get_ports clk]`.

set period [get_property PERIOD [get_clocks clk]]
set core_inputs [get_ports -filter {DIRECTION == IN && NAME != clk}]
set core_outputs [get_ports -filter {DIRECTION == OUT}]

set_input_delay -clock clk -max [expr 0.4 * $period] $core_inputs
set_input_delay -clock clk -min [expr 0.1 * $period] $core_inputs
set_output_delay -clock clk -max [expr 0.4 * $period] $core_outputs
set_output_delay -clock clk -min 0.0 $core_outputs
