"""From the calls of a model to a torch module: each layer by the function that knows its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from torch import nn

from ...errors import BadModelFile
from ...wording import quoted
from .activations import ACTIVATION_OPERATIONS, ACTIVATIONS
from .applied import Applied
from .arguments import Ref
from .arranging import ARRANGING
from .building import MAPS, Building, Value, axes_of
from .calls import Call, Layer, Model
from .joining import JOINING, JOINING_OPERATIONS
from .network import KerasNetwork
from .normalising import NORMALISING
from .settings import Settings
from .variables import Variables, Way
from .windows import WINDOWS

LAYERS: Mapping[str, Callable[[Applied], Value]] = {**WINDOWS, **NORMALISING, **ACTIVATIONS, **ARRANGING, **JOINING}
OPERATIONS: Mapping[str, Callable[[Applied], Value]] = {**JOINING_OPERATIONS, **ACTIVATION_OPERATIONS}

_OF_CODE = ("Lambda", "TensorFlowOpLayer", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
_ENLARGING = ("Conv2DTranspose", "Resizing")
_MOST_SIDE, _MOST_CHANNELS = 8192, 4096


@dataclass(frozen=True)
class Assembled:
    module: KerasNetwork
    input_size: tuple[int, int, int]  # (C, H, W)
    resized: str  # how a first layer resizes pictures: it is left out, for they come in its size; "" where none does
    notes: tuple[str, ...]


def assemble(model: Model, variables: Variables, keras: int, usual_side: int) -> Assembled:
    """The network of a model. `usual_side` is the height and width of pictures where the file leaves them open.

    Raises BadModelFile with a fact about the file.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise BadModelFile(
            f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs: a network here reads one picture and "
            "gives one row of logits. Save the part of it that does"
        )
    assembly = _Assembly(variables, keras, usual_side)
    output = assembly.run(model, (), None)
    return assembly.finish(output)


