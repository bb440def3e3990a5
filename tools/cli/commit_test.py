#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of commit.cmake: which commit it finds in a clean tree, a changed one, and where git does not
answer."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

SCRIPT = pathlib.Path(__file__).with_name("commit.cmake")
CMAKE = shutil.which("cmake")


@unittest.skipUnless(shutil.which("git"), "no git")
class Commit(unittest.TestCase):
    def setUp(self):
        settings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        settings.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
        patch = mock.patch.dict(os.environ, settings, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        folder = tempfile.TemporaryDirectory(prefix="re shift ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "tree"
        self.root.mkdir()
        self.output = pathlib.Path(folder.name) / "commit.cpp"
        (self.root / "file").write_text("1\n")

    def git(self, *arguments):
        command = ["git", "-c", "user.name=name", "-c", "user.email=mail", *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True,
                              text=True).stdout.strip()

    def repository(self):
        self.git("init")
        self.git("add", "file")
        self.git("commit", "-m", "first")
        return self.git("rev-parse", "--short=7", "HEAD")

    def found(self, **environment):
        subprocess.run([CMAKE, f"-DSOURCE={self.root}", f"-DOUTPUT={self.output}", "-P", SCRIPT],
                       check=True, env={**os.environ, **environment})
        return self.output.read_text().split('kCommit = "')[1].split('"')[0]

    def test_clean_and_changed(self):
        commit = self.repository()
        self.assertEqual(self.found(), commit)
        before = self.output.stat().st_mtime_ns
        self.assertEqual(self.found(), commit)
        self.assertEqual(self.output.stat().st_mtime_ns, before)
        (self.root / "untracked").write_text("")
        self.assertEqual(self.found(), commit)
        (self.root / "file").write_text("2\n")
        self.assertEqual(self.found(), f"{commit}-dirty")

    def test_tagged(self):
        commit = self.repository()
        self.git("tag", "-a", "v1", "-m", "first")
        self.assertEqual(self.found(), commit)

    def test_exported(self):
        self.assertEqual(self.found(), "unknown")

    def test_exported_inside_another_repository(self):
        self.repository()
        self.root = self.root / "exported"
        self.root.mkdir()
        self.assertEqual(self.found(), "unknown")

    def test_no_commit_yet(self):
        self.git("init")
        self.assertEqual(self.found(), "unknown")

    def test_without_git(self):
        self.repository()
        self.assertEqual(self.found(PATH=str(self.root)), "unknown")

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_other_owner(self):
        self.repository()
        for path in (self.root, self.root / ".git"):
            os.chown(path, 12345, 12345)
        self.assertEqual(self.found(), "unknown")


if __name__ == "__main__":
    unittest.main()
