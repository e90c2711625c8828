"""The words of the field: what each means, in a sentence or two, and the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word, what it means, and the page (a file of pages/) on which it is to be seen. `also` are other words for it,
    as texts have them; `formula` is in plain text."""

    name: str
    says: str
    page: str
    formula: str = ""
    also: tuple[str, ...] = ()


GLOSSARY = (
    Term(
        "activation",
        "A number that a layer gives for this picture, at one place of one channel.",
        "feature_maps",
        also=("activations",),
    ),
    Term(
        "attribution",
        "Any map that says for each part of a picture how much it had to do with the answer.",
        "saliency",
        also=("evidence map", "attribution map"),
    ),
    Term(
        "average pooling",
        "A window that gives the mean of what it covers. Over a whole map it gives one number for "
        "each channel, which is what most classifiers read.",
        "pooling",
        "mean of the values in the window",
        ("global average pooling",),
    ),
    Term(
        "backpropagation",
        "Going backwards through the network with the chain rule, which tells in one pass how the "
        "score changes with every number on the way.",
        "saliency",
        "dy/dx = dy/dz · dz/dx",
    ),
    Term(
        "batch norm",
        "Shifts and scales each channel by fixed numbers that were learned, so that its values have a "
        "usual size. It can be folded into the kernels before it.",
        "filters",
        "γ (x − μ) / √(σ² + ε) + β",
        ("batch normalisation", "batch normalization"),
    ),
    Term("bias", "A learned number that is added to a sum, whatever the input.", "convolution"),
    Term(
        "channel",
        "One of the maps that a layer gives: each answers to something else, all over the picture.",
        "feature_maps",
        also=("channels",),
    ),
    Term("class", "One of the things that the network can answer, such as tabby or espresso.", "classifier"),
    Term(
        "class activation map",
        "The last maps, weighted by what they do for one class and added up: bright is where the evidence for it lies.",
        "saliency",
        "relu(Σ over c of w[c] · A[c])",
        ("CAM",),
    ),
    Term(
        "concept activation vector",
        "The direction at a layer in which pictures that show something lie apart from random ones. How often a step "
        "that way raises a class’s score is what TCAV counts.",
        "saliency",
        "in how many pictures of the class ∂score / ∂A · v > 0",
        ("TCAV", "CAV"),
    ),
    Term(
        "convolution",
        "A small window of weights goes over all places of its input, and gives at each the sum of the "
        "products. The same weights serve everywhere.",
        "convolution",
        "Σ w · x + b",
    ),
    Term(
        "cross-correlation",
        "What networks call convolution: the kernel is not turned around before it is applied.",
        "convolution",
    ),
    Term(
        "dead channel", "A channel that gives zero everywhere in this picture.", "feature_maps", also=("dead channels",)
    ),
    Term(
        "dense layer",
        "A layer in which every output is a weighted sum of all inputs.",
        "classifier",
        "y = W x + b",
        ("fully connected layer", "linear layer"),
    ),
    Term(
        "depthwise convolution",
        "A convolution in which each channel has a kernel of its own and is not mixed with the "
        "others: far fewer weights.",
        "filters",
    ),
    Term(
        "dilation",
        "Gaps between the cells of a kernel, so that it sees further with as many weights.",
        "convolution",
        "extent = d (k − 1) + 1",
    ),
    Term(
        "dropout",
        "While training, some numbers are set to zero at random, so that none is relied on alone. It does "
        "nothing afterwards.",
        "scratch",
    ),
    Term("epoch", "Once through all the training pictures.", "scratch", also=("epochs",)),
    Term(
        "feature map",
        "What one channel of a layer gives for a picture: a small picture of where it answered, and how strongly.",
        "feature_maps",
        also=("feature maps",),
    ),
    Term(
        "filter",
        "All the kernels that make one output channel together, one for each input channel.",
        "filters",
        also=("filters",),
    ),
    Term(
        "Grad-CAM",
        "A class activation map whose weights are the mean gradients of each channel, so that it works at "
        "any layer with maps.",
        "saliency",
        "w[c] = mean over y, x of ∂score / ∂A[c, y, x]",
    ),
    Term(
        "gradient",
        "How much the score would change if a number changed a little, for each of them: which way and how fast.",
        "saliency",
        also=("gradients",),
    ),
    Term(
        "head",
        "The last layers, which turn what was found into the answers. A network can be given another one.",
        "transfer",
    ),
    Term("kernel", "A small window of weights, such as 3 × 3, for one input channel.", "filters", also=("kernels",)),
    Term(
        "layer",
        "One operation of the network; what it gives is the input of the next.",
        "architecture",
        also=("layers",),
    ),
    Term(
        "learning rate", "How far each step of the training goes down the slope.", "scratch", "w ← w − rate · ∂loss/∂w"
    ),
    Term(
        "logit",
        "The score of a class before softmax: any number, and only differences between them count.",
        "classifier",
        also=("logits",),
    ),
    Term(
        "loss",
        "A number that says how wrong the answers are. Training makes it small.",
        "scratch",
        "−log p(right class)",
        ("cross-entropy",),
    ),
    Term(
        "max pooling",
        "A window that keeps the largest of what it covers, wherever in the window it was.",
        "pooling",
        "max of the values in the window",
    ),
    Term(
        "multiply-add",
        "One product and its sum: what most of a network's work is counted in.",
        "architecture",
        also=("multiply-adds",),
    ),
    Term(
        "occlusion",
        "Parts of the picture are covered one after another; where the score falls, it was looked at.",
        "saliency",
    ),
    Term("overfitting", "Learning the training pictures by heart: right on them, and worse on others.", "scratch"),
    Term(
        "padding",
        "A border, mostly of zeros, around the input, so that the kernel can also stand at its edges.",
        "convolution",
        "n_out = ⌊(n + 2p − d (k − 1) − 1) / s⌋ + 1",
    ),
    Term("pooling", "Makes maps smaller: of every window of numbers one is left.", "pooling"),
    Term(
        "probability",
        "What softmax makes of a logit: between 0 and 1, and all of them together are 1. It is not how "
        "often the network is right.",
        "classifier",
        also=("probabilities",),
    ),
    Term(
        "receptive field",
        "The part of the picture that one number of a layer can see. It grows with depth.",
        "architecture",
        "r ← r + (k − 1) · jump",
        ("receptive fields",),
    ),
    Term("ReLU", "Lets positive numbers through and makes all others zero.", "feature_maps", "max(0, x)"),
    Term(
        "residual connection",
        "What a block was given is added to what it made of it, so that a block has only the difference to learn.",
        "architecture",
        "y = x + f(x)",
        ("shortcut", "skip connection"),
    ),
    Term(
        "saliency",
        "How much the score depends on each pixel: the size of the gradient there.",
        "saliency",
        "|∂score / ∂pixel|",
        ("saliency map",),
    ),
    Term(
        "softmax",
        "Makes probabilities of logits: each is raised to e to its power, and divided by the sum of all.",
        "classifier",
        "p[i] = exp(z[i]) / Σ over j of exp(z[j])",
    ),
    Term("sparsity", "The share of a layer's numbers that are zero.", "feature_maps"),
    Term(
        "stage", "A run of layers whose maps have one size. A network has about five.", "architecture", also=("stages",)
    ),
    Term(
        "stride",
        "How many cells a window moves on at a time. With 2, the output has half as many rows and columns.",
        "convolution",
    ),
    Term(
        "transfer learning",
        "A network that was trained on many pictures is given new classes: its early layers serve "
        "as they are, and little is learned anew.",
        "transfer",
        also=("fine-tuning",),
    ),
    Term(
        "translation",
        "A picture that moves: convolution moves its answers along, and pooling forgets part of where they were.",
        "pooling",
        also=("equivariance",),
    ),
    Term(
        "unit",
        "One place of one channel: a single number, with its own part of the picture to look at.",
        "convolution",
        also=("units",),
    ),
    Term("weight", "A number that was learned: what an input is multiplied by.", "filters", also=("weights",)),
)
