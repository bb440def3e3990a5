#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of tree.py: a tree that git knows, the same one exported, and one that git refuses."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import tree

HERE = ["-c", "user.name=name", "-c", "user.email=mail", "-c", "init.defaultBranch=main"]


class Files(unittest.TestCase):
    def setUp(self):
        # Whatever this user's settings are, and whichever hook of git runs this.
        settings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        settings.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
        patch = mock.patch.dict(os.environ, settings, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        folder = tempfile.TemporaryDirectory(prefix="re shift ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "tree"
        self.write(".gitignore", "build/\n*.pyc\n")
        self.write("README.md")
        self.write("tools/a b.py")
        self.write("tools/a.pyc")
        self.write("build/made.txt")
        self.write("my build/.gitignore", "*\n")
        self.write("my build/made.txt")
        self.expected = [".gitignore", "README.md", "tools/a b.py"]

    def write(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def git(self, *arguments):
        subprocess.run(["git", *HERE, *arguments], cwd=self.root, check=True, capture_output=True)

    def repository(self):
        self.git("init")
        self.git("add", ".gitignore", "README.md")
        self.git("commit", "-m", "first")

    def test_exported(self):
        self.assertIsNone(tree.of_git(self.root))
        self.assertEqual(tree.files(self.root), self.expected)

    @unittest.skipUnless(shutil.which("git"), "no git")
    def test_repository(self):
        self.repository()
        self.assertEqual(tree.of_git(self.root), self.expected)
        self.assertEqual(tree.of_walk(self.root), self.expected)
        (self.root / "README.md").unlink()
        self.assertEqual(tree.files(self.root), [".gitignore", "tools/a b.py"])

    @unittest.skipUnless(shutil.which("git"), "no git")
    def test_exported_inside_another_repository(self):
        self.root = self.root.parent
        self.write(".gitignore", "*\n")
        self.git("init")
        self.root /= "tree"
        self.assertEqual(tree.files(self.root), self.expected)

    @unittest.skipUnless(shutil.which("git") and os.geteuid() == 0, "only root can give files away")
    def test_other_owner(self):
        self.repository()
        for path in (self.root, self.root / ".git"):
            os.chown(path, 12345, 12345)
        self.assertIsNone(tree.of_git(self.root))
        self.assertEqual(tree.files(self.root), self.expected)

    def test_this_tree(self):
        names = tree.of_git(tree.ROOT)
        if names is not None:
            self.assertLessEqual(set(names), set(tree.of_walk(tree.ROOT)))


if __name__ == "__main__":
    unittest.main()
