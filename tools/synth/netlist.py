# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What a mapped netlist takes and how deep its logic is, module by module, hierarchy kept.

Depth. A path runs from a register (flip-flop, block RAM, DSP, shift register, written LUT RAM) to
the next, across modules. Its length is the number of LUTs on it plus the number of carry chains
beyond the first: "logic levels beyond a carry chain". A chain counts once, however long it is; slice
multiplexers (MUXF7, PFUMX ...) count nothing, an adder's LUT in front of the chain counts.

Every module kind is looked at once. Its summary, the depths from its inputs to its registers, from
its registers to its outputs and from inputs to outputs, is what its parents see of it. Depths are kept
in two states, 0 before and 1 after the first carry chain of a path."""

import collections
import dataclasses
import re

import plain_verilog

LUT, CARRY, LUT_CARRY, FREE = "lut", "carry", "lut+carry", "free"
# What an edge adds: (state before, state after, levels).
STEPS = {
    LUT: ((0, 0, 1), (1, 1, 1)),
    FREE: ((0, 0, 0), (1, 1, 0)),
    CARRY: ((0, 1, 0), (1, 1, 1)),
    LUT_CARRY: ((0, 1, 1), (1, 1, 2)),
}


@dataclasses.dataclass(frozen=True)
class Piece:
    """A stretch of a path: its levels, the cells on it as (module instance, cell type), and the
    registers it starts and ends at as (module instance, module kind, name), if it has them."""
    levels: int
    cells: tuple = ()
    start: tuple = None
    end: tuple = None

    def __add__(self, other):
        return Piece(self.levels + other.levels, self.cells + other.cells, self.start or other.start,
                     self.end or other.end)

    def inside(self, instance):
        """The same stretch, seen from the parent."""
        def below(place):
            return place and (f"{instance}.{place[0]}" if place[0] else instance, *place[1:])
        return Piece(self.levels, tuple(below(cell) for cell in self.cells), below(self.start),
                     below(self.end))

    def count(self, kinds):
        return sum(cell[1] in kinds for cell in self.cells)


class Module:
    """One mapped module, from the JSON that Yosys writes."""

    def __init__(self, kind, data, kinds, family, places):
        self.kind = kind
        self.places = places
        self.family = family
        self.ports = {name: (port["direction"], port["bits"]) for name, port in data["ports"].items()}
        self.cells = data["cells"]
        # The names of each net: those of registers (x_q) before others, short before long.
        self.names = collections.defaultdict(list)
        for name, net in sorted(data["netnames"].items(),
                                key=lambda item: (not item[0].endswith("_q"), len(item[0]))):
            for i, bit in enumerate(net["bits"] if not net["hide_name"] else ()):
                self.names[bit].append(f"{name}[{i}]" if len(net["bits"]) > 1 else name)
        self.instances = {name: cell["type"] for name, cell in self.cells.items()
                          if cell["type"] in kinds}
        self.driver = {}
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"].get(port) == "output":
                    for bit in bits:
                        self.driver[bit] = (cell["type"], port, name)

    def bits(self, cell, direction):
        """(port, index, bit) of a cell's ports, constants left out."""
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) in (direction, "inout"):
                for i, bit in enumerate(bits):
                    if isinstance(bit, int):
                        yield port, i, bit

    # Resources.

    def resources(self):
        """What the module takes without its children."""
        family, total = self.family, collections.Counter()
        total["lut"] -= self.lut_pairs()
        for cell in self.cells.values():
            kind, luts = family.kind(cell["type"]), family.luts_of(cell["type"])
            total["lut"] += luts
            if kind in ("lutram", "srl"):
                total[kind] += luts
            elif kind in ("carry", "ff", "dsp", "latch"):
                total[kind] += 1
            for pattern, amount in family.bram.items():
                total["bram"] += amount if re.fullmatch(pattern, cell["type"]) else 0
            total["uram"] += bool(re.fullmatch(family.uram, cell["type"]))
        total["lut"] += self.carry_luts()
        if family.name == "ice40":
            total["cells"] = total["lut"] + self.lone_registers()
        return total

    def lut_pairs(self):
        """Pairs of Xilinx LUTs that the RTL puts into one place (HLUTNM), which has five inputs then. One
        whose partner was not needed is alone."""
        places = collections.defaultdict(list)
        for name, cell in self.cells.items():
            if pair := cell["attributes"].get("HLUTNM"):
                places[name.rpartition(".")[0], pair].append(cell)
        for (path, _), cells in places.items():
            inputs = {bit for cell in cells for _, _, bit in self.bits(cell, "input")}
            if len(cells) > 2 or len(inputs) > 5:
                raise SystemExit(f"{path}: {len(cells)} LUTs of {len(inputs)} inputs are no pair")
        return sum(len(cells) == 2 for cells in places.values())

    def lone_registers(self):
        """Flip-flops of an iCE40 that take a logic cell of their own: a cell has a LUT and a flip-flop
        behind it, for which the LUT must drive nothing else."""
        loads = collections.Counter(bit for cell in self.cells.values() for _, _, bit in
                                    self.bits(cell, "input"))
        return sum(self.family.kind(self.driver.get(bit, ("",))[0]) != "lut" or loads[bit] > 1
                   for cell in self.cells.values() if self.family.kind(cell["type"]) == "ff"
                   for bit in cell["connections"]["D"])

    def carry_luts(self):
        """LUTs a slice spends on carry cells and the netlist does not show. Xilinx: an S input comes
        from the LUT of the same place, so it needs one of its own when its signal is no LUT's output or
        that LUT drives another S already. iCE40: the adder's LUT shares the carry's inputs, else
        the carry takes a place alone."""
        if self.family.name.startswith("xc"):
            used = set()
            extra = 0
            for cell in self.cells.values():
                if self.family.kind(cell["type"]) != "carry":
                    continue
                for bit in cell["connections"]["S"]:
                    if isinstance(bit, int):
                        driver = self.driver.get(bit, ("port",))[0]
                        extra += self.family.kind(driver) != "lut" or bit in used
                        used.add(bit)
            return extra
        if self.family.name == "ice40":
            luts = {tuple(cell["connections"][port][0] for port in ("I1", "I2", "I3"))
                    for cell in self.cells.values() if cell["type"] == "SB_LUT4"}
            return sum(tuple(cell["connections"][port][0] for port in ("I0", "I1", "CI")) not in luts
                       for cell in self.cells.values() if cell["type"] == "SB_CARRY")
        return 0

    # Depth.

    def inside_of(self, name):
        """The place of the module that a name is in, and the name there, where modules were flattened."""
        parts = re.sub(r"^\$flatten|\\", "", name).split(".")
        for i in range(len(parts) - 1, 0, -1):
            if (path := ".".join(parts[:i])) in self.places:
                return path, ".".join(parts[i:])
        return "", name

    def place(self, name, cell, suffix="", bit=None):
        """Where a register is, as in Piece. A flip-flop has the name of its net in its own module."""
        path, rest = self.inside_of(name)
        if self.family.kind(cell["type"]) == "ff":
            bit = cell["connections"]["Q"][0]
        else:
            suffix = f" ({cell['type']}){suffix}"
        labels = self.names.get(bit, [])
        names = [name for place, name in map(self.inside_of, labels) if place == path] or labels or [rest]
        return path, self.places[path], names[0] + suffix

    def edges(self, summaries):
        """Fills self.edge (net -> [(net, [(state, state, piece)])]), self.starts and self.ends
        (net -> {state: piece})."""
        self.edge = collections.defaultdict(list)
        self.starts, self.ends = {}, collections.defaultdict(list)
        for name, cell in self.cells.items():
            kind = self.family.kind(cell["type"])
            if name in self.instances:
                self.child_edges(name, summaries[cell["type"]])
            elif kind in ("lut", "mux") or kind == "dsp" and not registered(cell):
                self.connect(cell, FREE if kind == "mux" else LUT)
            elif kind == "carry":
                self.carry_edges(cell)
            else:
                self.register(name, cell)
                if kind == "lutram":
                    self.connect(cell, LUT, read_pair)

    def step(self, cell, what):
        hop = () if what == FREE else (("", cell["type"]),)
        return [(a, b, Piece(levels, hop)) for a, b, levels in STEPS[what]]

    def connect(self, cell, what, pair=lambda source, target: True):
        step = self.step(cell, what)
        outputs = list(self.bits(cell, "output"))
        for source, _, bit in self.bits(cell, "input"):
            for target, _, out in outputs:
                if pair(source, target):
                    self.edge[bit].append((out, step))

    def carry_edges(self, cell):
        outputs = [(carry_place(port, i), bit) for port, i, bit in self.bits(cell, "output")]
        enter = self.step(cell, LUT_CARRY if cell["type"] == "CCU2C" else CARRY)
        go_on = self.step(cell, FREE)
        for port, i, bit in self.bits(cell, "input"):
            chained = port == self.family.carry_in and \
                self.family.kind(self.driver.get(bit, ("",))[0]) == "carry"
            for place, out in outputs:
                if place >= carry_place(port, i):
                    self.edge[bit].append((out, go_on if chained else enter))

    def register(self, name, cell):
        for _, _, bit in self.bits(cell, "output"):
            self.starts.setdefault(bit, {})[0] = Piece(0, start=self.place(name, cell, bit=bit))
        for port, i, bit in self.bits(cell, "input"):
            index = f"[{i}]" if len(cell["connections"][port]) > 1 else ""
            end = Piece(0, end=self.place(name, cell, f"/{port}{index}"))
            self.ends[bit].append({0: end, 1: end})

    def child_edges(self, instance, summary):
        connections = self.cells[instance]["connections"]

        def bit_at(place):
            port, i = place
            bits = connections.get(port, ())
            return bits[i] if i < len(bits) and isinstance(bits[i], int) else None

        for place, states in summary.launch.items():
            if (bit := bit_at(place)) is not None:
                self.starts[bit] = {state: piece.inside(instance) for state, piece in states.items()}
        for place, states in summary.capture.items():
            if (bit := bit_at(place)) is not None:
                self.ends[bit].append({state: piece.inside(instance) for state, piece in states.items()})
        for (source, target), steps in summary.through.items():
            a, b = bit_at(source), bit_at(target)
            if a is not None and b is not None:
                self.edge[a].append((b, [(s, t, piece.inside(instance)) for s, t, piece in steps]))

    def order(self):
        """The nets with edges, sources first."""
        degree = collections.Counter(out for edges in self.edge.values() for out, _ in edges)
        ready = [net for net in self.edge if not degree[net]]
        result = []
        while ready:
            net = ready.pop()
            result.append(net)
            for out, _ in self.edge.get(net, ()):
                degree[out] -= 1
                if not degree[out]:
                    ready.append(out)
        if any(degree.values()):
            net = next(net for net, count in degree.items() if count)
            raise SystemExit(f"{self.kind}: a combinational loop through {(self.names.get(net) or [net])[0]}")
        return result

    def forward(self, starts, nets):
        """Longest way to each net: net -> {state: (levels, how)}, how being the piece of a start or
        (net before, state before, piece)."""
        reached = {net: {state: (piece.levels, piece) for state, piece in states.items()}
                   for net, states in starts.items()}
        for net in nets:
            for state, (levels, _) in reached.get(net, {}).items():
                for out, steps in self.edge.get(net, ()):
                    for before, after, piece in steps:
                        if before == state:
                            best = reached.setdefault(out, {})
                            if after not in best or best[after][0] < levels + piece.levels:
                                best[after] = (levels + piece.levels, (net, state, piece))
        return reached

    @staticmethod
    def trace(reached, net, state):
        pieces = []
        while True:
            how = reached[net][state][1]
            if isinstance(how, Piece):
                pieces.append(how)
                break
            pieces.append(how[2])
            net, state = how[:2]
        result = pieces.pop()
        while pieces:
            result = result + pieces.pop()
        return result

    def backward(self, nets):
        """Longest way from each net to a register: net -> {state: piece}."""
        tails = {}
        for net, ends in self.ends.items():
            tails[net] = {state: max((end[state] for end in ends if state in end),
                                     key=lambda piece: piece.levels) for state in (0, 1)}
        for net in reversed(nets):
            for out, steps in self.edge.get(net, ()):
                for before, after, piece in steps:
                    tail = tails.get(out, {}).get(after)
                    if tail is not None:
                        here = tails.setdefault(net, {}).get(before)
                        if here is None or here.levels < piece.levels + tail.levels:
                            tails[net][before] = piece + tail
        return tails

    def summarize(self, summaries):
        self.edges(summaries)
        nets = self.order()
        inputs = {(port, i): bit for port, (direction, bits) in self.ports.items()
                  for i, bit in enumerate(bits) if direction != "output" and isinstance(bit, int)}
        outputs = {(port, i): bit for port, (direction, bits) in self.ports.items()
                   for i, bit in enumerate(bits) if direction != "input" and isinstance(bit, int)}
        reached = self.forward(self.starts, nets)
        tails = self.backward(nets)

        summary = Summary()
        summary.launch = {place: {state: self.trace(reached, bit, state) for state in reached[bit]}
                          for place, bit in outputs.items() if bit in reached}
        summary.capture = {place: tails[bit] for place, bit in inputs.items() if bit in tails}
        summary.through = self.through(inputs, outputs, nets)
        summary.worst = self.worst(reached)
        summary.inside = self.inside(inputs, outputs, nets)
        self.edge = self.starts = self.ends = None
        return summary

    def through(self, inputs, outputs, nets):
        """(input, output) -> [(state, state, piece)] where logic alone connects them."""
        leads_out = set(outputs.values())
        for net in reversed(nets):
            if any(out in leads_out for out, _ in self.edge.get(net, ())):
                leads_out.add(net)
        rank = {net: i for i, net in enumerate(nets)}
        at_output = collections.defaultdict(list)
        for place, bit in outputs.items():
            at_output[bit].append(place)
        result = collections.defaultdict(list)
        for source, bit in inputs.items():
            if bit not in leads_out:
                continue
            cone, pending = {bit}, [bit]
            while pending:
                for out, _ in self.edge.get(pending.pop(), ()):
                    if out in leads_out and out not in cone:
                        cone.add(out)
                        pending.append(out)
            cone_nets = sorted((net for net in cone if net in rank), key=rank.get)
            for state in (0, 1):
                reached = self.forward({bit: {state: Piece(0)}}, cone_nets)
                for net in cone & at_output.keys():
                    for after in reached.get(net, ()):
                        piece = self.trace(reached, net, after)
                        for target in at_output[net]:
                            result[source, target].append((state, after, piece))
        return result

    def worst(self, reached):
        """The longest path that closes in this module, for each kind of module it ends in."""
        best = {}
        for net, ends in self.ends.items():
            for state, (levels, _) in reached.get(net, {}).items():
                for end in ends:
                    total, kind = levels + end[state].levels, end[state].end[1]
                    if kind not in best or best[kind][0] < total:
                        best[kind] = (total, net, state, end[state])
        return {kind: self.trace(reached, net, state) + end
                for kind, (_, net, state, end) in best.items()}

    def inside(self, inputs, outputs, nets):
        """The longest path of the module and its children, from register or input to register or
        output."""
        starts = dict(self.starts)
        for (port, i), bit in inputs.items():
            starts.setdefault(bit, {0: Piece(0, start=("", self.kind, f"{port}[{i}] (input)"))})
        ends = collections.defaultdict(list, self.ends)
        for (port, i), bit in outputs.items():
            end = Piece(0, end=("", self.kind, f"{port}[{i}] (output)"))
            ends[bit] = ends[bit] + [{0: end, 1: end}]
        reached = self.forward(starts, nets)
        best = None
        for net, candidates in ends.items():
            for state, (levels, _) in reached.get(net, {}).items():
                for end in candidates:
                    if best is None or levels + end[state].levels > best[0]:
                        best = (levels + end[state].levels, net, state, end[state])
        return best and self.trace(reached, best[1], best[2]) + best[3]


