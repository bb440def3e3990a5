# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The contract as C++ headers: isa.hpp (parameters, codes, fields, registers) and descriptors.hpp (a
struct for each descriptor, with its bounds)."""

from contract import camel


def head(note, *includes):
    return ["// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0", f"// {note}",
            "#pragma once", "", *(f"#include {i}" for i in includes), "", "namespace reshift::isa {", ""]


TAIL = ["}  // namespace reshift::isa", ""]


def rename(contract):
    """Names of expressions in a function that has the parameters as `hw`."""
    parameters = {p["sv"]: f"hw.{p['name']}" for p in contract.parameters}
    constants = {c["name"]: f"k{camel(c['name'])}" for c in contract.constants}
    derived = {d["name"]: f"{d['name']}(hw)" for d in contract.derived}
    others = {"program_magic": "kProgramMagic", "version": "kVersion", "register_id": "kRegisterId"}
    return {**parameters, **constants, **derived, **others}.__getitem__


def enum(name, values, base="std::uint32_t", doc=None):
    return [*([f"/// {doc}"] if doc else []), f"enum class {name} : {base} {{",
            *(f"  k{camel(v['name'])} = {v['value']},  ///< {v['doc']}" for v in values), "};", ""]


def texts(name, values):
    return [f"inline constexpr std::array<CodeText, {len(values)}> k{name}Texts{{{{",
            *(f'    {{"{v["name"]}", "{v["doc"]}"}},' for v in values), "}};", ""]


def field_constants(name, doc, fields):
    return [f"/// {doc}", f"namespace {name} {{",
            *(f'inline constexpr Field k{camel(f)}{{"{f}", {word}, {lsb}, {width}}};  ///< {doc}'
              for f, word, lsb, width, doc in fields), f"}}  // namespace {name}", ""]


def item_fields(block):
    at, rows = 0, []
    for f in block["fields"]:
        rows.append((f["name"], at // 32, at % 32, f["width"], f["doc"]))
        at += f["width"]
    return rows


def hardware(contract):
    out = ["/// Parameters of one hardware configuration; see docs/reference/parameters.md.",
           "struct Hardware {", "  std::string_view name = {};",
           *(f"  int {p['name']} = 0;  ///< {p['doc']}" for p in contract.parameters), "};", "",
           f"inline constexpr std::array<Hardware, {len(contract.configurations)}> kConfigurations{{{{"]
    for name, values in contract.configurations.items():
        out.append(f'    {{"{name}", ' + ", ".join(str(values[p["name"]]) for p in contract.parameters) + "},")
    out += ["}};", "", f"inline constexpr std::uint32_t kVersion = {contract.version};",
            f"inline constexpr int kDescriptorBytes = {contract.descriptor_bytes};",
            f"inline constexpr int kDescriptorWords = {contract.descriptor_words};",
            f"inline constexpr std::uint32_t kDescriptorSum = 0x{contract.descriptor_checksum:08x};",
            f"inline constexpr std::uint32_t kMagicLetters = 0x{contract.magic_letters:06x};  ///< RSP",
            f"inline constexpr std::uint32_t kProgramMagic = 0x{contract.program_magic:08x};  ///< with the version",
            f"inline constexpr std::uint32_t kRegisterId = 0x{contract.register_id:08x};",
            f"inline constexpr std::uint32_t kBoardMagic = 0x{contract.board_magic:08x};",
            f"inline constexpr int kSectionAlign = {contract.weight_block['section_align']};  ///< bytes",
            f"inline constexpr int kBlockAlign = {contract.weight_block['block_align']};  ///< bytes",
            *(f"inline constexpr int k{camel(c['name'])} = {c['value']};  ///< {c['doc']}"
              for c in contract.constants), "",
            "/// The least n with 2^n >= x.", "constexpr int clog2(std::int64_t x) {",
            "  return x <= 1 ? 0 : std::bit_width(static_cast<std::uint64_t>(x - 1));", "}", ""]
    names = rename(contract)
    for d in contract.derived:
        kind, text = "bool" if d["value"].is_flag else "int", d["value"].cpp(names)
        out += [f"/// {d['doc'][0].upper()}{d['doc'][1:]}.", f"constexpr {kind} {d['name']}(const Hardware& hw) {{",
                f"  return static_cast<{kind}>({text});", "}", ""]
    return out


def registers(contract):
    out = ["/// Register byte offsets, and the fields of registers that have some.", "namespace reg {"]
    for r in contract.registers:
        out.append(f"inline constexpr std::uint32_t k{camel(r['name'].lower())} = {r['offset']};  ///< {r['doc']}")
    out.append("")
    for r in contract.registers:
        if "fields" in r:
            out += [f"namespace {r['name'].lower()} {{",
                    *(f'inline constexpr BitField k{camel(f["name"])}{{{f["lsb"]}, {f["width"]}}};  ///< {f["doc"]}'
                      for f in r["fields"]), f"}}  // namespace {r['name'].lower()}", ""]
    stalls = [r for r in contract.registers if r["name"].startswith("STALL_")]
    return out + ["}  // namespace reg", "", "/// A performance counter of the register block.", "struct Counter {",
                  "  std::string_view name;", "  std::uint32_t offset;", "};",
                  "/// Every stall cause, by name.",
                  f"inline constexpr std::array<Counter, {len(stalls)}> kStalls{{{{",
                  *(f'    {{"{r["name"][6:].lower()}", {r["offset"]}}},' for r in stalls), "}};", ""]


def isa(contract, note):
    out = head(note, "<algorithm>", "<array>", "<bit>", "<cstdint>", "<string_view>")
    out += hardware(contract)
    opcodes = [{"name": d.name, "value": d.opcode, "doc": d.doc}
               for d in sorted(contract.descriptors.values(), key=lambda d: d.opcode)]
    out += enum("Opcode", opcodes) + enum("Error", contract.errors)
    for name, e in contract.enumerations.items():
        out += enum(camel(name), e["values"], "std::uint8_t", e["doc"])
    out += ["/// Name and meaning of a code, in the order of the codes.", "struct CodeText {",
            "  std::string_view name;", "  std::string_view meaning;", "};",
            *texts("Error", contract.errors), *texts("BoardStatus", contract.enumerations["board_status"]["values"])]
    out += ["/// Position of a field: bits [lsb + width - 1 : lsb] of 32-bit word `word`.", "struct Field {",
            "  std::string_view name;", "  int word;", "  int lsb;", "  int width;", "};", "",
            "/// Bits of a register.", "struct BitField {", "  int lsb;", "  int width;",
            "  constexpr std::uint32_t mask() const {",
            "    return static_cast<std::uint32_t>((std::uint64_t{1} << width) - 1) << lsb;", "  }",
            "  constexpr std::uint32_t get(std::uint32_t word) const { return (word & mask()) >> lsb; }",
            "  constexpr std::uint32_t put(std::uint32_t value) const { return value << lsb & mask(); }", "};", ""]
    out += field_constants("header", contract.weight_block["uop_header"]["doc"], item_fields(contract.weight_block["uop_header"]))
    for name, block in (("params", "channel_params"), ("params_wide", "channel_params_wide")):
        out += field_constants(name, contract.weight_block[block]["doc"], item_fields(contract.weight_block[block]))

    def rows(fields):
        return [(f.name, f.word, f.lsb, f.width, f.doc) for f in fields]

    out += field_constants("common", "Fields of every descriptor.", rows(contract.common))
    for d in contract.descriptors.values():
        if d.fields:
            out += field_constants(d.name, d.doc, rows(d.fields))
    out += registers(contract)
    return "\n".join(out + TAIL)


def bound_lines(contract, d):
    """Statements that check the bounds of descriptor `d`, a struct, against `hw`."""
    names = rename(contract)
    by_name = {f.name: f for f in contract.all_fields(d)}
    out = []

    def side(text):
        return f"d.{text}" if text in by_name else None

    for f in d.fields:
        if f.reserved:
            continue
        guard = f"if (d.{f.when}) " if f.when else ""
        if f.equals is not None:
            out.append(f'  {guard}detail::equal("{d.name}", {d.name}::k{camel(f.name)}, d.{f.name}, {f.equals.cpp(names) if f.name != "magic" else "kMagicLetters"});')
        elif f.least is not None or f.most is not None:
            least = f.least.cpp(names) if f.least is not None else "0"
            most = f.most.cpp(names) if f.most is not None else f"detail::largest({d.name}::k{camel(f.name)})"
            out.append(f'  {guard}detail::in_range("{d.name}", {d.name}::k{camel(f.name)}, d.{f.name}, {least}, {most});')
    for c in d.checks:
        guard = f"if (d.{c.when} > {c.when_above}) " if c.when else ""
        right = side(c.right) or names(c.right)
        out.append(f'  {guard}detail::at_most("{d.name}", {d.name}::k{camel(c.left)}, d.{c.left}, "{c.right}", {right});')
    return out


def descriptor(contract, d):
    fields = [f for f in contract.all_fields(d) if not f.reserved and f.name != "opcode"]
    defaults = {"magic": "kMagicLetters", "version": "kVersion"}

    def space(f):
        return "common" if f in contract.common else d.name

    def member(f):
        kind = "bool" if f.width == 1 else "std::int64_t"
        default = "false" if f.width == 1 else defaults.get(f.name, "0")
        return f"  {kind} {f.name} = {default};  ///< {f.doc}"

    name = camel(d.name)
    out = [f"/// {d.doc}.", f"struct {name} {{", f"  static constexpr Opcode kOpcode = Opcode::k{name};",
           *map(member, fields), "",
           "  /// Calls visit(field, member) for every field.",
           "  template <typename Self, typename Visit>",
           "  static constexpr void each(Self& self, Visit&& visit) {",
           *((f"    visit({space(f)}::k{camel(f.name)}, self.{f.name}"
              f"{', true' if f.signed else ''});") for f in fields), "  }",
           f"  bool operator==(const {name}&) const = default;", "};", ""]
    bounds = bound_lines(contract, d)
    unused = "" if any("hw" in line for line in bounds) else "[[maybe_unused]] "
    unused_d = "" if bounds else "[[maybe_unused]] "
    out += [f"/// Throws Error naming the field of a `{d.name}` that a core `hw` refuses.",
            f"inline void validate({unused_d}const {name}& d, {unused}const Hardware& hw) {{", *bounds, "}", ""]
    return out


def descriptors(contract, note):
    out = head(note, '"isa/fields.hpp"', '"isa/isa.hpp"')
    for d in contract.descriptors.values():
        out += descriptor(contract, d)
    return "\n".join(out + TAIL)


def headers(contract, note):
    yield "isa.hpp", isa(contract, note)
    yield "descriptors.hpp", descriptors(contract, note)
