"""dlib's ResNet for faces, read out of dlib's own file format and written as ONNX.

The format (dlib's `serialize`): a whole number is a control byte (low four bits: how many bytes follow, 0x80: negative) and its
little-endian bytes; a text is its length and its bytes; a tensor is the number 2, its four sizes and raw little-endian float32.
Layers stand input first. The structure around them is fixed by the network and checked here by count and by size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import ModelError

Floats = NDArray[np.float32]

CHIP_SIDE = 150
"""Side in pixels of the chip that the network takes."""
CHANNEL_MEAN = (122.782, 117.001, 104.298)
"""What dlib's input layer subtracts from red, green and blue before it divides by 256."""

_OPSET = 17
_IR_VERSION = 8
_TAG = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")
_CONVOLUTIONS = 29


@dataclass(frozen=True, slots=True)
class Convolution:
    """One layer, the affine layer behind it folded in.

    weights: (out, in, rows, columns) float32. bias: (out,) float32. stride, padding: pixels, alike for rows and columns.
    """

    weights: Floats
    bias: Floats
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class FaceResnet:
    """The network's layers in the order of their use. projection: (256, 128) float32."""

    convolutions: tuple[Convolution, ...]
    projection: Floats


def onnx_from_dlib(data: bytes) -> bytes:
    """The bytes of `dlib_face_recognition_resnet_model_v1.dat` as an ONNX file.

    Its input `chips` is (N, 150, 150, 3) uint8 RGB, origin top-left; its outputs are `embeddings`, (N, 128) float32, and `maps`, (N, 256)
    float32: the map that the last block starts from, averaged over its 4x4 places.
    Raises ModelError when the bytes are not that network.
    """
    try:
        network = read_face_resnet(data)
    except (IndexError, ValueError, TypeError) as error:
        raise ModelError(f"dlib's face network cannot be read: {error}; run `kiosk models fetch` again") from error
    return _Graph().of(network)


def read_face_resnet(data: bytes) -> FaceResnet:
    """The layers in dlib's file; ValueError or IndexError where the bytes do not follow the format."""
    reader = _Reader(data)
    convolutions: list[Convolution] = []
    pending: Convolution | None = None
    channels = 3
    while (tag := reader.seek(_TAG)) != b"fc_2":
        if tag == b"con_4" and pending is None:
            pending = _convolution(reader, channels)
            channels = len(pending.bias)
        elif tag == b"affine_" and pending is not None:
            convolutions.append(_fold(pending, reader.tensor()))
            pending = None
        else:
            raise ValueError(f"unexpected layer {tag.decode()} after {len(convolutions)} convolutions")
    outputs, inputs = reader.number(), reader.number()
    if len(convolutions) != _CONVOLUTIONS or (inputs, outputs) != (channels, 128):
        raise ValueError(f"{len(convolutions)} convolutions and a {inputs}x{outputs} matrix, not {_CONVOLUTIONS} and {channels}x128")
    return FaceResnet(tuple(convolutions), reader.tensor().reshape(inputs, outputs))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def seek(self, tag: re.Pattern[bytes]) -> bytes:
        found = tag.search(self._data, self._at)
        if found is None:
            raise ValueError(f"no further layer behind byte {self._at}")
        self._at = found.end()
        return found.group()[2:]

    def number(self) -> int:
        control = self._data[self._at]
        start, end = self._at + 1, self._at + 1 + (control & 0x0F)
        self._at = end
        value = int.from_bytes(self._data[start:end], "little")
        return -value if control & 0x80 else value

    def tensor(self) -> Floats:
        version = self.number()
        sizes = [self.number() for _ in range(4)]
        count = int(np.prod(sizes))
        if version != 2 or not 0 < 4 * count <= len(self._data) - self._at:
            raise ValueError(f"no tensor at byte {self._at}: version {version}, sizes {sizes}")
        values = np.frombuffer(self._data, "<f4", count, self._at).astype(np.float32)
        self._at += 4 * count
        return values


def _convolution(reader: _Reader, channels: int) -> Convolution:
    parameters = reader.tensor()
    filters, rows, columns, stride, stride_x, padding, padding_x = (reader.number() for _ in range(7))
    if (stride, padding) != (stride_x, padding_x):
        raise ValueError("a convolution whose rows and columns differ")
    weights, bias = parameters[:-filters], parameters[-filters:]
    return Convolution(weights.reshape(filters, channels, rows, columns), bias, stride, padding)


