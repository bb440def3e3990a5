# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The contract as a SystemVerilog package."""

from contract import Expression, WORD, camel


def struct(name, fields):
    """A packed struct from (field, bits), least significant first."""
    rows = [f"    logic {f'[{bits - 1}:0] ' if bits > 1 else ''}{field};"
            for field, bits in reversed(fields)]
    return ["  typedef struct packed {", *rows, f"  }} {name}_t;"]


def padded(fields, total):
    """(name, bits) of (name, position, bits) in order, with named bits in the gaps."""
    at, out = 0, []
    for name, position, bits in fields:
        if position > at:
            out.append((f"unused{at}", position - at))
        out.append((name, bits))
        at = position + bits
    return out + ([(f"unused{at}", total - at)] if at < total else [])


def enum(name, prefix, values, doc=None):
    rows = ",\n".join(f"    {prefix}{camel(v['name'])} = 4'd{v['value']}" for v in values)
    return [*([f"  /// {doc}"] if doc else []), "  typedef enum logic [3:0] {", rows, f"  }} {name}_e;", ""]


def bare(text):
    """Without the parentheses around all of it."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and i + 1 < len(text):
            return text
    return text[1:-1] if text.startswith("(") else text


class Functions:
    """Derived values as constant functions of the parameters that they depend on."""

    def __init__(self, contract):
        self.contract = contract
        self.order = [p["sv"] for p in contract.parameters]
        self.constants = {c["name"]: camel(c["name"]) for c in contract.constants}
        self.derived = {d["name"]: d for d in contract.derived}

    def reads(self, expression):
        """Parameters that an expression depends on, in the order of the contract."""
        found = set()
        for name in expression.names():
            if name in self.derived:
                found |= set(self.reads(self.derived[name]["value"]))
            elif name in self.order:
                found.add(name)
        return [p for p in self.order if p in found]

    def rename(self, name):
        if name in self.derived:
            return f"{name}({', '.join(self.reads(self.derived[name]['value']))})"
        return self.constants.get(name, name)

    def text(self, expression):
        return expression.systemverilog(self.rename)

    def head(self, result, name, parameters):
        arguments = ", ".join(f"int unsigned {p}" for p in parameters)
        return f"  function automatic {result} {name}({arguments});"

    def lines(self):
        out = []
        for name, d in self.derived.items():
            kind = "bit" if d["value"].is_flag else "int unsigned"
            text = bare(self.text(d["value"]))
            out += [f"  /// {d['doc'][0].upper()}{d['doc'][1:]}.",
                    self.head(kind, name, self.reads(d["value"])),
                    f"    return {text};" if d["value"].is_flag else f"    return 32'({text});", "  endfunction", ""]
        return out


def kept(contract, functions, descriptor):
    """The bits of a descriptor's words that the core keeps, as a function; which halves are signed."""
    words = contract.last_word(descriptor) + 1
    fields = [f for f in contract.all_fields(descriptor) if not f.reserved and f.name != "opcode"
              and (f.engines is None or descriptor.engine in f.engines)]
    most = {f.name: contract.kept_bits(descriptor, f) for f in fields}
    used = set()
    for f in fields:
        for expression in (most[f.name], f.kept):
            used |= set(functions.reads(expression)) if expression is not None else set()
    parameters = [p for p in functions.order if p in used]
    title = camel(descriptor.name)
    out = [f"  /// Words of `{descriptor.name}` that carry something.",
           f"  localparam int unsigned {title}Words = {words};", "",
           f"  /// The bits of them that the core keeps: as many of a field as its highest value has.",
           functions.head(f"logic [{words - 1}:0][31:0]", f"{descriptor.name}_kept", parameters),
           f"    logic [{words - 1}:0][31:0] kept = '0;"]
    for f in fields:
        if f.signed:
            bits = "low_bits(ActW)"
        elif f.kept is not None:
            bits = f"low_bits({bare(functions.text(f.kept))})"
        elif most[f.name] is None:
            bits = f"low_bits({f.width})"
        else:
            bits = f"bits_up_to({functions.text(most[f.name])})"
        out.append(f"    kept[{f.word}] |= {bits}{f' << {f.lsb}' if f.lsb else ''};  // {f.name}")
    signed = sum(1 << (2 * f.word + f.lsb // 16) for f in fields if f.signed)
    return out + ["    return kept;", "  endfunction", "",
                  "  /// Halves of words that are signed codes of ActW bits.",
                  f"  localparam logic [{words - 1}:0][1:0] {title}Signed = {2 * words}'h{signed:x};", ""]


def registers(contract):
    out = ["  // Register byte offsets."]
    out += [f"  localparam logic [11:0] Reg{camel(r['name'].lower())} = 12'h{int(r['offset'], 0):03X};"
            for r in contract.registers]
    out.append("")
    for r in contract.registers:
        if "fields" in r:
            fields = [(f["name"], f["lsb"], f["width"]) for f in r["fields"]]
            out += [f"  /// {r['name']}: {r['doc']}.", *struct(f"reg_{r['name'].lower()}", padded(fields, WORD)), ""]

    def function(name, doc, chosen):
        words = ", ".join(f"6'h{int(r['offset'], 0) // 4:02X}" for r in chosen)
        return [f"  /// {doc}", f"  function automatic logic {name}(logic [5:0] word);",
                f"    return word inside {{{words}}};", "  endfunction", ""]

    writable = [r for r in contract.registers if r["access"] != "ro"]
    out += function("register_known", "A register, by its word; all of them may be read.", contract.registers)
    out += function("register_writable", "A register that may be written.", writable)
    out += function("register_counted", "A register that the performance counters keep.",
                    [r for r in contract.registers if r.get("home") == "counter"])
    counted = [r for r in contract.registers if r.get("home") == "counter"]
    out += ["  /// The number of its counter.", "  function automatic logic [3:0] register_counter(logic [5:0] word);",
            "    unique case (word)",
            *(f"      6'h{int(r['offset'], 0) // 4:02X}: return 4'd{r['counter']};" for r in counted[:-1]),
            f"      default: return 4'd{counted[-1]['counter']};", "    endcase", "  endfunction", ""]
    kept_there = [r for r in writable if r.get("home") == "memory"]
    out += function("register_stored", "A register that the control program's memory keeps and software writes.",
                    kept_there)
    out += function("register_low_byte", "One of them of which only the low byte exists.",
                    [r for r in kept_there if "fields" in r and
                     max(f["lsb"] + f["width"] for f in r["fields"]) <= 8])
    return out


def package(contract, note):
    functions = Functions(contract)
    out = ["// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0", f"// {note}", "",
           "/// The contract with software: parameters, registers, descriptors, stream formats.",
           "package rs_spec_pkg;", "",
           f"  localparam int unsigned Version = {contract.version};",
           f"  localparam int unsigned DescriptorBytes = {contract.descriptor_bytes};",
           f"  localparam logic [31:0] DescriptorSum = 32'h{contract.descriptor_checksum:08X};",
           "  /// The first word of `init`: the letters RSP and the version.",
           f"  localparam logic [31:0] ProgramMagic = 32'h{contract.program_magic:08X};",
           f"  localparam logic [31:0] RegisterId = 32'h{contract.register_id:08X};",
           f"  localparam logic [31:0] BoardMagic = 32'h{contract.board_magic:08X};"]
    out += [f"  localparam int unsigned {camel(c['name'])} = {c['value']};" for c in contract.constants]
    out += ["", "  /// A mask of so many low bits; of those that values up to `most` have.",
            "  function automatic logic [31:0] low_bits(int unsigned count);",
            "    return 32'((64'd1 << count) - 64'd1);", "  endfunction", "",
            "  function automatic logic [31:0] bits_up_to(int unsigned most);",
            "    return low_bits($clog2(most + 1));", "  endfunction", ""]
    out += functions.lines()
    opcodes = [{"name": d.name, "value": d.opcode} for d in sorted(contract.descriptors.values(), key=lambda d: d.opcode)]
    out += enum("opcode", "Op", opcodes) + enum("error", "Err", contract.errors)
    for name, values in contract.enumerations.items():
        out += enum(name, camel(name), values["values"], values["doc"])
    for name in ("uop_header", "channel_params", "channel_params_wide"):
        block = contract.weight_block[name]
        out += [f"  /// {block['doc']}", *struct(name, [(f["name"], f["width"]) for f in block["fields"]]), ""]
    bits = contract.descriptor_bytes * 8
    out += [f"  typedef logic [{bits - 1}:0] descriptor_t;", ""]
    out += ["  /// The first word of every descriptor.",
            *struct("desc_common", padded([(f.name, f.position, f.width) for f in contract.common], WORD)), ""]
    for d in contract.descriptors.values():
        fields = [(f.name, f.position, f.width) for f in contract.all_fields(d)]
        out += struct(f"desc_{d.name}", padded(fields + [("checksum", bits - WORD, WORD)], bits)) + [""]
    out += kept(contract, functions, contract.descriptors["exec"])
    out += registers(contract)
    return "\n".join(out + ["endpackage", ""])
