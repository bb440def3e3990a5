#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The link check finds what it promises to find, and nothing else."""

import pathlib
import tempfile
import unittest

import links

PAGE = """# Head `one`: it's here

[good](#head-one-its-here) [good](docs/b.md#two-1) ![good](docs/pictures/a.svg) [web](https://x.org)
`[code](none.md)`

    [code](none.md)

```
[code](none.md)
```
"""


class Links(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return links.check_tree(root)

    def tree(self, **more):
        return {"a.md": PAGE, "docs/b.md": "# Two\n# Two\n",
                "docs/pictures/a.svg": '<svg id="x"><use href="#x"/></svg>', **more}

    def test_whole(self):
        self.assertEqual(self.findings(self.tree()), [])

    def test_broken(self):
        text = ("[a](none.md) [b](a.md#none)\n\n1. item\n\n   [c](list.md)\n\n"
                "`code\nover lines` [e](../up.md) `x`\n\n[d]: ref.md\n")
        found = self.findings(self.tree(**{"c.md": text}))
        self.assertEqual(sorted(line.split(": ", 1)[1] for line in found),
                         ["../up.md: leaves the repository", "a.md#none: no such heading",
                          "list.md: not there", "none.md: not there", "ref.md: not there"])
        self.assertIn("c.md:1: none.md: not there", found)

    def test_pictures(self):
        found = self.findings(self.tree(**{
            "docs/pictures/b.svg": '<svg><rect fill="url(#no)"/><image href="x.png"/></svg>'}))
        self.assertEqual(found, ["docs/pictures/b.svg: refers to #no, which it does not have",
                                 "docs/pictures/b.svg: loads x.png",
                                 "docs/pictures/b.svg: no page shows it"])


if __name__ == "__main__":
    unittest.main()