def _fold(convolution: Convolution, affine: Floats) -> Convolution:
    gamma, beta = affine.reshape(2, len(convolution.bias))
    weights = convolution.weights * gamma[:, None, None, None]
    return Convolution(weights, convolution.bias * gamma + beta, convolution.stride, convolution.padding)


@dataclass(slots=True)
class _Wire:
    """A value between two nodes: its name, channels and side in pixels."""

    name: str
    channels: int
    side: int


@dataclass(slots=True)
class _Graph:
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def of(self, network: FaceResnet) -> bytes:
        """The ONNX file: a stem, fourteen residual blocks of two convolutions, the mean over the last map and the matrix."""
        from onnx import TensorProto, helper

        stem, *rest = network.convolutions
        wire = self._relu(self._convolve(self._input(), stem))
        wire = _Wire(self._node("MaxPool", wire.name, kernel_shape=[3, 3], strides=[2, 2]), wire.channels, (wire.side - 3) // 2 + 1)
        before = wire
        for first, second in zip(rest[::2], rest[1::2], strict=True):
            before, wire = wire, self._block(wire, first, second)
        pooled, averaged = (self._node("GlobalAveragePool", last.name) for last in (wire, before))
        pooled = self._node("Flatten", pooled, axis=1)
        self.nodes.append(helper.make_node("MatMul", [pooled, self._constant("projection", network.projection)], ["embeddings"]))
        self.nodes.append(helper.make_node("Flatten", [averaged], ["maps"], axis=1))
        chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", CHIP_SIDE, CHIP_SIDE, 3])
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", numbers])
                   for name, numbers in (("embeddings", network.projection.shape[1]), ("maps", before.channels))]
        graph = helper.make_graph(self.nodes, "face_resnet", [chips], outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _input(self) -> _Wire:
        from onnx import TensorProto

        floats = self._node("Transpose", self._node("Cast", "chips", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
        mean = self._constant("mean", np.array(CHANNEL_MEAN, np.float32).reshape(1, 3, 1, 1))
        scale = self._constant("scale", np.array(1 / 256, np.float32))
        return _Wire(self._node("Mul", self._node("Sub", floats, mean), scale), 3, CHIP_SIDE)

    def _block(self, wire: _Wire, first: Convolution, second: Convolution) -> _Wire:
        """Two convolutions beside a shortcut; a block that halves the map averages its shortcut 2x2."""
        main = self._convolve(self._relu(self._convolve(wire, first)), second)
        if first.stride == 2:
            wire = _Wire(self._node("AveragePool", wire.name, kernel_shape=[2, 2], strides=[2, 2]), wire.channels, (wire.side - 2) // 2 + 1)
        channels, side = max(main.channels, wire.channels), max(main.side, wire.side)
        added = self._node("Add", self._padded(main, channels, side), self._padded(wire, channels, side))
        return self._relu(_Wire(added, channels, side))

    def _padded(self, wire: _Wire, channels: int, side: int) -> str:
        """The wire with zeros behind its channels, rows and columns, as dlib adds maps of different sizes."""
        if (wire.channels, wire.side) == (channels, side):
            return wire.name
        ends = [0, 0, 0, 0, 0, channels - wire.channels, side - wire.side, side - wire.side]
        return self._node("Pad", wire.name, self._constant(f"pads_{len(self.nodes)}", np.array(ends, np.int64)))

    def _convolve(self, wire: _Wire, layer: Convolution) -> _Wire:
        if wire.side == 1 and layer.weights.shape[2] == 3 and layer.padding == 1:
            # A padded filter over a map of one pixel meets that pixel with its centre alone: a ninth of the weights to read.
            layer = replace(layer, weights=layer.weights[:, :, 1:2, 1:2], padding=0)
        filters, _, size, _ = layer.weights.shape
        weights = self._constant(f"weights_{len(self.nodes)}", layer.weights)
        bias = self._constant(f"bias_{len(self.nodes)}", layer.bias)
        name = self._node("Conv", wire.name, weights, bias, kernel_shape=[size, size], strides=[layer.stride] * 2, pads=[layer.padding] * 4)
        return _Wire(name, filters, (wire.side + 2 * layer.padding - size) // layer.stride + 1)

    def _relu(self, wire: _Wire) -> _Wire:
        return _Wire(self._node("Relu", wire.name), wire.channels, wire.side)

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
