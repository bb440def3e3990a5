#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The judges themselves: what QONNX's specification says of small cases by hand, the same network by
ONNX Runtime in float, and what counts as equal."""

import unittest

import numpy
from onnx import TensorProto, helper, numpy_helper

import onnx_ranks
import qonnx_eval
import reference
from qonnx_eval import Fixed, fixed


def quantised(values, scale, bits, signed=1, narrow=0, **more):
    scalar = lambda v: fixed(numpy.float32(v))
    attributes = {"signed": signed, "narrow": narrow, **more}
    return qonnx_eval.quant(attributes, fixed(numpy.float32(values)), scalar(scale), scalar(0),
                            scalar(bits))


class Quant(unittest.TestCase):
    def test_half_to_even(self):
        found = quantised([0.25, 0.75, -0.25, -0.75, 1.25, 0.3], 0.5, 8)
        numpy.testing.assert_array_equal(found.codes, [0, 2, 0, -2, 2, 1])
        numpy.testing.assert_array_equal(found.values(), [0, 1, 0, -1, 1, 0.5])

    def test_limits(self):
        values = [-1000, 1000]
        limits = {(1, 0): [-8, 7], (1, 1): [-7, 7], (0, 0): [0, 15], (0, 1): [0, 14]}
        for (signed, narrow), codes in limits.items():
            found = quantised(values, 1, 4, signed, narrow)
            numpy.testing.assert_array_equal(found.codes, codes)

    def test_what_is_not_evaluated(self):
        with self.assertRaisesRegex(ValueError, "power of two"):
            quantised([1], 0.3, 8)
        with self.assertRaisesRegex(ValueError, "rounding"):
            quantised([1], 0.5, 8, rounding_mode=b"FLOOR")

    def test_rounding_of_exact_fractions(self):
        rng = numpy.random.default_rng(1)
        codes = rng.integers(-2 ** 30, 2 ** 30, 1000)
        for shift in (-3, 0, 1, 2, 9, 31):
            expected = numpy.rint(codes / 2.0 ** shift)  # exact in float64
            numpy.testing.assert_array_equal(qonnx_eval.half_even(codes, shift), expected)

    def test_sum_of_different_scales(self):
        total = qonnx_eval.add({}, Fixed(numpy.array([3]), numpy.array(-1)),
                               Fixed(numpy.array([5]), numpy.array(-3)))
        self.assertEqual(total.values(), 3 / 2 + 5 / 8)


class Network(unittest.TestCase):
    def test_convolutions_are_those_of_onnx(self):
        rng = numpy.random.default_rng(2)
        for groups, stride, dilation in ((1, 1, 1), (2, 2, 1), (4, 1, 2), (1, 3, 2)):
            weights = rng.integers(-8, 8, (4, 4 // groups, 3, 2)).astype("f4")
            bias = rng.integers(-99, 99, 4).astype("f4")
            node = helper.make_node("Conv", ["x", "w", "b"], ["y"], group=groups,
                                    strides=[stride, 1], dilations=[1, dilation], pads=[1, 0, 2, 1])
            pool = helper.make_node("MaxPool", ["y"], ["z"], kernel_shape=[2, 2], strides=[1, 2])
            image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4, 9, 8])
            output = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
            constants = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")]
            graph = helper.make_graph([node, pool], "g", [image], [output], constants)
            model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
            values = rng.integers(-128, 128, (2, 4, 9, 8)).astype("f4")
            expected = reference.run(model, values)[0]
            # Integers of one exponent, as a Quant makes them.
            x = Fixed(values.astype("i8"), numpy.array(0))
            made = qonnx_eval.conv({a.name: helper.get_attribute_value(a) for a in node.attribute}, x,
                                   Fixed(weights.astype("i8"), numpy.array(0)), fixed(bias))
            found = qonnx_eval.max_pool({"kernel_shape": [2, 2], "strides": [1, 2]}, made)
            numpy.testing.assert_array_equal(found.values(), expected)


class Equality(unittest.TestCase):
    def test_of_the_largest_magnitude(self):
        self.assertTrue(reference.equal([1000.05, 0.09], [1000, 0]))
        self.assertFalse(reference.equal([1000.2, 0], [1000, 0]))
        self.assertFalse(reference.equal([1, 2, 3], [1, 2]))

    def test_not_finite(self):
        self.assertTrue(reference.equal([numpy.nan, numpy.inf, 1], [numpy.nan, numpy.inf, 1]))
        self.assertFalse(reference.equal([0, 1], [numpy.nan, 1]))
        self.assertFalse(reference.equal([numpy.nan, 1], [0, 1]))


class Ranks(unittest.TestCase):
    def test_leading_ones_keep_the_values(self):
        image = numpy.arange(24, dtype="f4").reshape(2, 3, 4)
        node = helper.make_node("Transpose", ["x"], ["y"], perm=[2, 0, 1])
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph([node], "g", [value("x", image.shape)], [value("y", None)])
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
        changed = onnx_ranks.to_image(model, image)
        self.assertEqual(changed.shape, (1, 2, 3, 4))
        model.graph.input[0].CopyFrom(value("x", changed.shape))
        numpy.testing.assert_array_equal(reference.run(model, changed)[0][0],
                                         image.transpose(2, 0, 1))


if __name__ == "__main__":
    unittest.main()
