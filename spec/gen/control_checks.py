# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What the directive `check DESCRIPTOR LABEL` of the control program stands for: instructions that
test the fields of the descriptor at hand against the bounds and relations of the contract, one
after the other, and go to LABEL when one is broken.

  least, most           ldn, ldf: they go to bad_field
  signed fields         moved to 0 and up, against the word CODES
  left <= right         ld, sub; of signed fields: ldh, sub, with `right` kept in T0
  ... when f > least    jumps over them right after the test of f
  fields with `when`    at the end, jumped over when the flag is not set
  equals, with register compared with what the register shows, whole words at once
"""

from contract import Expression


def text(name, field):
    return f"{name}.{field.name}"


def bound_tests(d, f):
    """Tests of an unsigned field by itself, and of what holds only when it is above its least."""
    name = text(d.name, f)
    if f.most is not None:
        yield f"ldf {name} {{-({f.most.text} + 1)}}"
    if f.least is not None:
        yield f"ldn {name} {{-({f.least.text})}}"
    guarded = [c for c in d.checks if c.when == f.name]
    if guarded:
        if any(str(c.when_above) != f.least.text for c in guarded):
            raise SystemExit(f"{name}: a check that depends on it must begin above its least value")
        yield f"b z {d.name}_{f.name}_least"
        for c in guarded:
            yield f"ldf {d.name}.{c.left} {{-({c.right} + 1)}}"
        yield f"{d.name}_{f.name}_least:"


def signed_tests(contract, d, f, label):
    """A signed field, moved by -least, is at most CODES; in T0 when another is compared with it."""
    for configuration in contract.configurations.values():
        names = contract.names(configuration)
        if f.most.value(names) - f.least.value(names) != 2 ** names["ActW"] - 1:
            raise SystemExit(f"{text(d.name, f)}: signed, but its values are not the codes")
    yield f"ldh {text(d.name, f)} {{0 - ({f.least.text})}}"
    if f.name in [c.right for c in d.checks]:
        yield "st T0"
    yield f"sub CODES nc {label}"


def relation_tests(d, label):
    for c in d.checks:
        if c.when:
            continue
        left = d.field(c.left)
        if left.signed:
            yield f"ldh {text(d.name, left)} {{0 - ({left.least.text})}}"
            yield f"sub T0 nc {label}"
        else:
            yield f"ld {text(d.name, left)}"
            yield f"sub {d.name}.{c.right} nc {label}"


def register_tests(contract, d, label):
    """Fields that a register of the core has the answer to."""
    registers = {r["name"]: r for r in contract.registers}
    done = set()
    for f in d.fields:
        if not f.register or f.name in done:
            continue
        register, _, part = f.register.partition(".")
        if f.equals is None:
            yield f"ld {text(d.name, f)}"
            yield f"sub {f.register} nc {label}"
            continue
        together = [g for g in d.fields if g.word == f.word and g.register]
        whole = [(f"{register}.{g['name']}", g["lsb"], g["width"])
                 for g in registers[register].get("fields", [])]
        same = [(g.register, g.lsb, g.width) for g in together] == whole
        if same and sum(width for _, _, width in whole) == 32:
            yield f"ld {text(d.name, f)}.word"
            yield f"sub {register} nz {label}"
            done |= {g.name for g in together}
        else:
            yield f"ld {text(d.name, f)}"
            yield f"sub {f.register} nz {label}"


def checks(contract, name, label):
    """The lines of the program that check descriptor `name`."""
    d = contract.descriptors[name]

    def tests(fields):
        for f in fields:
            if f.register or f.reserved:
                continue
            if f.signed:
                yield from signed_tests(contract, d, f, label)
            else:
                yield from bound_tests(d, f)

    yield from register_tests(contract, d, label)
    yield from tests(f for f in d.fields if not f.when)
    yield from relation_tests(d, label)
    for flag in dict.fromkeys(f.when for f in d.fields if f.when):
        yield f"flag {name}.{flag} {name}_no_{flag}"
        yield from tests(f for f in d.fields if f.when == flag)
        yield f"{name}_no_{flag}:"
