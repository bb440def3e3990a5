# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""CIFAR-10 in its binary version, and batches of it. Images are uint8, N x rows x columns x RGB."""

import lzma
import pathlib

import numpy
import torch

SIZE, MARGIN = 32, 4  # pixels of a side; how far a crop may move
TRAINING = ("data_batch_1", "data_rest_40000")
TEST = ("test_batch",)


def read_file(path):
    """Images and labels of one file, packed by xz or not."""
    raw = lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()
    records = numpy.frombuffer(raw, "u1").reshape(-1, 1 + 3 * SIZE * SIZE)
    images = records[:, 1:].reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    return torch.from_numpy(images.copy()), torch.from_numpy(records[:, 0].astype("i8"))


def load(folder, names):
    """All images and labels of the files, which are NAME.bin or NAME.bin.xz in the folder. CIFAR-10's
    own five training files are read where those of the project's data folder are not there."""
    folder = pathlib.Path(folder)
    if names == TRAINING and not any(folder.glob("data_rest_40000.bin*")):
        names = tuple(f"data_batch_{i}" for i in range(1, 6))
    parts = []
    for name in names:
        found = [p for p in (folder / f"{name}.bin", folder / f"{name}.bin.xz") if p.is_file()]
        if not found:
            raise SystemExit(f"train: {folder} has no {name}.bin or {name}.bin.xz; "
                             "DATA=FOLDER says where CIFAR-10 (binary version) is")
        parts.append(read_file(found[0]))
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


class View:
    """Training images, shifted by up to MARGIN pixels with black around them, half of them mirrored;
    each image by itself. A share `mixed` of them then has a rectangle of another one in it (CutMix, Yun
    et al., 2019). View `number` of an image is the same in every run."""

    def __init__(self, images, number, mixed=0.0):
        random = numpy.random.default_rng([number, len(images)])
        reach = torch.arange(SIZE)
        moves = torch.from_numpy(random.integers(0, 2 * MARGIN + 1, (2, len(images), 1)))
        self.rows, self.columns = moves[0] + reach, moves[1] + reach
        mirrored = torch.from_numpy(random.integers(0, 2, len(images)).astype(bool))
        self.columns[mirrored] = self.columns[mirrored].flip(1)
        self.padded = torch.nn.functional.pad(images, (0, 0, MARGIN, MARGIN, MARGIN, MARGIN))
        self.mixed = mixed > 0
        if not self.mixed:
            return
        self.others = torch.from_numpy(random.permutation(len(images)))
        # A rectangle has a share of the image that is uniform in 0 to 1; its centre is anywhere.
        half = numpy.sqrt(random.random(len(images))) * SIZE / 2
        half[random.random(len(images)) >= mixed] = 0
        centre = random.random((2, len(images))) * SIZE
        self.first, self.last = torch.from_numpy(centre - half), torch.from_numpy(centre + half)

    def __getitem__(self, which):
        """Images of the indices `which`."""
        if not self.mixed:
            return self.shifted(which)
        reach = torch.arange(SIZE) + 0.5
        rows, columns = ((self.first[i, which, None] < reach) & (reach < self.last[i, which, None])
                         for i in range(2))
        other = rows[:, :, None, None] & columns[:, None, :, None]
        return torch.where(other, self.shifted(self.others[which]), self.shifted(which))

    def shifted(self, which):
        return self.padded[which[:, None, None], self.rows[which][:, :, None],
                           self.columns[which][:, None, :]]


def pixels(images, device):
    """What networks read: N x RGB x rows x columns, 0 to 255, channels last in memory."""
    return images.to(device).permute(0, 3, 1, 2).float()
