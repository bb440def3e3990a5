# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Synthesis of the core, out of context: checkpoint and reports in OUTPUT.
source [file join [file dirname [file normalize [info script]]] common.tcl]

set generic_options {}
foreach generic $generics {
  lappend generic_options -generic $generic
}
read_verilog -sv [sources]
read_xdc -mode out_of_context $clock_xdc
read_xdc -mode out_of_context $here/core.xdc
synth_design -top $top -part $part -mode out_of_context -flatten_hierarchy rebuilt \
  -include_dirs [list $root/rtl/include] -verilog_define SYNTHESIS {*}$generic_options

report_utilization -hierarchical -file $output/synth_utilization.txt
report_timing_summary -max_paths 10 -file $output/synth_timing.txt
report_power -file $output/synth_power.txt
write_checkpoint -force $output/synth.dcp
