# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The FPGA families: how Yosys maps to them, and what their cells are.

A cell is one of these kinds:

  lut      one level of logic                ff      starts and ends paths
  mux      free: inside the slice, behind    bram    starts and ends paths
           its LUTs                          dsp     by its registers; without any, one level
  carry    part of a carry chain             srl     a LUT as shift register: starts and ends paths
  lutram   a LUT as memory: ends paths at its write port; a read is one level
  latch    never wanted
"""

import dataclasses
import functools
import pathlib
import re

TABLES = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True, eq=False)
class Family:
    name: str
    # The synthesis command up to the mapping to LUTs, and the commands from there on. Those are the
    # vendor script's, with `abc` in place of `abc9`: fewest levels for every path, where abc9 makes
    # deep what is not on the path it takes for the longest (docs/synthesis.md). `libraries` are the
    # cells, files in Yosys' share folder; all of them read with `define`.
    map_coarse: str
    map_luts: tuple
    libraries: tuple
    # Kind of cell by its name.
    kinds: dict
    # What a cell takes: LUTs, and block RAM in units of the family.
    luts: dict
    bram: dict
    # Inputs of a carry cell that continue the chain, and outputs in the order of the chain.
    carry_in: str
    # Large memory blocks, counted apart.
    uram: str = ""
    define: str = "SYNTHESIS"

    @functools.lru_cache(maxsize=None)
    def kind(self, cell):
        for kind, pattern in self.kinds.items():
            if re.fullmatch(pattern, cell):
                return kind
        return None

    @functools.lru_cache(maxsize=None)
    def luts_of(self, cell):
        """LUTs that a cell takes; those a carry cell shares with LUTs of the netlist do not count."""
        for pattern, count in self.luts.items():
            if re.fullmatch(pattern, cell):
                return count
        return 0


def xilinx(name, dsp, options=""):
    return Family(
        name=name,
        map_coarse=f"synth_xilinx -family {options or name} -noiopad -noclkbuf -top {{top}} -run begin:map_luts",
        map_luts=("opt_expr -mux_undef -noclkinv", "abc -luts 2:2,3,6:5,10,20", "clean",
                  "xilinx_srl -fixed -minlen 3",
                  "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6",
                  "xilinx_dffopt", "opt_lut_ins -tech xilinx", "clean", "check -assert"),
        libraries=("xilinx/cells_sim.v", "xilinx/cells_xtra.v"),
        kinds={"lut": r"LUT[1-6]|INV", "mux": r"MUXF[789]", "carry": r"CARRY[48]",
               "ff": r"FD[RSCP]E(_1)?", "latch": r"LD[CP]E", "bram": r"RAMB(18|36)E[12]|URAM288",
               "lutram": r"RAM\d+(M\d*|X1[SD])", "srl": r"SRL16E|SRLC32E", "dsp": dsp},
        luts={r"LUT[1-6]|INV|SRL16E|SRLC32E|RAM(32|64)X1S": 1, r"RAM(32|64)X1D|RAM128X1S": 2,
              r"RAM(32|64)M|RAM128X1D|RAM256X1S": 4, r"RAM32M16|RAM64M8|RAM256X1D": 8},
        bram={r"RAMB36E[12]": 1, r"RAMB18E[12]": 0.5},
        uram=r"URAM288", carry_in="CI")


FAMILIES = {family.name: family for family in (
    xilinx("xc7", "DSP48E1"),
    xilinx("xcup", "DSP48E2"),
    xilinx("xcup_uram", "DSP48E2", "xcup -uram"),  # parts with UltraRAM
    Family(
        name="ecp5",
        map_coarse="synth_lattice -family ecp5 -noflatten -top {top} -run :map_luts",
        map_luts=("abc -lut 4:7", "clean", "techmap -map +/lattice/cells_map_trellis.v",
                  "opt_lut_ins -tech lattice", "clean", "check -assert"),
        libraries=("lattice/cells_sim_ecp5.v", "lattice/cells_bb_ecp5.v"),
        kinds={"lut": r"LUT4", "mux": r"PFUMX|L6MUX21", "carry": r"CCU2C", "ff": r"TRELLIS_FF",
               "bram": r"DP16KD|PDPW16KD", "lutram": r"TRELLIS_DPR16X4", "dsp": r"MULT18X18D"},
        # Both LUTs of a slice are the carry cell; a memory takes two slices and the LUTs of a third
        # for its write port.
        luts={r"LUT4": 1, r"CCU2C": 2, r"TRELLIS_DPR16X4": 6},
        bram={r"DP16KD|PDPW16KD": 1},
        carry_in="CIN"),
    Family(
        name="ice40",
        map_coarse="synth_ice40 -noflatten -top {top} -run :map_ram; "
                   f'memory_libmap -lib +/ice40/brams.txt -lib "{TABLES}/ice40_words.txt"; '
                   f'techmap -map "{TABLES}/ice40_words.v"; '
                   "synth_ice40 -noflatten -top {top} -run map_ram:map_luts",
        map_luts=("abc -lut 4", "ice40_wrapcarry -unwrap", "techmap -map +/ice40/ff_map.v", "clean",
                  "opt_lut -tech ice40", "techmap -map +/ice40/cells_map.v", "clean", "check -assert"),
        libraries=("ice40/cells_sim.v",),
        kinds={"lut": r"SB_LUT4", "carry": r"SB_CARRY", "ff": r"SB_DFF\w*",
               "bram": r"SB_RAM40_4K\w*", "dsp": r"SB_MAC16"},
        luts={r"SB_LUT4": 1},
        bram={r"SB_RAM40_4K\w*": 1},
        carry_in="CI", define="ICE40_HX"),
)}


def family(name):
    if name not in FAMILIES:
        raise SystemExit(f"no device family {name}: there are {', '.join(FAMILIES)}")
    return FAMILIES[name]