class _Assembly:
    def __init__(self, variables: Variables, keras: int, usual_side: int) -> None:
        self._variables, self._keras, self._usual_side = variables, keras, usual_side
        self._building = Building()
        self._size: tuple[int, int, int] = (0, 0, 0)
        self._resized = ""
        self._notes: list[str] = []

    def run(self, model: Model, above: Way, given: Value | None) -> Value:
        """What a model returns for a value; for the picture where that is None."""
        found: dict[Ref, Value] = {}
        for call in model.calls:
            if call.layer.kind == "InputLayer":
                if call.result not in model.inputs:
                    raise BadModelFile("has an input that it does not name")
                found[call.result] = given if given is not None else self._picture(model, call.layer)
                continue
            found[call.result] = self._call(call, found, above)
        return found[model.outputs[0]]

    def finish(self, output: Value) -> Assembled:
        output = self._without_last(output)
        if len(output.shape) == 3 and output.n == max(output.shape):  # maps of one cell
            output = self._building.add(("flatten",), None, nn.Flatten, (output,), (output.n,))
        output = self._building.as_written(output, ("output",))
        if len(output.shape) != 1 or not output.number:
            raise BadModelFile(
                f"ends in {output.shape} numbers, not in one row of logits. Save the network with its last layers"
            )
        return Assembled(self._building.finish(output, self._size[1:]), self._size, self._resized, tuple(self._notes))

    def _call(self, call: Call, found: Mapping[Ref, Value], above: Way) -> Value:
        layer, way = call.layer, (*above, call.layer)
        settings = Settings(layer.config, layer.title)
        args = tuple(_with_values(arg, found) for arg in call.args)
        kwargs = {key: _with_values(value, found) for key, value in call.kwargs.items()}
        applied = Applied(self._building, self._variables, way, args, kwargs, self._keras, settings)
        if any(value.channel is not None for value in applied.values) and layer.kind != "Stack":
            settings.refuse("which reads a piece of its picture")
        if layer.inside is not None:
            if len(layer.inside.inputs) != 1 or len(layer.inside.outputs) != 1:
                settings.refuse("a network inside that has other than one input and one output")
            return self.run(layer.inside, way, applied.value)
        if layer.kind == "Resizing" and not applied.value.number:
            return self._resize(applied)
        return self._function(layer)(applied)

    @staticmethod
    def _function(layer: Layer) -> Callable[[Applied], Value]:
        by_class = None if layer.is_operation else LAYERS.get(layer.kind)
        return by_class or OPERATIONS.get(layer.operation) or _refuse(layer)

    def _picture(self, model: Model, layer: Layer) -> Value:
        """The network's input. Keras may count no channels where there is one."""
        config = layer.config
        given = config.get("batch_shape") or config.get("batch_input_shape") or model.built_for
        if not isinstance(given, list) or len(given) not in (3, 4):
            raise BadModelFile(
                "does not say what size of pictures it reads, or reads something else. Give its first layer an "
                "input_shape such as (224, 224, 3), and save it again"
            )
        shape = given[1:]
        is_first = len(shape) == 3 and _is_channels_first(model, shape)
        sides = shape[1:] if is_first else shape[:2]
        if None in sides:
            sides = [self._usual_side if side is None else side for side in sides]
            self._notes.append(
                f"The file leaves the size of pictures open; here they have {sides[0]} × {sides[1]} pixels"
            )
        channels = 1 if len(shape) == 2 else shape[0] if is_first else shape[2]
        if (
            not all(isinstance(n, int) and 1 <= n <= _MOST_SIDE for n in (*sides, channels))
            or channels > _MOST_CHANNELS
        ):
            raise BadModelFile(f"reads pictures of {given[1:]}, which are none")
        self._size = channels, sides[0], sides[1]
        if len(shape) == 2:
            return Value(0, (sides[0], sides[1]), (2, 3))
        full = (channels, *sides) if is_first else (*sides, channels)
        return Value(0, full, axes_of(full) if is_first else MAPS)

    def _resize(self, applied: Applied) -> Value:
        """A first layer that resizes: pictures come in its size instead."""
        settings, value = applied.settings, applied.value
        height, width = settings.whole("height"), settings.whole("width")
        if settings.is_channels_first or len(value.shape) != 3 or max(height, width) > _MOST_SIDE:
            settings.refuse("which resizes pictures in a way that is not known here")
        self._size = self._size[0], height, width
        self._resized = settings.choice(
            "interpolation", ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian",
                              "mitchellcubic"), "bilinear",
        )  # fmt: skip
        self._notes.append(
            f"Its first layer {quoted(applied.layer.name)} resizes pictures to {height} × {width}; here they are "
            "prepared in that size, and it is left out"
        )
        return replace(value, shape=(height, width, value.shape[2]))

    def _without_last(self, output: Value) -> Value:
        """What the last softmax or sigmoid reads, where the network ends in one."""
        made = self._building.made_by(output)
        if made is None or not isinstance(made[0], nn.Softmax | nn.Sigmoid):
            return output
        name = "softmax" if isinstance(made[0], nn.Softmax) else "sigmoid"
        self._notes.append(f"Its last {name} is left out: pages work out probabilities from the logits before it")
        if name == "sigmoid" and output.n > 1:
            self._notes.append(
                "It ends in a sigmoid for each class, so that several can be there at once; here their probabilities "
                "are those of a softmax"
            )
        return replace(output, number=made[1])


def _with_values(argument: Any, found: Mapping[Ref, Value]) -> Any:
    if isinstance(argument, Ref):
        return found[argument]
    if isinstance(argument, list):
        return [_with_values(item, found) for item in argument]
    return argument


def _is_channels_first(model: Model, shape: list[Any]) -> bool:
    """Whether the first layer that says so takes channels first, or, where none does, whether the shape tells."""
    for layer in model.layers:
        if layer.inside is not None:
            return _is_channels_first(layer.inside, shape)
        said = layer.config.get("data_format")
        if said in ("channels_first", "channels_last"):
            return bool(said == "channels_first")
    return shape[0] in (1, 3) and shape[2] not in (1, 3)


def _refuse(layer: Layer) -> NoReturn:
    title = layer.title
    if layer.kind in _OF_CODE:
        raise BadModelFile(
            f"has {title}, which holds code of its own: that is never run here. Save the network with Keras's own "
            "layers in its place"
        )
    if layer.kind in _ENLARGING:
        raise BadModelFile(
            f"has {title}, which resizes maps: networks that classify pictures can be read, which do not"
        )
    raise BadModelFile(f"has {title}, which cannot be read: convolutional networks of Keras's own usual layers can be")
