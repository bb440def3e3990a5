# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The weight formats of the machine (docs/architecture.md, "Numbers"): which integers a weight of one
tile can be. A weight is such a level times the unit of its output channel."""

import dataclasses

import torch

MULT_BITS = 8  # significant ones of a unit: with 16-bit sums a product is exact in single precision


@dataclasses.dataclass(frozen=True)
class Format:
    """`levels` ascend; `quantize`: what `reshift quantize` is told, for it to find one tile a weight."""
    name: str
    levels: tuple
    quantize: str

    def around(self, x):
        """The levels below and above every value of a tensor; at the ends the last two."""
        levels = x.new_tensor(self.levels)
        above = torch.bucketize(x.detach().contiguous(), levels).clamp_(1, len(levels) - 1)
        return levels[above - 1], levels[above]

    def nearest(self, x):
        below, above = self.around(x)
        return torch.where(x > (below + above) / 2, above, below)


def symmetric(name, magnitudes, quantize):
    return Format(name, tuple(-m for m in reversed(magnitudes)) + (0,) + tuple(magnitudes), quantize)


def powers_of_two(bits):
    exponents = 2 ** (bits - 1) - 1
    return symmetric(f"pow2-{bits}", [2 ** e for e in range(exponents)], f"--exponents {exponents}")


FORMATS = {f.name: f for f in (
    powers_of_two(3), powers_of_two(4), powers_of_two(5),
    symmetric("half", [2, 3, 4, 6, 8, 12, 16], "--format half"),
    Format("digit", tuple(range(-8, 8)), "--format digit"))}


def unit(log2, bits=MULT_BITS):
    """2^log2 as a number of so many significant bits: a multiplier and a shift hold it, with one bit a
    shift alone. The gradient is that of 2^log2."""
    if bits == 1:
        return torch.exp2(log2 + (log2.round() - log2).detach())
    exact = torch.exp2(log2)
    step = torch.exp2(torch.floor(log2.detach()) + 1 - bits)
    return exact + ((exact / step).round() * step - exact).detach()


def best_log2(weight, form, bits=MULT_BITS):
    """For rows of weights the log2 of the units with which the sum of squared errors is least, between
    one that is half an octave more than the largest weight needs and one three octaves below."""
    largest = weight.abs().amax(1).clamp_min(1e-9)
    top = torch.log2(largest / max(abs(form.levels[0]), form.levels[-1]))
    best, least = top.clone(), torch.full_like(top, float("inf"))
    for step in range(-16, 96):
        log2 = top - step / 32
        u = unit(log2, bits)[:, None]
        error = (form.nearest(weight / u) * u - weight).square().sum(1)
        better = error < least
        best, least = torch.where(better, log2, best), torch.where(better, error, least)
    return best
