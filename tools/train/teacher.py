# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Outputs of float networks for the views of the training images, kept in files."""

import numpy
import torch

from data import View, pixels
from onnx_network import OnnxNetwork

BATCH = 250


class Normalised(torch.nn.Module):
    """A float network that reads pixels."""

    def __init__(self, network, preprocess):
        super().__init__()
        self.network = network
        self.scale = preprocess["scale"]
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(preprocess[name]).view(1, 3, 1, 1))

    def forward(self, image):
        return self.network((image * self.scale - self.mean) / self.std)


def load(file, data):
    """A network of recipe.TEACHERS, with channels last in memory."""
    network = Normalised(OnnxNetwork(file.find(data), file.rounding), file.pixels())
    return network.to(memory_format=torch.channels_last)


class Teacher:
    """The mean of the outputs of `networks` for views of which a share is `mixed`; `folder` keeps a file
    for each view."""

    def __init__(self, name, networks, folder, device, mixed):
        self.name, self.folder, self.device, self.mixed = name, folder, device, mixed
        self.networks = [network.eval().to(device) for network in networks]

    @torch.no_grad()
    def logits(self, images, number, report):
        """Of view `number` of all images."""
        mixed = f"_mixed{self.mixed}" if self.mixed else ""
        path = self.folder / f"{self.name}{mixed}_{number}.npy"
        if not path.is_file():
            view, parts = View(images, number, self.mixed), []
            for start in range(0, len(images), BATCH):
                which = torch.arange(start, min(start + BATCH, len(images)))
                batch = pixels(view[which], self.device)
                with torch.autocast(self.device.type, torch.bfloat16):
                    outputs = [network(batch).float() for network in self.networks]
                parts.append(torch.stack(outputs).mean(0).cpu())
                if start % 5000 == 0:
                    report(f"{self.name} of view {number}: {start} of {len(images)} images")
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            with partial.open("wb") as out:
                numpy.save(out, torch.cat(parts).numpy().astype("f2"))
            partial.rename(path)
        return torch.from_numpy(numpy.load(path).astype("f4"))
