# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The energy model: what switched in a netlist, counted by kind, times a constant for each kind. See
docs/energy.md for where the constants come from and what they do not say."""

import collections

# Energy of one event; the unit is a transition that the routing fabric brings to one pin.
CONSTANTS = {
    "routed": 1.0,   # a transition, for each pin that it reaches through the routing fabric
    "local": 0.1,    # the same for a pin in the driver's slice: flip-flop, carry, multiplexer
    "lut": 0.8,      # a transition at the output of a look-up table
    "carry": 0.1,    # ... of a bit of a carry chain (carry or sum)
    "mux": 0.1,      # ... of a slice multiplexer
    "ff": 0.1,       # ... of a flip-flop
    "clock": 0.1,    # a cycle of a flip-flop or shift register, whatever its data
}
# A DSP slice has no constant: its energy is `dsp` slices and cycles times something unknown.
CLOCK_PINS = {"C", "CLK", "clk_i"}


def is_local(driver, load, pin):
    """Whether a pin of a cell of kind `load` is wired to its driver inside the slice."""
    if load == "ff":
        return pin == "D" and driver in ("lut", "mux", "carry")
    if load == "carry":
        return (pin in ("S", "DI") and driver == "lut") or (pin in ("CI", "CYINIT") and driver == "carry")
    if load == "dsp":
        return pin == "sum_i" and driver == "dsp"  # the cascade
    return load == "mux" and pin in ("I0", "I1") and driver in ("lut", "mux")


def events(module, toggles, cycles, kind_of):
    """Counts of the events of CONSTANTS in a flat module of Yosys' JSON. `toggles`: net -> transitions;
    `kind_of`: kind of a cell type (tools/synth/families.py)."""
    driver, loads, clocked, slices = {}, collections.defaultdict(list), 0, 0
    for cell in module["cells"].values():
        kind = kind_of(cell["type"])
        if kind not in ("lut", "mux", "carry", "ff", "srl", "dsp"):
            raise SystemExit(f"the energy model does not know the cell {cell['type']}")
        clocked += kind in ("ff", "srl")
        slices += kind == "dsp"
        for pin, bits in cell["connections"].items():
            for bit in bits:
                if cell["port_directions"][pin] == "output":
                    # A shift register is a look-up table.
                    driver[bit] = "lut" if kind == "srl" else kind
                elif pin not in CLOCK_PINS:
                    loads[bit].append((kind, pin))
    result = collections.Counter(clock=clocked * cycles, dsp=slices * cycles)
    for net, count in toggles.items():
        if net in driver and driver[net] != "dsp":
            result[driver[net]] += count
        for load, pin in loads[net]:
            result["local" if is_local(driver.get(net), load, pin) else "routed"] += count
    return result


def energy(counts, constants=CONSTANTS):
    """Of all that has a constant."""
    return sum(counts.get(event, 0) * constant for event, constant in constants.items())
