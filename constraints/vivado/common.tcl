# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# What the Vivado jobs share: the boards, the arguments, the file list, the parameters of a named
# configuration. Each job is called as (run.sh does)
#
#   vivado -mode batch -source JOB.tcl -tclargs BOARD CONFIG OUTPUT

# Part and target period (ns) of the core's clock, conservative until a run of the tool has shown more.
set boards {
  zc706      {xc7z045ffg900-2      5.000}
  zcu102     {xczu9eg-ffvb1156-2-e 3.333}
  zcu104     {xczu7ev-ffvc1156-2-e 3.333}
  kv260      {xck26-sfvc784-2LV-c  4.000}
  ultra96-v2 {xczu3eg-sbva484-1-i  4.000}
}
set top reshift_core
set here [file dirname [file normalize [info script]]]
set root [file dirname [file dirname $here]]

proc fail {text} {
  puts stderr "error: $text"
  exit 1
}

proc read_text {path} {
  set file [open $path]
  set text [read $file]
  close $file
  return $text
}

# The sources in the order of rtl/files.txt, the one file list.
proc sources {} {
  global root
  set paths {}
  foreach name [read_text $root/rtl/files.txt] {
    lappend paths $root/rtl/$name
  }
  return $paths
}

# NAME=VALUE of each parameter of a configuration, from spec/configurations.json. Vivado's own Python and
# libraries must not get into the way of the system's.
proc parameters {config} {
  global root
  if {[catch {exec env -u PYTHONHOME -u PYTHONPATH -u LD_LIBRARY_PATH \
                python3 $root/spec/gen/generate.py --gflags $config} flags]} {
    fail [lindex [split $flags \n] 0]
  }
  set result {}
  foreach flag $flags {
    lappend result [string range $flag 2 end]
  }
  return $result
}

if {[llength $argv] != 3} {
  fail "arguments: BOARD CONFIG OUTPUT"
}
lassign $argv board config output
if {![dict exists $boards $board]} {
  fail "unknown board '$board'; known: [join [dict keys $boards] {, }]"
}
lassign [dict get $boards $board] part period
set generics [parameters $config]
file mkdir $output

# The clock of the board; core.xdc, which has the rest, follows from it.
set clock_xdc $output/clock.xdc
set file [open $clock_xdc w]
puts $file "create_clock -name clk -period $period \[get_ports clk\]"
close $file
