# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A run of training: epochs with a one-cycle rate, and after each a checkpoint, which a later run takes
up."""

import time

import torch
from torch.nn import functional

from data import View, pixels
from reshift_train.layers import Conv2d, Linear
from reshift_train.pruning import prune_model


def loss_of(outputs, labels, taught, recipe):
    loss = functional.cross_entropy(outputs, labels)
    if taught is None:
        return loss
    t = recipe.temperature
    distance = functional.kl_div(functional.log_softmax(outputs / t, 1),
                                 functional.softmax(taught / t, 1), reduction="batchmean")
    return (1 - recipe.teacher_share) * loss + recipe.teacher_share * t * t * distance


INCREMENTS = (0.25, 0.5, 0.75, 0.875, 0.9375, 1.0)  # shares of the incremental method


def share_of(recipe, done):
    """The share of quantised weights when so much of the epochs is done."""
    if recipe.method == "incremental":
        return INCREMENTS[min(int(done * len(INCREMENTS)), len(INCREMENTS) - 1)]
    return min(1.0, done / recipe.ramp) if recipe.ramp > 0 else 1.0


class Stage:
    """Trains `network`, which reads pixels. `optimiser` and its peak `rate`; `quantised`: the share of
    quantised weights grows."""

    def __init__(self, network, recipe, epochs, optimiser, rate, quantised, seed, checkpoint):
        self.network, self.recipe, self.epochs, self.quantised = network, recipe, epochs, quantised
        self.optimiser, self.rate = optimiser, rate
        self.seed, self.checkpoint = seed, checkpoint
        self.log = []

    def resume(self):
        if not self.checkpoint.is_file():
            return
        state = torch.load(self.checkpoint)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.log = state["log"]

    def save(self):
        partial = self.checkpoint.with_suffix(".part")
        torch.save({"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
                    "log": self.log}, partial)
        partial.rename(self.checkpoint)

    def set_rate(self, done):
        """`done`: part of the epochs. A rise over a fifth of them, then half a cosine down to zero."""
        rise = 0.2
        factor = done / rise if done < rise else (
            (1 + torch.cos(torch.tensor((done - rise) / (1 - rise) * torch.pi)).item()) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * group.get("share_of_rate", 1.0) * max(factor, 0.02)
        if self.quantised:
            for module in self.network.modules():
                if isinstance(module, (Conv2d, Linear)):
                    module.share = share_of(self.recipe, done)

    def run(self, images, labels, teacher, device, report):
        """Returns the log: an entry an epoch."""
        self.resume()
        for epoch in range(len(self.log), self.epochs):
            number = epoch % self.recipe.views if teacher else epoch
            taught = teacher.logits(images, number, report) if teacher else None
            view = View(images, number, self.recipe.mixed)
            self.log.append(self.epoch(epoch, view, labels, taught, device, report))
            self.save()
        self.set_rate(1.0)
        return self.log

    def epoch(self, epoch, view, labels, taught, device, report):
        start, seen, right, total = time.time(), 0, 0, 0.0
        random = torch.Generator().manual_seed(self.seed * 1000 + epoch)
        batches = torch.randperm(len(labels), generator=random).split(self.recipe.batch)
        self.network.train()
        for i, which in enumerate(batches):
            self.set_rate((epoch + i / len(batches)) / self.epochs)
            if self.quantised and self.recipe.prune and i % 50 == 0:
                done = (epoch + i / len(batches)) / self.epochs
                prune_model(self.network, self.recipe.prune, 2 * done, self.recipe.densities())
            target = labels[which].to(device)
            outputs = self.outputs(pixels(view[which], device), device, epoch)
            loss = loss_of(outputs, target, None if taught is None else taught[which].to(device),
                           self.recipe)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            seen, total = seen + len(which), total + float(loss.detach()) * len(which)
            right += int((outputs.argmax(1) == target).sum())
            if i % 50 == 49 or i + 1 == len(batches):
                report(f"epoch {epoch + 1} of {self.epochs}, {seen} images: loss {total / seen:.4f}, "
                       f"right {100 * right / seen:.2f} %, {time.time() - start:.0f} s")
        return {"loss": total / seen, "right": right / seen, "seconds": round(time.time() - start, 1)}

    def outputs(self, images, device, epoch):
        # Half precision holds every weight and code of the machine, but not every sum.
        half = not self.quantised or epoch < self.epochs - self.recipe.exact_epochs
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            return self.network(images).float()
