"""What made pictures reach, and how far they can be believed, in sentences."""

from __future__ import annotations

from ..networks.network import Network
from ..networks.sounds import SoundPreparation
from ..pictures.samples import SAMPLES
from ..wording import by, number, percent, plural, round_percent, seconds_phrase
from .making import Synthesis
from .objective import Objective
from .own_picture import Changed
from .readable import HOLDS, N_NOISE
from .settings import FIXED


def objective_sentence(network: Network, objective: Objective) -> str:
    """What is to be as high as it can be, and at which operation it is read."""
    phrase = objective.phrase(network)
    said = f"What is to be high is {phrase}"
    if objective.layer is None:
        return f"{said}, before softmax."
    read, layer = objective.read_from(network), network.resolve(objective.layer)
    if read == layer:
        return f"{said}."
    return (
        f"{said}, as {read} gives it, before {network.layers[_activation(network, read)].kind}: behind it "
        "a silent channel would give no step a direction."
    )


def _activation(network: Network, read: str) -> str:
    """The activation function that takes what an operation gives."""
    return next(name for name, layer in network.layers.items() if read in layer.inputs and layer.traits.is_activation)


def reached_sentence(found: Synthesis) -> str:
    """What the picture reaches, and how it was made."""
    reached, settings = found.measured.reached, found.settings
    assert settings.side is not None  # it is settled
    values = ", ".join(number(value) for value in reached)
    which = "The picture reaches" if len(reached) == 1 else f"The {len(reached)} pictures reach"
    how = "of waves as strong as in photographs" if settings.spectrum == FIXED else "of waves of any strength"
    return (
        f"{which} {values}, made {how} in {plural(settings.steps, 'step')} at {by((settings.side,) * 2)} pixels, "
        f"seed {settings.seed}, in {seconds_phrase(found.seconds)}."
    )


def readable_sentence(found: Synthesis) -> str:
    """Whether what is seen can be believed, and by which rule."""
    measured, unit = found.measured, "The unit that answers most" if found.objective.layer else "The logit"
    if measured.is_random:
        return (
            "Nothing trained these weights: what is seen is what random filters happen to answer to, and means nothing."
        )
    said = (
        f"{unit} has {number(measured.strongest)} here; at most {number(measured.natural)} in the "
        f"{len(SAMPLES)} pictures that come along (“{SAMPLES[measured.best].title}”), and {number(measured.noise)} in "
        f"{N_NOISE} pictures of noise."
    )
    if measured.strongest > measured.noise:
        said += (
            f" Of what it has more than noise, {percent(min(1.0, measured.holds))} are left when the picture "
            "is moved a little."
        )
    rule = f"more than all of these, and at least {round_percent(HOLDS)} left"
    if measured.is_readable:
        return f"{said} By the rule “{rule}” it can be read."
    return f"{said} By the rule “{rule}” nothing readable came out: look at what real pictures make it answer."


def natural_sentence(found: Synthesis) -> str:
    """What the patches of the pictures that come along are, and what the made picture has beside them."""
    return (
        f"The strongest of the {len(SAMPLES)} pictures that come along; by the same measure the made one has "
        f"{number(found.measured.strongest)}."
    )


def patches_sentence(n_pictures: int, title: str, layer: str, reached: float) -> str:
    """The same of a set of pictures, which knows what a layer gives."""
    return (
        f"The strongest of {plural(n_pictures, 'picture')} in “{title}”, by what {layer} gives; there the made picture "
        f"has {number(reached)}."
    )


def kind_sentence(network: Network) -> str:
    """What kind of picture it is, where it is no photograph; else nothing."""
    if isinstance(network.preprocessing, SoundPreparation):
        return (
            "The network reads spectrograms, so what is made is one: time runs to the right, pitch upwards, and bright "
            "is loud. No sound is made of it."
        )
    return ""


def dream_sentence(found: Changed) -> str:
    """How much more the layer answers, and how that was done."""
    first, last = float(found.course[0]), float(found.course[-1])
    return (
        f"In {plural(len(found.course), 'step')} along the gradient what {found.layer} answers, as the mean of "
        f"its squares or of the one channel, went from {number(first)} to {number(last)}; it began on the smallest "
        f"octave. Whatever it saw in the picture, "
        f"it sees more of; nothing else was added. Made in {seconds_phrase(found.seconds)}."
    )


def inversion_sentence(found: Changed) -> str:
    """How near the layer's values came, and what that means."""
    left, steps = float(found.course[-1]), plural(len(found.course), "step")
    return (
        f"Begun from noise, the picture was changed in {steps} towards what {found.layer} gives for yours: "
        f"{percent(left)} of the distance from an even grey are left. What is not there again the layer does not need, "
        f"or {steps} were too few. Made in {seconds_phrase(found.seconds)}."
    )
