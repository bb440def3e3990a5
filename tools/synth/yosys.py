# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What the synthesis scripts share: the core, or a module of it, in Yosys (pyosys of .venv)."""

import contextlib
import os
import pathlib
import re
import sys
import tempfile

try:
    import pyosys
    from pyosys import libyosys as ys
except ModuleNotFoundError:
    print("Yosys with slang (pyosys) is missing: tools/setup.sh brings it, into .venv")
    # Tests take this status for skipped.
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "spec/gen"))
from contract import Contract  # noqa: E402
RTL = ROOT / "rtl"
TOP = "reshift_core"
# The cell libraries of Yosys.
SHARE = pathlib.Path(pyosys.__file__).parent / "share"


@contextlib.contextmanager
def log_to(path):
    """Yosys writes its log to descriptor 1; its errors go to descriptor 2 and stay visible."""
    sys.stdout.flush()
    saved = os.dup(1)
    with open(path, "w") as log:
        os.dup2(log.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def configuration(name):
    """The RTL parameters of a named configuration."""
    return Contract().rtl_parameters(name)


def sources(family=None):
    """The RTL files, what a file uses before it. rtl/tech/FAMILY has modules in place of those of the
    same name, for what a family has of its own; FAMILY_KIND has those of FAMILY, too."""
    listed = [RTL / line for path in ("files.txt", "board/files.txt") if (RTL / path).exists()
              for line in (RTL / path).read_text().split()]
    folders = [family.split("_")[0], family] if family else []
    own = {path.name: path for folder in folders for path in (RTL / "tech" / folder).glob("*.sv")}
    return [own.get(path.name, path) for path in listed]


def parameters_of(top):
    """The names of the parameters of an RTL module."""
    files = {path.stem: path for path in sources()}
    if top not in files:
        raise SystemExit(f"no module {top}: there are {', '.join(sorted(files))}")
    return re.findall(r"^\s*parameter\s+\w[\w\s]*?\b(\w+)\s*=", files[top].read_text(), re.M)


def cells_of(library):
    """The cells of a library, with those of the files that it includes."""
    text = library.read_text()
    cells = set(re.findall(r"^\s*module\s+(\w+)", text, re.M))
    return cells.union(*(cells_of(library.parent / name) for name in re.findall(r'`include "(.+)"', text)
                         if (library.parent / name).is_file()))


def without_timing(library, folder):
    """The file, or a copy of it in `folder` without its delays, of which slang refuses some."""
    text, count = re.subn(r"^\s*specify\b.*?^\s*endspecify\b", "", library.read_text(), flags=re.M | re.S)
    if not count:
        return library
    copy = pathlib.Path(folder) / library.name
    copy.write_text(text)
    return copy


def vendor_cells(files, family, folder):
    """Arguments of the front end for the vendor's cells that sources instantiate: black boxes. `folder`
    is for copies of files."""
    words = {word for file in files for word in re.findall(r"\b[A-Z]\w+", file.read_text())}
    used = {SHARE / library: cells_of(SHARE / library) & words for library in family.libraries}
    if not any(used.values()):
        return []
    return ["-D", family.define, "--allow-lib-module-redef",
            *(word for library, cells in used.items() if cells
              for word in ("-v", without_timing(library, folder))),
            *(word for name in sorted(set().union(*used.values())) for word in ("--blackboxed-module", name))]


def read(top=TOP, parameters=None, family=None, extra=()):
    """A design with `top` elaborated, hierarchy kept; with the modules of a family (families.py), if
    one is given. `extra`: more source files."""
    design = ys.Design()
    files = [*sources(family and family.name), *extra]
    overrides = [word for name, value in (parameters or {}).items() for word in ("-G", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        cells = vendor_cells(files, family, folder) if family else []
        run(design, ["read_slang", "--keep-hierarchy", "-D", "SYNTHESIS", "-I", RTL / "include", *cells,
                     *overrides, "--top", top, *files])
    return design


def load_libraries(design, family, libraries):
    run(design, *(f"read_verilog -lib -specify -D {family.define} +/{library}" for library in libraries))


def run(design, *passes):
    """Runs passes, each a text or a list of words: a word may have blanks in it, as paths do."""
    for command in passes:
        ys.Pass.call(design, command if isinstance(command, str) else [str(word) for word in command])
