"""Networks that can be run: LiteRT for the .tflite files, onnxruntime for .onnx. Both are imported when a network is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import ModelError

Array = NDArray[Any]


class LiteNetwork:
    """A .tflite network on the CPU through XNNPACK. Not for use by two threads at once.

    Raises ModelError when the file is no network or LiteRT is not installed.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ModelError(f"{path.name} needs the package ai-edge-litert, which cannot be imported: {error}") from error
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: LiteRT refuses it ({error}); run `kiosk models fetch`") from error
        self._path = path
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each input, batch first."""
        return tuple(tuple(int(n) for n in detail["shape"]) for detail in self._inputs)

    def run(self, *inputs: Array) -> list[Array]:
        """Outputs in the file's own order, each a copy. Inputs must have the network's shapes; they are cast to its types."""
        if tuple(array.shape for array in inputs) != self.input_shapes:
            raise ModelError(f"{self._path.name} takes {self.input_shapes}, not {tuple(array.shape for array in inputs)}")
        for detail, array in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], np.ascontiguousarray(array, dtype=detail["dtype"]))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(detail["index"]) for detail in self._outputs]


class OnnxNetwork:
    """An .onnx network on the CPU. Raises ModelError when the file is no network or onnxruntime is not installed."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        # From 1.29 on it tells its maker about process, machine and networks unless this stands there when it is loaded.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(f"{path.name} needs the package onnxruntime, which cannot be imported: {error}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        refusals = onnxruntime.capi.onnxruntime_pybind11_state
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except (refusals.InvalidProtobuf, refusals.Fail, refusals.InvalidGraph, refusals.NoSuchFile, refusals.NotImplemented) as error:
            raise ModelError(f"{path}: onnxruntime refuses it ({error}); run `kiosk models fetch`") from error
        self._path = path
        self._names = [item.name for item in self._session.get_inputs()]
        self._shapes = [item.shape for item in self._session.get_inputs()]

    @property
    def input_shapes(self) -> tuple[tuple[int | str | None, ...], ...]:
        """The shape of each input, batch first; a name or None stands for any size."""
        return tuple(tuple(shape) for shape in self._shapes)

    def run(self, *inputs: Array) -> list[Array]:
        """Outputs in the file's own order. Inputs must have the network's shapes (a named dimension takes any size) and types."""
        for array, shape in zip(inputs, self._shapes, strict=True):
            fits = len(shape) == array.ndim and all(not isinstance(n, int) or n == m for n, m in zip(shape, array.shape, strict=True))
            if not fits:
                raise ModelError(f"{self._path.name} takes {shape}, not {array.shape}")
        outputs: list[Array] = self._session.run(None, dict(zip(self._names, inputs, strict=True)))
        return outputs
