# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Layers with the machine's arithmetic. In double precision (`model.double()`) nothing is rounded but
where the machine rounds: outputs are then, bit for bit, what the codes of the core stand for. In
single precision they differ from that in rare sums, which training does not notice."""

import math

import torch
from torch import nn
from torch.nn import functional

from reshift_train.formats import MULT_BITS, best_log2, unit

STEP_OF_NONE = 2.0 ** -6  # of a bias without weights, in steps of the input
METHODS = ("reconstructed", "straight-through", "incremental")


class _Quantised(torch.autograd.Function):
    """Weights in units of their channel, of which a share is that of the format, by one of METHODS
    (docs/training.md derives the gradients): a blend of weights and levels, or the largest weights as
    levels, which stay, and the others as they are."""

    @staticmethod
    def forward(ctx, t, form, share, method):
        below, above = form.around(t)
        half = (above - below) / 2
        from_middle = (t - below - half) / half  # -1 and 1 at levels, 0 where the level changes
        level = torch.where(from_middle > 0, above, below)
        if method == "incremental":
            size = t.abs()
            pruned = t.numel() - int(t.count_nonzero())
            left = pruned + int((1 - share) * (t.numel() - pruned))
            free = size <= (size.flatten().kthvalue(left).values if left else -1)
            ctx.save_for_backward(free.to(t.dtype))
            return torch.where(free, t, level)
        slope = torch.ones_like(t)
        if method == "reconstructed":
            inside = from_middle.abs() <= 1
            slope = torch.where(inside, 1 + share * (0.5 - from_middle.abs()), slope)
        ctx.save_for_backward(slope)
        return t + share * (level - t)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None, None


class _Rounded(torch.autograd.Function):
    """Clamped to low..high, rounded to steps of `scale`, half to even; straight-through in between."""

    @staticmethod
    def forward(ctx, x, scale, low, high):
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return torch.clamp(x, low, high).mul_(1 / scale).round_().mul_(scale)

    @staticmethod
    def backward(ctx, gradient):
        (x,), (low, high) = ctx.saved_tensors, ctx.bounds
        above = torch.ops.aten.threshold_backward(gradient, x, low)
        return torch.ops.aten.threshold_backward(above, -x, -high), None, None, None


class _Weights:
    """What Conv2d and Linear share: weights of a format with a unit an output channel. A weight is
    `weight` times the channel's `size`, such that a step of the optimiser means the same in all."""

    def _start(self, form, method, scale_bits):
        if method not in METHODS:
            raise ValueError(f"no method {method}; there are {', '.join(METHODS)}")
        self.form, self.method, self.scale_bits = form, method, scale_bits
        # link() sets them: the Codes that make its input, and the convolutions that share its sums.
        self.source, self.leader, self.followers = None, None, []
        self.share = 1.0  # of the quantised weights, the rest is that of the float ones
        self.log_unit = nn.Parameter(torch.zeros(self.weight.shape[0]))
        self.register_buffer("size", torch.ones(self.weight.shape[0]))
        self.register_buffer("kept", torch.ones_like(self.weight, dtype=torch.bool))  # by pruning

    def by_channel(self, values):
        return values.view((-1,) + (1,) * (self.weight.dim() - 1))

    def real_weight(self):
        return self.weight * self.kept * self.by_channel(self.size)

    def in_units(self, units):
        """Weights in units of their channel: levels, once they are rounded."""
        return self.weight * self.kept * self.by_channel(self.size / units)

    def resize(self):
        """Makes the highest level of the format stand for a `weight` of 1."""
        highest = self.units().detach() * self.form.levels[-1]
        self.weight.data *= self.by_channel(self.size / highest)
        self.size.copy_(highest)

    def fit_units(self):
        """Units for the weights that it and its followers have now."""
        rows = [layer.real_weight().detach().flatten(1) * (layer.source.scale() / self.source.scale())
                for layer in (self, *self.followers)]
        rows = torch.cat(rows, 1)
        best = best_log2(rows, self.form, self.scale_bits)
        best[(rows == 0).all(1)] = math.log2(STEP_OF_NONE)
        self.log_unit.data = best

    def units(self):
        """What a step of the weights is, an output channel. Convolutions of one sum have equal steps of
        the sum."""
        if self.leader is not None:
            return self.leader.units() * (self.leader.source.scale() / self.source.scale())
        return unit(self.log_unit, self.scale_bits)

    def bias_step(self, weight):
        """Of which a bias has a whole number: what a step of the channel's sums is, of channels without
        weights STEP_OF_NONE times that of the input."""
        u = self.units().detach()
        if self.leader is not None or self.followers:
            return u * self.source.scale()
        none = (weight.detach() == 0).flatten(1).all(1)
        return torch.where(none, torch.full_like(u, STEP_OF_NONE), u) * self.source.scale()

    def quantised(self):
        """Weights and bias."""
        u = self.units()
        levels = _Quantised.apply(self.in_units(u), self.form, self.share, self.method)
        weight = levels * self.by_channel(u)
        if self.bias is None:
            return weight, None
        step = self.bias_step(weight)
        return weight, self.bias + (torch.round(self.bias / step) * step - self.bias).detach()


