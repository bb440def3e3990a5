# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The core of a configuration as an IP in OUTPUT/ip: AXI4-Lite slave s_axil, AXI4 master m_axi, interrupt
# irq, clk and rst_n. The packager wants plain Verilog on top, so this writes a wrapper that declares the
# interfaces as attributes; it also serves as a module reference in a block design.
source [file join [file dirname [file normalize [info script]]] common.tcl]

set name ${top}_${config}
set ip $output/ip
set interfaces {clk rst_n s_axil m_axi irq}

# {direction range name} of each port of the core; ranges by the configuration, none for a single bit.
proc ports {} {
  global root top generics
  set text [read_text $root/rtl/top/$top.sv]
  regexp {localparam int unsigned AddrW = (\d+);} [read_text $root/rtl/pkg/rs_axi_pkg.sv] -> address
  set values [list AxiAddrW $address]
  foreach generic $generics {
    lappend values {*}[split $generic =]
  }
  set result {}
  foreach line [split $text \n] {
    if {[regexp {^\s*(input|output)\s+logic\s+(?:\[(.*):0\]\s*)?(\w+),?$} $line -> way msb port]} {
      set range [expr {$msb eq "" ? "" : "\[[expr [string map $values $msb]]:0\] "}]
      lappend result [list $way $range $port]
    }
  }
  return $result
}

# The attributes that declare a port's place in its interface.
proc attributes {port} {
  switch -glob $port {
    clk {
      return {(* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 clk CLK" *)
  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axil:m_axi, ASSOCIATED_RESET rst_n" *)}
    }
    rst_n {
      return {(* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 rst_n RST" *)
  (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)}
    }
    irq {
      return {(* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 irq INTERRUPT" *)
  (* X_INTERFACE_PARAMETER = "SENSITIVITY LEVEL_HIGH" *)}
    }
    s_axil_* - m_axi_* {
      regexp {^(.*)_(\w+)$} $port -> bus signal
      set result "(* X_INTERFACE_INFO = \"xilinx.com:interface:aximm:1.0 $bus [string toupper $signal]\" *)"
      if {$signal eq "awaddr"} {
        set protocol [expr {$bus eq "s_axil" ? "AXI4LITE" : "AXI4"}]
        append result "\n  (* X_INTERFACE_PARAMETER = \"PROTOCOL $protocol\" *)"
      }
      return $result
    }
    default { fail "port $port of the core belongs to no interface" }
  }
}

proc wrapper {} {
  global name top generics
  set declarations {}
  set connections {}
  foreach item [ports] {
    lassign $item way range port
    lappend declarations "  [attributes $port]\n  $way wire $range$port"
    lappend connections "    .$port\($port)"
  }
  set values {}
  foreach generic $generics {
    lappend values "    .[string map {= (} $generic])"
  }
  return "// Written by package.tcl.
module $name (
[join $declarations ",\n"]
);

  $top #(
[join $values ",\n"]
  ) u_core (
[join $connections ",\n"]
  );

endmodule"
}

# All sources in one folder, where `include finds the header beside them.
file delete -force $ip $output/project
file mkdir $ip/src
file copy {*}[sources] {*}[glob $root/rtl/include/*.svh] $ip/src
set file [open $ip/src/$name.v w]
puts $file [wrapper]
close $file
file copy $clock_xdc $ip/src/${name}_ooc.xdc

create_project -part $part project $output/project
add_files [lmap path [sources] {file join $ip src [file tail $path]}]
add_files [glob $ip/src/*.svh]
add_files [list $ip/src/$name.v]
set_property file_type {Verilog Header} [get_files *.svh]
set_property verilog_define SYNTHESIS [current_fileset]
set_property top $name [current_fileset]
add_files -fileset constrs_1 [list $ip/src/${name}_ooc.xdc]
set_property USED_IN {synthesis implementation out_of_context} [get_files *_ooc.xdc]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $ip -vendor reshift -library user -taxonomy /UserIP
set core [ipx::current_core]
set_property name $name $core
set_property display_name "ReShift core $config" $core
set_property description "CNN inference with weights that are sums of powers of two" $core
set_property supported_families {zynq Production zynquplus Production} $core
foreach interface $interfaces {
  if {[ipx::get_bus_interfaces $interface -of_objects $core] eq ""} {
    fail "the packager did not find the interface $interface"
  }
}
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
