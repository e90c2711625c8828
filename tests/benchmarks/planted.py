"""The faults that `faults` plants: small ones, of the kind that is made when a line is written anew."""

from __future__ import annotations

from dataclasses import dataclass

Form = tuple[str, str]  # a text that stands once in the sources, in whichever file, and what takes its place


@dataclass(frozen=True)
class Fault:
    """One of them; `others` are forms of it for trees in which that line is written otherwise.

    `tests` are words in the paths of the tests that should notice, `keyword` is pytest's -k to take fewer of these.
    """

    name: str
    form: Form
    tests: tuple[str, ...]
    keyword: str = ""
    others: tuple[Form, ...] = ()


FAULTS = (
    # pictures
    Fault("picture-turned", ("if orientation in (2, 3, 6, 7):", "if orientation in (2, 3, 5, 7):"), ("image",)),
    Fault("picture-too-large", ("if len(data) > MAX_BYTES:", "if len(data) > 2 * MAX_BYTES:"), ("image",)),
    Fault("picture-of-a-wrong-range", ("white = min(1.0, 2 * high)", "white = min(1.0, high)"), ("image_levels",)),
    Fault(
        "samples-in-planes", ("if parts.n_planes == 1 else values", "if parts.n_planes == 0 else values"), ("kinds",)
    ),
    Fault(
        "crop-of-the-other-axis",
        (
            "top * scale_y,\n            left * scale_x,",
            "left * scale_y,\n            top * scale_x,",
        ),
        ("network", "preprocessing"),
        "crop or box or prepar or preprocess",
    ),
    Fault("colour-bars", ("np.float32(191)", "np.float32(181)"), ("samples",)),
    # what a network is, and where it comes from
    Fault("padding-of-a-field", ("b - p * j for b, p, j", "b + p * j for b, p, j"), ("geometry",)),
    Fault("forgotten-one", ("return self.room // self.stride + 1", "return self.room // self.stride"), ("geometry",)),
    Fault("names-of-zero", ("if number >= len(names):", "if number > len(names):"), ("categories",)),
    Fault("weights-with-prefixes", ("_MAX_PREFIXES = 4", "_MAX_PREFIXES = 1"), ("checkpoint",)),
    Fault("too-many-entries", ("if len(state) > _MAX_ENTRIES:", "if len(state) > 9**9:"), ("checkpoint",)),
    Fault("one-value-for-many", ("step == 0 and length > 1", "step == 0 and length > 9**9"), ("checkpoint",)),
    Fault("the-wrong-head", ("(logits - _usual_logits(name)) * per_logit", "0"), ("recognition",)),
    Fault("no-room-on-the-disk", ("if free < n_bytes:", "if free < 0:"), ("download",)),
    Fault(
        "half-a-file",
        ("if total is not None and n_received < total:", "if total is not None and n_received < 0:"),
        ("download",),
    ),
    Fault(
        "too-large-for-memory",
        ("if free is not None and n_bytes > free:", "if free is not None and n_bytes > 99 * free:"),
        ("device",),
    ),
    # one pass, kept
    Fault("softmax-that-overflows", ("np.exp(z - z.max())", "np.exp(z)"), ("trace", "activations")),
    Fault("against-counts-for", ("else score - _logit(value", "else score + _logit(value"), ("targets",)),
    Fault("cache-without-entries", ("len(self._values) > self._max_entries or ", ""), ("cache",)),
    Fault(
        "cache-drops-the-newest", ("self._values.popitem(last=False)", "self._values.popitem(last=True)"), ("cache",)
    ),
    Fault("cache-makes-twice", ("with making.lock:", "with threading.Lock():"), ("cache",)),
    Fault(
        "cache-forgets-the-target",
        (
            "return self.image.digest, self.network.key, self.target",
            "return self.image.digest, self.network.key, None",
        ),
        ("pages",),
        "searched_by_name or explains_both",
    ),
    # what if
    Fault(
        "sign-of-a-sweep",
        ("yield scores - np.float32(before)", "yield np.float32(before) - scores"),
        ("interventions",),
    ),
    Fault(
        "off-times-infinity",
        ("scaled = scaled.masked_fill(factors == 0, 0.0)", "scaled = scaled + 0"),
        ("interventions", "own_network"),
    ),
    # feature maps, filters
    Fault(
        "correlation-of-the-wrong-axis",
        ("score -= score.mean(axis=1, keepdims=True)", "score -= score.mean(axis=0, keepdims=True)"),
        ("feature_maps",),
    ),
    Fault(
        "folding-adds-the-mean",
        ('(bias - norm["running_mean"]) * factor', '(bias + norm["running_mean"]) * factor'),
        ("filters",),
    ),
    Fault("stripes-of-the-other-hand", ("((90 - across) % 180)", "((90 + across) % 180)"), ("filters",)),
    Fault("grey-is-not-taken-off", ("change = found[1:] - found[0]", "change = found[1:]"), ("filters", "tuning")),
    # convolution
    Fault(
        "window-without-padding",
        ("start = at * window.stride[axis] - window.padding[axis]", "start = at * window.stride[axis]"),
        ("arithmetic",),
    ),
    Fault(
        "group-of-a-filter",
        ("first = unit[0] // (described.shape[0] // n_groups) * n_in", "first = unit[0] // n_groups * n_in"),
        ("arithmetic",),
    ),
    Fault("kernel-slips-off", ("if any(axis.n_out < 1 for axis in axes):", "if not axes:"), ("kernel",)),
    # pooling
    Fault("padding-never-counts", ("int((places < n + p).sum())", "int((places < n).sum())"), ("pooling",)),
    Fault(
        "window-begins-in-padding", ("if (size - 1) * s >= n + p else", "if (size - 1) * s > n + p else"), ("pooling",)
    ),
    Fault("middle-of-a-window", ("(k - 1) // 2).clamp(0, n - 1)", "k // 2).clamp(0, n - 1)"), ("pooling",)),
    Fault("moved-over-nothing", ('F.pad(x, (n, 0, 0, 0), mode="replicate")', "F.pad(x, (n, 0, 0, 0))"), ("pooling",)),
    # the classifier
    Fault("difference-of-two-logits", ("direction[other] -= 1", "direction[other] += 1"), ("classifier",)),
    Fault("mean-of-a-layer-norm", ("(scaled - scaled.mean()) / spread", "scaled / spread"), ("ledger", "classifier")),
    # attribution
    Fault(
        "largest-for-mean",
        ("_weighted_sum(gradient.mean(axis=(1, 2))", "_weighted_sum(gradient.max(axis=(1, 2))"),
        ("attribution",),
        "captum or paper",
    ),
    Fault(
        "dropped-relu",
        (
            'np.einsum("chw,chw->hw", np.maximum(gradient, 0), activation)',
            'np.einsum("chw,chw->hw", gradient, activation)',
        ),
        ("attribution",),
        "paper",
    ),
    Fault("sign-of-a-vector", ("found *= -1 if found.sum() < 0 else 1", "found *= 1"), ("attribution",), "paper"),
    Fault(
        "guided-by-nothing",
        ("return gradients[0].clamp(min=0) * passes, None", "return gradients[0] * passes, None"),
        ("attribution",),
        "guided",
    ),
    Fault(
        "ends-for-middles",
        ("places, weights = (ends[1:] + ends[:-1]) / 2, np.diff(ends)", "places, weights = ends[1:], np.diff(ends)"),
        ("attribution",),
        "integrated or complete or quadrature or node",
    ),
    Fault(
        "swapped-patches",
        (
            "for i, (top, left) in enumerate(places[first:last]):",
            "for i, (left, top) in enumerate(places[first:last]):",
        ),
        ("attribution",),
        "occlusion",
    ),
    Fault("masks-without-a-share", ("(total / (n_done * keep))", "(total / n_done)"), ("attribution",), "rise"),
    # faithfulness
    Fault("one-step-late", ("order < _count(i + is_first, steps", "order < _count(i, steps"), ("faithfulness",)),
    Fault(
        "ties-in-order",
        ("(np.cumsum(counts) - (counts - 1) / 2)[which]", "(np.cumsum(counts) - counts)[which]"),
        ("faithfulness", "map_scores"),
    ),
    Fault("forgets-from-the-front", ("return tuple(reversed(blocks))", "return tuple(blocks)"), ("sanity", "randomis")),
    # figures and sentences
    Fault("zero-is-not-white", ("limit = float(max(-low, high))", "limit = float(high)"), ("figures",)),
    Fault(
        "sheet-without-a-gap",
        ("i // columns * (height + _GAP), i % columns * (width + _GAP)", "i // columns * height, i % columns * width"),
        ("figures",),
    ),
    Fault("certain", ("{min(100 * share, 99.99):.2f}", "{100 * share:.2f}"), ("summary", "wording")),
    Fault(
        "a-third-for-half",
        ("np.searchsorted(cells, cells[-1] / 2)", "np.searchsorted(cells, cells[-1] / 3)"),
        ("summary", "sentences"),
    ),
    Fault("inputs-of-a-group", ("to {first + n_in - 1}.", "to {first + n_in}."), ("arithmetic", "sentences")),
    # what a browser may send, what a command answers
    Fault("half-a-stroke", ("and len(stroke) % 2 == 1", ""), ("components", "drawing_pad")),
    Fault("place-beyond-the-map", ("and 0 <= value[1] < width", "and 0 <= value[1]"), ("window",)),
    Fault(
        "box-beyond-the-picture",
        ("return bool(0 <= top < bottom <= size[0] and", "return bool(0 <= top < bottom and"),
        ("figures", "box"),
    ),
    Fault("failure-is-success", ("return 1 if n_failed else 0", "return 0"), ("cli",)),
    # training
    Fault("decay-of-biases", ('"weight_decay": 0.0}', '"weight_decay": weight_decay}'), ("training",)),
    Fault(
        "begins-one-epoch-late",
        ('return model, optimizer, state["epoch"]', 'return model, optimizer, state["epoch"] + 1'),
        ("training",),
        others=(('first = state["epoch"]', 'first = state["epoch"] + 1'),),
    ),
    # in the browser
    Fault(
        "the-first-stroke-goes",
        ("pad.strokes.pop()", "pad.strokes.shift()"),
        ("e2e", "browser_side"),
        "strokes_are_taken_back or browser_side",
        others=(("this.take(this.strokes.slice(0, -1)", "this.take(this.strokes.slice(1)"),),
    ),
    Fault(
        "down-is-up-in-a-grid",
        ("ArrowUp: -data.columns, ArrowDown: data.columns,", "ArrowUp: -1, ArrowDown: data.columns - 1,"),
        ("e2e", "browser_side"),
        "chosen_by_mouse_and_by_arrow_keys or browser_side",
        others=(("ArrowUp: -columns, ArrowDown: columns };", "ArrowUp: -1, ArrowDown: columns - 1 };"),),
    ),
    Fault(
        "window-skips-a-column",
        (
            "const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1]",
            "const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 2]",
        ),
        ("e2e", "browser_side"),
        "window_plays_in_the_browser or arrow_keys_and_clicks or browser_side",
        others=(
            (
                "ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }; // (y, x)",
                "ArrowRight: [0, 2], ArrowUp: [-1, 0], ArrowDown: [1, 0] }; // (y, x)",
            ),
        ),
    ),
    Fault(
        "window-stops-before-the-edge",
        ("Math.min(width - 1, x))];\n    if (source)", "Math.min(width - 2, x))];\n    if (source)"),
        ("e2e", "browser_side"),
        "window_plays_in_the_browser or arrow_keys_and_clicks or browser_side",
        others=(
            (
                "return [clamp(y, 0, height - 1), clamp(x, 0, width - 1)];",
                "return [clamp(y, 0, height - 1), clamp(x, 0, width - 2)];",
            ),
        ),
    ),
)