class Conv2d(_Weights, nn.Conv2d):
    """torch.nn.Conv2d with weights of `form` (formats.FORMATS), trained by `method`. `scale_bits`: of
    the multiplier of an output channel; 1: shifts alone."""

    def __init__(self, *args, form, method=METHODS[0], scale_bits=MULT_BITS, **kwargs):
        super().__init__(*args, **kwargs)
        self._start(form, method, scale_bits)

    def forward(self, x):
        return self._conv_forward(x, *self.quantised())


class Linear(_Weights, nn.Linear):
    """torch.nn.Linear likewise."""

    def __init__(self, *args, form, method=METHODS[0], scale_bits=MULT_BITS, **kwargs):
        super().__init__(*args, **kwargs)
        self._start(form, method, scale_bits)

    def forward(self, x):
        return functional.linear(x, *self.quantised())


class Codes(nn.Module):
    """Activations as codes of 8 bits: real = 2^exponent * (code - zero), half to even, the only place
    where a result is rounded. `signed`: codes -128 to 127, else 0 to 255, which the machine has as
    -128 to 127 with the zero point 128 lower. With exponent None it is chosen by the first
    activations that come by (calibrate)."""

    BITS = 8

    def __init__(self, signed=False, zero=0, exponent=None):
        super().__init__()
        self.signed, self.zero = signed, zero
        self.lowest = -2 ** (self.BITS - 1) if signed else 0
        self.highest = self.lowest + 2 ** self.BITS - 1
        fixed = exponent is not None
        self.register_buffer("exponent", torch.tensor(exponent if fixed else 0, dtype=torch.int64))
        self.register_buffer("is_chosen", torch.tensor(fixed))

    def scale(self):
        return 2.0 ** int(self.exponent)

    def rounded(self, x, scale):
        low, high = self.lowest - self.zero, self.highest - self.zero
        return _Rounded.apply(x, scale, low * scale, high * scale)

    def choose(self, x):
        """The exponent with the least squared error for these values."""
        top = int(torch.log2(x.abs().max().clamp_min(1e-12) / 2 ** (self.BITS - 1)).ceil()) + 1
        errors = {e: float((self.rounded(x, 2.0 ** e) - x).square().sum())
                  for e in range(top - 6, top + 1)}
        self.exponent.fill_(min(errors, key=errors.get))
        self.is_chosen.fill_(True)

    def forward(self, x):
        if not self.is_chosen:
            self.choose(x.detach())
        return self.rounded(x, self.scale())


class Mean(nn.Module):
    """Of all pixels, N x channels x 1 x 1; to be followed by Codes. A power of two of pixels is exact
    in a core with 16-bit multipliers, others need `--mult-bits 32`."""

    def forward(self, x):
        return x.mean((2, 3), keepdim=True)
