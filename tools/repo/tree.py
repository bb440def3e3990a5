# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The files of the tree, for all checks of it: those that git tracks or would add. Where git does not
answer for this tree (an exported tree, a tree of another user, no git), what a walk of the folders
finds, without what .gitignore names."""

import fnmatch
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(root, *arguments):
    """What git prints, None when it fails."""
    try:
        return subprocess.run(["git", "-C", root, *arguments], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return None


def of_git(root):
    """The files that git knows; None when it does not answer for `root` itself."""
    # An exported tree may lie inside another repository, which knows nothing of it.
    top = git(root, "rev-parse", "--show-toplevel")
    if top is None or pathlib.Path(top.rstrip("\n")).resolve() != root:
        return None
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return names and sorted({name for name in names.split("\0") if name and (root / name).is_file()})


def of_walk(root):
    """The files below `root`, but for names that its .gitignore has and folders that ignore all of
    themselves, as build folders do."""
    names = root / ".gitignore"
    lines = names.read_text().split() if names.exists() else []
    ignored = [".git", *(line.rstrip("/") for line in lines)]

    def kept(names):
        return [name for name in names
                if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)]

    def ignores_itself(folder):
        mark = folder / ".gitignore"
        return mark.exists() and "*" in mark.read_text().split()

    result = []
    for folder, folders, names in os.walk(root):
        here = pathlib.Path(folder)
        folders[:] = [name for name in kept(folders) if not ignores_itself(here / name)]
        result += [(here / name).relative_to(root).as_posix() for name in kept(names)]
    return sorted(result)


def files(root=ROOT):
    """The names of all files of the tree, relative to `root`."""
    found = of_git(root)
    return of_walk(root) if found is None else found


def matching(*patterns):
    """Those that match a pattern; `*` stands for folders as well."""
    return [name for name in files() if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
