# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Synthesis, placement and routing of the core, out of context: checkpoint and reports in OUTPUT. Fails
# when the period is not met.
source [file join [file dirname [file normalize [info script]]] synth.tcl]

opt_design
place_design
phys_opt_design
route_design

report_utilization -hierarchical -file $output/impl_utilization.txt
report_timing_summary -max_paths 10 -file $output/impl_timing.txt
report_power -file $output/impl_power.txt
report_route_status -file $output/impl_route.txt
write_checkpoint -force $output/impl.dcp

set slack [get_property SLACK [get_timing_paths -delay_type max]]
puts [format "%s, %s: %.1f MHz (slack %.3f ns at %.3f ns)" $board $config \
        [expr {1000.0 / ($period - $slack)}] $slack $period]
if {$slack < 0} {
  fail "the period is missed by [expr {-$slack}] ns: see $output/impl_timing.txt"
}
