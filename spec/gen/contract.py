# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The contract between hardware and software: reads spec/*.json and checks it.

Everything that is generated takes it from here: what a field is, what bounds it has, what an
expression means in SystemVerilog, in C++ and as a number.
"""

import ast
import dataclasses
import hashlib
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = ROOT / "spec"
WORD = 32


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


class Expression:
    """Integer arithmetic over parameters (by their SystemVerilog names), constants and derived values:
    + - * / % ** comparisons, `a if b else c`, min, max, clog2."""

    OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%",
                 ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.Eq: "=="}

    def __init__(self, text):
        self.text = str(text)
        self.tree = ast.parse(self.text, mode="eval").body

    def names(self):
        """What it reads, in the order in which it stands there."""
        functions = {"min", "max", "clog2"}
        nodes = sorted((n for n in ast.walk(self.tree) if isinstance(n, ast.Name)),
                       key=lambda n: (n.lineno, n.col_offset))
        return list(dict.fromkeys(n.id for n in nodes if n.id not in functions))

    @property
    def is_flag(self):
        """Whether it is true or false, and no number."""
        return isinstance(self.tree, ast.Compare)

    def value(self, names):
        """The number, `names` maps what it reads to numbers."""
        return self._visit(self.tree, _Number(names))

    def systemverilog(self, rename=lambda name: name):
        return self._visit(self.tree, _SystemVerilog(rename))

    def cpp(self, rename):
        return self._visit(self.tree, _Cpp(rename))

    def _visit(self, node, target):
        if isinstance(node, ast.Constant):
            return target.constant(node.value)
        if isinstance(node, ast.Name):
            return target.name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return target.negative(self._visit(node.operand, target))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return target.power(self._visit(node.left, target), self._visit(node.right, target))
        if isinstance(node, ast.BinOp):
            return target.binary(self.OPERATORS[type(node.op)], self._visit(node.left, target),
                                 self._visit(node.right, target))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return target.binary(self.OPERATORS[type(node.ops[0])], self._visit(node.left, target),
                                 self._visit(node.comparators[0], target))
        if isinstance(node, ast.IfExp):
            return target.choice(*(self._visit(n, target) for n in (node.test, node.body, node.orelse)))
        if isinstance(node, ast.Call):
            return target.call(node.func.id, [self._visit(a, target) for a in node.args])
        raise ValueError(f"{self.text}: not an expression of the contract")


class _Number:
    def __init__(self, names):
        self.names = names

    def constant(self, value):
        return value

    def name(self, name):
        return self.names[name]

    def negative(self, a):
        return -a

    def power(self, a, b):
        return a ** b

    def binary(self, operator, a, b):
        return {"+": a + b, "-": a - b, "*": a * b, "/": a // b if b else 0, "%": a % b if b else 0,
                "<=": a <= b, "<": a < b, ">=": a >= b, ">": a > b, "==": a == b}[operator]

    def choice(self, test, a, b):
        return a if test else b

    def call(self, name, arguments):
        return {"min": min, "max": max, "clog2": lambda n: max(n - 1, 0).bit_length()}[name](*arguments)


class _Text:
    def __init__(self, rename):
        self.rename = rename

    def constant(self, value):
        return str(value)

    def name(self, name):
        return self.rename(name)

    def negative(self, a):
        return f"-{a}"

    def binary(self, operator, a, b):
        return f"({a} {operator} {b})"

    def choice(self, test, a, b):
        return f"({test} ? {a} : {b})"


class _SystemVerilog(_Text):
    def power(self, a, b):
        return f"({a} ** {b})"

    def call(self, name, arguments):
        if name == "clog2":
            return f"$clog2({arguments[0]})"
        a, b = arguments
        return f"({a} {'<' if name == 'min' else '>'} {b} ? {a} : {b})"


class _Cpp(_Text):
    def power(self, a, b):
        assert a == "2", "only powers of two"
        return f"(std::int64_t{{1}} << {b})"

    def call(self, name, arguments):
        if name == "clog2":
            return f"clog2({arguments[0]})"
        return f"std::{name}<std::int64_t>({', '.join(arguments)})"


@dataclasses.dataclass
class Field:
    """Bits [lsb + width - 1 : lsb] of 32-bit word `word`. `least` and `most` are expressions or None;
    `kept`: how many of its bits the core keeps, an expression, where no highest value says it;
    `when`: a flag of the same descriptor without which the field means nothing."""
    name: str
    word: int
    lsb: int
    width: int
    doc: str
    signed: bool = False
    reserved: bool = False
    least: object = None
    most: object = None
    equals: object = None
    register: str = None
    when: str = None
    engines: list = None
    kept: object = None

    @property
    def position(self):
        return self.word * WORD + self.lsb

    def bits(self):
        return f"{self.lsb + self.width - 1}:{self.lsb}" if self.width > 1 else str(self.lsb)


@dataclasses.dataclass
class Check:
    """`left` is at most `right`: a field or an expression. `when`: the field `when` is above
    `when_above`."""
    left: str
    right: str
    when: str = None
    when_above: int = None


@dataclasses.dataclass
class Descriptor:
    name: str
    opcode: int
    doc: str
    engine: str
    fields: list
    checks: list

    def field(self, name):
        return next(f for f in self.fields if f.name == name)


def _fields(rows):
    def expression(row, key):
        return Expression(row[key]) if key in row else None

    return [Field(**{**row, **{key: expression(row, key) for key in ("least", "most", "equals", "kept")}})
            for row in rows]


def _check(row):
    left, right = row["check"].split(" <= ")
    when, above = row["when"].split(" > ") if "when" in row else (None, None)
    return Check(left, right, when, int(above) if above else None)


class Contract:
    def __init__(self, folder=SPEC):
        read = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
        self.json = read
        core = read["core"]
        self.version = core["version"]
        self.configurations = read["configurations"]["configurations"]
        self.parameters = core["parameters"]
        self.constants = core["constants"]
        self.derived = [{**d, "value": Expression(d["value"])} for d in core["derived"]]
        self.errors = core["errors"]
        self.registers = read["registers"]["registers"]
        self.reserved_registers = read["registers"]["reserved"]
        self.register_id = int(read["registers"]["register_id"], 0)
        self.enumerations = read["board"]["enumerations"]
        self.board_magic = int(read["board"]["board_magic"], 0)
        self.weight_block = read["weight_block"]
        layout = read["descriptors"]
        self.descriptor_bytes = layout["bytes"]
        self.descriptor_words = layout["bytes"] // 4
        self.descriptor_checksum = int(layout["checksum"], 0)
        self.magic_letters = int(layout["program_magic"], 0)
        self.common = _fields(layout["common"])
        self.descriptors = {}
        for name, d in layout["descriptors"].items():
            fields = list(d["fields"])
            if "like" in d:
                own = {f["name"] for f in fields}
                fields = [f for f in layout["descriptors"][d["like"]]["fields"]
                          if f["name"] not in own] + fields
            self.descriptors[name] = Descriptor(name, d["opcode"], d["doc"], d.get("engine"),
                                                sorted(_fields(fields), key=lambda f: f.position),
                                                [_check(c) for c in d.get("checks", [])])
        self._verify()

    @property
    def program_magic(self):
        """The first word of a program: letters and version."""
        return self.magic_letters | self.version << 24

    def names(self, configuration):
        """Every name that an expression may read, with its number for a configuration."""
        values = {c["name"]: c["value"] for c in self.constants}
        values.update(version=self.version, program_magic=self.magic_letters,
                      register_id=self.register_id)
        values.update({p["sv"]: configuration[p["name"]] for p in self.parameters})
        for d in self.derived:
            values[d["name"]] = int(d["value"].value(values))
        return values

    def rtl_parameters(self, configuration):
        """The RTL's parameters, by name, of a named configuration; exits when there is none."""
        if configuration not in self.configurations:
            raise SystemExit(f"unknown configuration '{configuration}'; known: {', '.join(self.configurations)}")
        values = self.configurations[configuration]
        return {p["sv"]: values[p["name"]] for p in self.parameters}

    def kept_bits(self, descriptor, field):
        """Expression of the highest value of a field, which tells how many of its bits the core keeps;
        None: all. A field that is at most another has that one's bits."""
        if field.most is not None:
            return field.most
        for check in descriptor.checks:
            if check.left == field.name and check.when is None:
                return next((f.most for f in descriptor.fields if f.name == check.right), None)
        return None

    def all_fields(self, descriptor):
        return sorted(self.common + descriptor.fields, key=lambda f: f.position)

    def last_word(self, descriptor):
        """The highest word that carries something."""
        return max(f.word for f in self.all_fields(descriptor) if not f.reserved)

    def canonical(self):
        """The contract without its prose and its configurations, as text: what the version lock hashes."""
        def strip(node):
            if isinstance(node, dict):
                return {k: strip(v) for k, v in node.items() if k != "doc"}
            if isinstance(node, list):
                return [strip(v) for v in node]
            return node

        kept = {name: strip(node) for name, node in self.json.items() if name != "configurations"}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))

    def hash(self):
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def _verify(self):
        def fail(text):
            raise SystemExit(f"spec: {text}")

        for descriptor in self.descriptors.values():
            end, fields = 0, self.all_fields(descriptor)
            for f in fields:
                where = f"{descriptor.name}.{f.name}"
                if f.position < end:
                    fail(f"{where} overlaps the field before it")
                if f.lsb + f.width > WORD:
                    fail(f"{where} crosses a word")
                if f.word >= self.descriptor_words - 1:
                    fail(f"{where} lies over the checksum")
                if f.when and f.when not in [g.name for g in fields]:
                    fail(f"{where}: no flag {f.when}")
                end = f.position + f.width
            names = [f.name for f in fields]
            if len(set(names)) != len(names):
                fail(f"{descriptor.name} has a name twice")
        for name, values in self.configurations.items():
            if set(values) != {p["name"] for p in self.parameters}:
                fail(f"configuration {name} has not all parameters, or others")
            known = self.names(values)
            for descriptor in self.descriptors.values():
                for f in descriptor.fields:
                    for bound in (f.least, f.most, f.equals):
                        if bound is not None:
                            bound.value(known)
        offsets = [int(r["offset"], 0) for r in self.registers]
        if offsets != sorted(set(offsets)):
            fail("registers are not in the order of their offsets")
        for r in self.reserved_registers:
            first = int(r["offset"], 0)
            if any(first <= o < first + r["bytes"] for o in offsets):
                fail(f"reserved range {r['name']} has registers in it")
