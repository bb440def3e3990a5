# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Stands in for Vivado in tclsh: the commands that the jobs use, each writes itself as a line `CALL name
# arguments` (a Tcl list) and does nothing. Any other command is an error, as it is in the tool.
#
#   tclsh stub.tcl JOB.tcl BOARD CONFIG OUTPUT        environment: STUB_SLACK, STUB_MISSING

set stubbed {
  add_files close_project create_clock create_project current_fileset current_project get_clocks
  get_files get_ports get_timing_paths opt_design phys_opt_design place_design read_verilog
  report_power report_route_status report_timing_summary report_utilization route_design
  set_input_delay set_output_delay set_property synth_design update_compile_order write_checkpoint
  ipx::check_integrity ipx::create_xgui_files ipx::current_core ipx::package_project ipx::save_core
  ipx::update_checksums
}
namespace eval ipx {}
foreach command $stubbed {
  proc $command args "puts \[list CALL $command {*}\$args\]; return <$command>"
}
proc get_property {name object} {
  set values [dict create PERIOD 5.0 SLACK $::env(STUB_SLACK)]
  return [dict get $values $name]
}
proc ipx::get_bus_interfaces {name args} {
  return [expr {$name eq $::env(STUB_MISSING) ? "" : "<$name>"}]
}
# A constraint file is Tcl.
proc read_xdc {mode value path} {
  puts [list CALL read_xdc $mode $value $path]
  uplevel #0 [list source $path]
}

set argv [lassign $argv job]
source $job
