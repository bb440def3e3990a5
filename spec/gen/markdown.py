# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The contract as reference pages."""

from contract import camel


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def code(text):
    return f"`{text}`" if text not in (None, "") else ""


def page(title, note, lines):
    return "\n".join([f"# {title}", "", f"<!-- {note} -->", "", *lines]).rstrip() + "\n"


def parameters(contract):
    names = list(contract.configurations)
    out = ["Parameters of the core `reshift_core`, and the named configurations.", ""]
    out += table(["parameter"] + names + ["meaning"],
                 [[code(p["sv"])] + [contract.configurations[n][p["name"]] for n in names] + [p["doc"]]
                  for p in contract.parameters])
    out += ["## Constants", ""] + table(["name", "value", "meaning"],
                                        [[code(camel(c["name"])), c["value"], c["doc"]] for c in contract.constants])
    known = {n: contract.names(v) for n, v in contract.configurations.items()}
    out += ["## Derived values", ""]
    out += table(["name"] + names + ["expression", "meaning"],
                 [[code(d["name"])] + [known[n][d["name"]] for n in names] + [code(d["value"].text), d["doc"]]
                  for d in contract.derived])
    return out


def registers(contract):
    out = [contract.json["registers"]["doc"], ""]
    out += table(["offset", "name", "access", "meaning"],
                 [[r["offset"], code(r["name"]), r["access"], r["doc"]] for r in contract.registers])
    out += ["## Fields", ""]
    out += table(["register", "bits", "field", "meaning"],
                 [[code(r["name"]), f"{f['lsb'] + f['width'] - 1}:{f['lsb']}" if f["width"] > 1 else f["lsb"],
                   code(f["name"]), f["doc"]] for r in contract.registers for f in r.get("fields", [])])
    out += ["## Reserved", "", "For later versions of the contract.", ""]
    out += table(["offset", "name", "bytes", "for"],
                 [[r["offset"], code(r["name"]), r["bytes"], r["doc"]] for r in contract.reserved_registers])
    return out + ["## Errors", "", "Values of `ERR_CAUSE`.", ""] + \
        table(["code", "name", "meaning"], [[e["value"], code(e["name"]), e["doc"]] for e in contract.errors])


def bounds(f):
    if f.reserved:
        return "reserved"
    if f.equals is not None:
        return f"= {code(f.equals.text)}"
    if f.least is None and f.most is None:
        return ""
    return f"{code(f.least.text if f.least else 0)} to {code(f.most.text) if f.most else ''}".strip()


def descriptors(contract):
    out = [contract.json["descriptors"]["doc"],
           f"The checksum is 0x{contract.descriptor_checksum:08X}.", "",
           "The core refuses a program with a field that is out of its range (`bad_field`).", ""]
    out += table(["opcode", "name", "meaning"],
                 [[d.opcode, code(d.name), d.doc] for d in sorted(contract.descriptors.values(), key=lambda d: d.opcode)])

    def rows(fields):
        return table(["word", "bits", "field", "range", "meaning"],
                     [[f.word, f.bits(), code(f.name), bounds(f), f.doc] for f in fields])

    out += ["## All descriptors", ""] + rows(contract.common)
    for d in contract.descriptors.values():
        if d.fields:
            out += [f"## {d.name}", "", f"{d.doc}.", ""] + rows(d.fields)
        if d.checks:
            out += ["Also:", ""] + [f"- `{c.left}` is at most `{c.right}`" +
                                    (f" when `{c.when}` is above {c.when_above}" if c.when else "") for c in d.checks] + [""]
    return out


def weight_block(contract):
    block = contract.weight_block
    out = [block["doc"].replace("`section_align`", str(block["section_align"])).replace("`block_align`", str(block["block_align"])), ""]
    out += table(["section", "items", "bytes per item", "padded"],
                 [[s["name"], code(s["count"]), code(s["bytes"]), "yes" if s["padded"] else "no"] for s in block["sections"]])
    for key, title in (("channel_params", "Channel parameters"),
                       ("channel_params_wide", "Channel parameters of a core with MultW 32"),
                       ("uop_header", "Micro-op header")):
        at, rows = 0, []
        for f in block[key]["fields"]:
            rows.append([f"{at + f['width'] - 1}:{at}" if f["width"] > 1 else at, code(f["name"]), f["doc"]])
            at += f["width"]
        out += [f"## {title}", "", block[key]["doc"], ""] + table(["bits", "field", "meaning"], rows)
    for key, title in (("tile", "Weight tile"), ("item", "Item of row streams")):
        out += [f"## {title}", "", block[key]["doc"], ""]
    return out


def board(contract):
    out = [contract.json["board"]["doc"].replace("docs/board.md", "[board](../board.md)"), ""]
    for name, e in contract.enumerations.items():
        out += [f"## {name.replace('_', ' ').capitalize()}", "", e["doc"].replace("board.md", "[board](../board.md)"), ""]
        out += table(["code", "name", "meaning"], [[v["value"], code(v["name"]), v["doc"]] for v in e["values"]])
    return out


def pages(contract, note):
    for name, title, lines in (("parameters", "Parameters", parameters), ("registers", "Registers", registers),
                               ("descriptors", "Descriptors", descriptors), ("weight-block", "Weight block", weight_block),
                               ("board-protocol", "Board protocol", board)):
        yield f"{name}.md", page(title, note, lines(contract))
