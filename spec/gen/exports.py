# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The registers for the tools of others: a C header, and SystemRDL, of which PeakRDL makes IP-XACT."""

from contract import Expression

LICENCE = "Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0"
# SystemRDL's words for who may do what with a field.
ACCESS = {"ro": "sw = r; hw = w;", "rw": "sw = rw; hw = r;", "wo": "sw = w; hw = r;",
          "w1c": "sw = rw; hw = w; onwrite = woclr;"}
ACCESS_WORDS = {"ro": "read only", "rw": "read and write", "wo": "write only", "w1c": "write 1 to clear"}


def reset_value(contract, register):
    """The value after reset; None when it depends on the core's parameters."""
    known = {"version": contract.version, "register_id": contract.register_id}
    reset = Expression(register.get("reset", 0))
    return reset.value(known) if set(reset.names()) <= set(known) else None


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def macro(name, value, comment=None):
    line = f"#define RESHIFT_{name} {value}"
    return line + (f"  /* {comment} */" if comment else "")


def c_header(contract, note):
    """Macros: the offset of each register; mask and lowest bit of each field; the codes of errors."""
    out = [f"/* {LICENCE} */", f"/* {note} */", "#ifndef RESHIFT_REGS_H", "#define RESHIFT_REGS_H", "",
           "/* Registers of 32 bits: byte offsets (_OFFSET); fields (_MASK, _SHIFT). */", "",
           macro("CONTRACT_VERSION", f"{contract.version}u", "what VERSION must read"),
           macro("ID_VALUE", f"0x{contract.register_id:08x}u", "what ID must read")]
    for register in contract.registers:
        name = register["name"]
        out += ["", f"/* {register['doc']}; {ACCESS_WORDS[register['access']]} */",
                macro(f"{name}_OFFSET", f"{register['offset'].lower()}u")]
        for field in register.get("fields", []):
            whole = f"{name}_{field['name'].upper()}"
            mask = ((1 << field["width"]) - 1) << field["lsb"]
            out += [macro(f"{whole}_MASK", f"0x{mask:08x}u", field["doc"]),
                    macro(f"{whole}_SHIFT", field["lsb"])]
    out += ["", "/* Values of ERR_CAUSE. */"]
    out += [macro(f"ERROR_{error['name'].upper()}", f"{error['value']}u", error["doc"])
            for error in contract.errors]
    return "\n".join([*out, "", "#endif", ""])


def rdl_field(name, field, access, reset, extra=""):
    value = "" if reset is None else f" = 0x{reset >> field['lsb'] & (1 << field['width']) - 1:x}"
    return (f"    field {{ desc = {quoted(field['doc'])}; {ACCESS[access]}{extra} }} "
            f"{name}[{field['lsb'] + field['width'] - 1}:{field['lsb']}]{value};")


def rdl_register(contract, register):
    """A register without fields has one over all bits, `value`."""
    whole = {"name": "value", "lsb": 0, "width": 32, "doc": register["doc"]}
    reset = reset_value(contract, register)
    out = ["  reg {", f"    name = \"{register['name']}\";",
           f"    desc = {quoted(register['doc'])};"]
    for field in register.get("fields", [whole]):
        codes = " encode = error_e;" if register["name"] == "ERR_CAUSE" else ""
        out.append(rdl_field(field["name"], field, register["access"], reset, codes))
    return [*out, f"  }} {register['name']} @ {register['offset'].lower()};"]


def systemrdl(contract, note):
    width = max(error["value"] for error in contract.errors).bit_length()
    out = [f"// {LICENCE}", f"// {note}", "", "enum error_e {",
           *(f"  {error['name']} = {width}'d{error['value']} {{ desc = {quoted(error['doc'])}; }};"
             for error in contract.errors), "};", "", "addrmap reshift {",
           "  name = \"ReShift core\";", f"  desc = \"Registers, contract {contract.version}\";",
           "  default regwidth = 32;", "  default accesswidth = 32;"]
    for register in contract.registers:
        out += ["", *rdl_register(contract, register)]
    return "\n".join([*out, "};", ""])
