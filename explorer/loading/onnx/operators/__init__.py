"""What each operator of ONNX is in torch, one row each."""

from __future__ import annotations

import operator
from collections.abc import Callable

import torch
from torch import nn

from ..assembly import Assembly, Value
from ..document import Node
from . import activations, arithmetic, normalisations, parts, pooling, resizing, shapes, weighted

Translation = Callable[[Assembly, Node], Value | tuple[Value, ...]]

OPERATORS: dict[str, Translation] = {
    # Sums of products
    "Conv": weighted.conv, "Gemm": weighted.gemm, "MatMul": weighted.matmul,
    # Normalisations
    "BatchNormalization": normalisations.batch_norm, "LayerNormalization": normalisations.layer_norm,
    "InstanceNormalization": normalisations.instance_norm, "GroupNormalization": normalisations.group_norm,
    "LRN": normalisations.response_norm, "LpNormalization": normalisations.lp_norm,
    # Activations
    "Relu": activations.plain(nn.ReLU), "Sigmoid": activations.plain(nn.Sigmoid), "Tanh": activations.plain(nn.Tanh),
    "HardSwish": activations.plain(nn.Hardswish), "Mish": activations.plain(nn.Mish),
    "Softsign": activations.plain(nn.Softsign), "Softplus": activations.softplus, "LeakyRelu": activations.leaky_relu,
    "PRelu": activations.prelu, "Elu": activations.elu, "Celu": activations.celu, "Selu": activations.selu,
    "Clip": activations.clip, "HardSigmoid": activations.hard_sigmoid, "Swish": activations.swish,
    "Gelu": activations.gelu, "Softmax": activations.softmax(nn.Softmax),
    "LogSoftmax": activations.softmax(nn.LogSoftmax),
    # Poolings
    "MaxPool": pooling.max_pool, "AveragePool": pooling.average_pool,
    "GlobalAveragePool": pooling.global_pool(lambda: nn.AdaptiveAvgPool2d(1)),
    "GlobalMaxPool": pooling.global_pool(lambda: nn.AdaptiveMaxPool2d(1)),
    "ReduceMean": pooling.reduced(torch.mean), "ReduceSum": pooling.reduced(torch.sum),
    "ReduceMax": pooling.reduced(torch.amax), "ReduceMin": pooling.reduced(torch.amin),
    "ReduceProd": pooling.reduced(arithmetic.product), "ReduceSumSquare": pooling.sum_of_squares,
    "ReduceL2": pooling.length,
    # Arithmetic
    "Add": arithmetic.add, "Mul": arithmetic.mul, "Div": arithmetic.div, "Mod": arithmetic.mod,
    "Sub": arithmetic.called(operator.sub), "Pow": arithmetic.called(operator.pow),
    "Sum": arithmetic.folded(operator.add), "Max": arithmetic.folded(torch.maximum),
    "Min": arithmetic.folded(torch.minimum), "Sqrt": arithmetic.called(torch.sqrt),
    "Exp": arithmetic.called(torch.exp), "Log": arithmetic.called(torch.log), "Erf": arithmetic.called(torch.erf),
    "Abs": arithmetic.called(torch.abs), "Neg": arithmetic.called(operator.neg),
    "Reciprocal": arithmetic.called(torch.reciprocal), "Ceil": arithmetic.called(torch.ceil),
    "Floor": arithmetic.called(torch.floor), "Round": arithmetic.called(torch.round),
    "Sign": arithmetic.called(torch.sign), "Equal": arithmetic.called(torch.eq),
    "Greater": arithmetic.called(torch.gt), "GreaterOrEqual": arithmetic.called(torch.ge),
    "Less": arithmetic.called(torch.lt), "LessOrEqual": arithmetic.called(torch.le),
    "Not": arithmetic.called(torch.logical_not), "And": arithmetic.called(torch.logical_and),
    "Or": arithmetic.called(torch.logical_or), "Where": arithmetic.called(torch.where), "Cast": arithmetic.cast,
    "Constant": arithmetic.constant, "ConstantOfShape": arithmetic.constant_of_shape, "Shape": arithmetic.shape,
    "Size": arithmetic.size, "Range": arithmetic.span,
    # What changes no value: other shapes, and parts
    "Identity": shapes.same, "Dropout": shapes.same, "Flatten": shapes.flatten, "Reshape": shapes.reshape,
    "Squeeze": shapes.squeeze, "Unsqueeze": shapes.unsqueeze, "Transpose": shapes.transpose, "Concat": parts.concat,
    "Split": parts.split, "Slice": parts.cut, "Gather": parts.gather, "Expand": shapes.expand, "Tile": parts.tile,
    "Pad": parts.pad, "DepthToSpace": shapes.depth_to_space, "SpaceToDepth": shapes.space_to_depth,
    # What enlarges
    "Resize": resizing.resize, "Upsample": resizing.resize,
}  # fmt: skip