@dataclasses.dataclass
class Summary:
    """What the parents of a module see of it (see the head of this file)."""
    launch: dict = None
    capture: dict = None
    through: dict = None
    worst: dict = None
    inside: Piece = None


def registered(dsp):
    """Whether a DSP block has a register on its way."""
    return any(int(dsp["parameters"].get(name, "1"), 2) for name in ("AREG", "BREG", "MREG", "PREG")) \
        if dsp["type"].startswith("DSP48") else False


def read_pair(source, target):
    """Whether an input of a LUT RAM is the read address of an output."""
    if source.startswith("ADDR"):
        return target == "DO" + source[4:]
    return re.fullmatch(r"A\d?|DPRA\d?|RAD", source) is not None and \
        target == {"A": "SPO", "D": "DPO", "R": "DO"}[source[0]]


def carry_place(port, i):
    """The place of a carry cell's pin in the chain."""
    if port in ("S", "DI", "O", "CO"):
        return i
    return 1 if port in ("A1", "B1", "C1", "D1", "S1", "COUT") else 0


class Netlist:
    """A mapped hierarchy below `top`; `modules` is kind -> what Yosys wrote of it, `text` the plain
    Verilog that was mapped."""

    def __init__(self, modules, top, family, text):
        self.top = top
        self.modules = {kind: Module(kind, data, modules, family, plain_verilog.places(text, kind))
                        for kind, data in modules.items()}
        self.places = collections.defaultdict(list)
        self._place(top, "")
        self.own = {kind: self.modules[kind].resources() for kind in self.places}

    def _place(self, kind, path):
        self.places[kind].append(path)
        for name, child in self.modules[kind].instances.items():
            self._place(child, f"{path}.{name}" if path else name)

    def below(self, kind):
        """Resources of a module with all its children."""
        total = collections.Counter(self.own[kind])
        for child in self.modules[kind].instances.values():
            total.update(self.below(child))
        return total

    def kinds_with(self, cell_kind):
        """The kinds of modules that have such a cell of their own, also where they were flattened."""
        return {module.place(name, cell)[1] for kind, module in self.modules.items() if kind in self.places
                for name, cell in module.cells.items() if module.family.kind(cell["type"]) == cell_kind}

    def kinds_below(self, kind):
        return {kind}.union(*(self.kinds_below(child)
                              for child in set(self.modules[kind].instances.values())))

    def depths(self):
        """Kind -> summary."""
        summaries = {}

        def visit(kind):
            if kind not in summaries:
                for child in self.modules[kind].instances.values():
                    visit(child)
                summaries[kind] = self.modules[kind].summarize(summaries)

        visit(self.top)
        return summaries

    def paths(self, summaries):
        """The longest register-to-register path into each RTL module, longest first, its places seen
        from the top."""
        best = {}
        for kind, summary in summaries.items():
            for end_kind, piece in summary.worst.items():
                key = plain_verilog.name_of(end_kind)
                if key not in best or best[key].levels < piece.levels:
                    place = self.places[kind][0]
                    best[key] = piece.inside(place) if place else piece
        return sorted(best.values(), key=lambda piece: -piece.levels)
