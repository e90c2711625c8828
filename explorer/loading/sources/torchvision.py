"""Every convolutional classifier of torchvision, family by family in the order of history, and within a family from
small to large. What is said of their weights is what torchvision says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ...networks.info import Family, NetworkInfo
from .source import Member, Resemblance, Source, WeightSet, described

if TYPE_CHECKING:
    from torch import nn

    from ...networks.preparation import Preparation

_NAME = "torchvision"
_SWAG = "CC-BY-NC 4.0 (SWAG): not for commercial use"
_LICENCE = "BSD-3-Clause (torchvision); trained on ImageNet, whose pictures are for research"

# Their published weights expect the colours as the Inception project scaled them. Their auxiliary classifiers only
# steadied the training; they are built where a checkpoint brings them.
_COLOUR_TRANSFORM = ("googlenet", "inception_v3")

_LANDMARKS = frozenset(
    {
        "alexnet", "vgg16", "googlenet", "resnet50", "resnet152", "densenet121", "mobilenet_v2", "efficientnet_b0",
        "convnext_tiny",
    }
)  # fmt: skip

_TABLE: tuple[Family | Member, ...] = (
    Family("AlexNet", 2012, "Krizhevsky, Sutskever and Hinton", "arXiv:1404.5997",
           "the network that made deep convolutional networks the way to see"),
    ("alexnet", "AlexNet", 224, 61_100_840, 714_188_480, 1_107_432, "...; in its later form, of one tower"),
    Family("VGG", 2014, "Simonyan and Zisserman", "arXiv:1409.1556", "nothing but 3x3 kernels, stacked deep"),
    ("vgg11", "VGG-11", 224, 132_863_336, 7_609_090_048, 16_458_216, "...; 11 layers with weights"),
    ("vgg11_bn", "VGG-11 BN", 224, 132_868_840, 7_609_090_048, 23_884_264,
     "VGG-11 with batch norm after each convolution"),
    ("vgg13", "VGG-13", 224, 133_047_848, 11_308_466_176, 26_092_008, "...; 13 layers with weights"),
    ("vgg13_bn", "VGG-13 BN", 224, 133_053_736, 11_308_466_176, 38_334_952,
     "VGG-13 with batch norm after each convolution"),
    ("vgg16", "VGG-16", 224, 138_357_544, 15_470_264_320, 28_701_160, "...; 16 layers with weights"),
    ("vgg16_bn", "VGG-16 BN", 224, 138_365_992, 15_470_264_320, 42_248_680,
     "VGG-16 with batch norm after each convolution"),
    ("vgg19", "VGG-19", 224, 143_667_240, 19_632_062_464, 31_310_312,
     "...; 19 layers with weights, the most in its paper"),
    ("vgg19_bn", "VGG-19 BN", 224, 143_678_248, 19_632_062_464, 46_162_408,
     "VGG-19 with batch norm after each convolution"),
    Family("Inception", 2014, "Szegedy et al.", "arXiv:1409.4842",
           "kernels of several sizes side by side in each block, and no large dense layers"),
    ("googlenet", "GoogLeNet", 224, 6_624_904, 1_498_376_192, 13_088_248, "...; here 3x3 for the paper's 5x5"),
    Family("Inception", 2015, "Szegedy et al.", "arXiv:1512.00567",
           "large kernels split into several small or flat ones"),
    ("inception_v3", "Inception v3", 299, 23_834_568, 5_713_216_096, 33_631_295, "..."),
    Family("ResNet", 2015, "He, Zhang, Ren and Sun", "arXiv:1512.03385",
           "shortcuts around blocks, so that depth no longer hurts"),
    ("resnet18", "ResNet-18", 224, 11_689_512, 1_814_073_344, 8_230_888, "...; 18 layers"),
    ("resnet34", "ResNet-34", 224, 21_797_672, 3_663_761_408, 12_621_288, "...; 34 layers"),
    ("resnet50", "ResNet-50", 224, 25_557_032, 4_089_184_256, 37_561_832,
     "bottleneck blocks: 1x1 kernels that narrow and widen again"),
    ("resnet101", "ResNet-101", 224, 44_549_160, 7_801_405_440, 56_327_656,
     "ResNet-50 with 17 more blocks, all where the maps are 14x14"),
    ("resnet152", "ResNet-152", 224, 60_192_808, 11_513_626_624, 79_508_968, "152 layers: the deepest of its time"),
    Family("SqueezeNet", 2016, "Iandola et al.", "arXiv:1602.07360",
           "AlexNet's accuracy with a fiftieth of its weights"),
    ("squeezenet1_1", "SqueezeNet 1.1", 224, 1_235_496, 349_151_936, 7_047_904,
     "as good as 1.0 with less than half of its multiply-adds"),
    ("squeezenet1_0", "SqueezeNet 1.0", 224, 1_248_424, 818_924_576, 12_033_376, "..."),
    Family("Wide ResNet", 2016, "Zagoruyko and Komodakis", "arXiv:1605.07146", "wider blocks instead of more of them"),
    ("wide_resnet50_2", "Wide ResNet-50-2", 224, 68_883_240, 11_398_021_120, 47_421_416,
     "...: ResNet-50 with its 3x3 kernels on twice the channels"),
    ("wide_resnet101_2", "Wide ResNet-101-2", 224, 126_886_696, 22_753_050_624, 71_305_192,
     "...: ResNet-101 with its 3x3 kernels on twice the channels"),
    Family("DenseNet", 2016, "Huang, Liu, van der Maaten and Weinberger", "arXiv:1608.06993",
           "each layer reads the maps of all layers before it in its block"),
    ("densenet121", "DenseNet-121", 224, 7_978_856, 2_834_161_664, 49_162_984, "..."),
    ("densenet169", "DenseNet-169", 224, 14_149_480, 3_359_843_328, 59_337_448, "...; 169 layers"),
    ("densenet201", "DenseNet-201", 224, 20_013_928, 4_291_365_888, 76_548_328, "...; 201 layers"),
    ("densenet161", "DenseNet-161", 224, 28_681_000, 7_727_907_072, 91_686_376, "...; each adds 48 maps, not 32"),
    Family("ResNeXt", 2016, "Xie et al.", "arXiv:1611.05431",
           "3x3 convolutions split into groups that do not see each other"),
    ("resnext50_32x4d", "ResNeXt-50 32x4d", 224, 25_028_904, 4_230_479_872, 47_421_416,
     "...; 32 groups of, at first, 4 channels"),
    ("resnext101_64x4d", "ResNeXt-101 64x4d", 224, 83_455_272, 15_460_270_080, 101_260_264,
     "...; 64 groups of, at first, 4 channels"),
    ("resnext101_32x8d", "ResNeXt-101 32x8d", 224, 88_791_336, 16_414_015_488, 101_260_264,
     "...; 32 groups of, at first, 8 channels"),
    Family("MobileNet v2", 2018, "Sandler et al.", "arXiv:1801.04381",
           "depthwise kernels between narrow layers, for phones"),
    ("mobilenet_v2", "MobileNet v2", 224, 3_504_872, 300_774_272, 19_683_240, "..."),
    Family("ShuffleNet v2", 2018, "Ma, Zhang, Zheng and Sun", "arXiv:1807.11164",
           "channels halved and shuffled: built for measured speed, not for few operations"),
    ("shufflenet_v2_x0_5", "ShuffleNet v2 x0.5", 224, 1_366_792, 40_476_448, 4_913_000, "...; the narrowest of four"),
    ("shufflenet_v2_x1_0", "ShuffleNet v2 x1.0", 224, 2_278_604, 144_907_992, 10_217_544,
     "...; the second width of four"),
    ("shufflenet_v2_x1_5", "ShuffleNet v2 x1.5", 224, 3_503_624, 295_759_392, 14_898_024,
     "...; the third width of four"),
    ("shufflenet_v2_x2_0", "ShuffleNet v2 x2.0", 224, 7_393_996, 583_253_464, 20_354_120, "...; the widest of four"),
    Family("MNASNet", 2018, "Tan et al.", "arXiv:1807.11626", "found by a search that timed each candidate on a phone"),
    ("mnasnet0_5", "MNASNet 0.5", 224, 2_218_512, 104_455_968, 9_000_744, "...; half as many channels"),
    ("mnasnet0_75", "MNASNet 0.75", 224, 3_170_208, 215_493_104, 13_952_488, "...; three quarters of the channels"),
    ("mnasnet1_0", "MNASNet 1.0", 224, 4_383_312, 314_415_872, 16_006_568, "..."),
    ("mnasnet1_3", "MNASNet 1.3", 224, 6_282_256, 526_362_432, 21_537_296, "...; 1.3 times as many channels"),
    Family("MobileNet v3", 2019, "Howard et al.", "arXiv:1905.02244",
           "found partly by search; gates that weigh the channels"),
    ("mobilenet_v3_small", "MobileNet v3 small", 224, 2_542_856, 56_510_400, 4_446_032, "...; for the slowest phones"),
    ("mobilenet_v3_large", "MobileNet v3 large", 224, 5_483_032, 216_589_760, 13_665_712, "..."),
    Family("EfficientNet", 2019, "Tan and Le", "arXiv:1905.11946",
           "depth, width and picture grown together by one rule"),
    ("efficientnet_b0", "EfficientNet-B0", 224, 5_288_548, 385_814_752, 22_392_160,
     "a small network found by search; the family grows from it by one rule"),
    ("efficientnet_b1", "EfficientNet-B1", 240, 7_794_184, 686_802_832, 37_009_240, "...; step 1, for 240 px"),
    ("efficientnet_b2", "EfficientNet-B2", 288, 9_109_994, 1_087_529_456, 55_115_276, "...; step 2, for 288 px"),
    ("efficientnet_b3", "EfficientNet-B3", 300, 12_233_232, 1_827_141_392, 81_077_192, "...; step 3, for 300 px"),
    ("efficientnet_b4", "EfficientNet-B4", 380, 19_341_616, 4_393_771_024, 169_714_784, "...; step 4, for 380 px"),
    ("efficientnet_b5", "EfficientNet-B5", 456, 30_389_784, 10_266_384_752, 342_472_584, "...; step 5, for 456 px"),
    ("efficientnet_b6", "EfficientNet-B6", 528, 43_040_704, 19_067_593_536, 580_887_696, "...; step 6, for 528 px"),
    ("efficientnet_b7", "EfficientNet-B7", 600, 66_347_960, 37_745_884_192, 1_012_552_744, "...; step 7, for 600 px"),
    Family("RegNetX", 2020, "Radosavovic et al.", "arXiv:2003.13678",
           "whole spaces of designs compared; what won is regular: widths along a line"),
    ("regnet_x_400mf", "RegNetX-400MF", 224, 5_495_976, 413_812_608, 9_976_632, "...; 0.4 billion multiply-adds"),
    ("regnet_x_800mf", "RegNetX-800MF", 224, 7_259_656, 799_699_712, 16_116_680, "...; 0.8 billion multiply-adds"),
    ("regnet_x_1_6gf", "RegNetX-1.6GF", 224, 9_190_136, 1_602_849_792, 25_185_688, "...; 1.6 billion multiply-adds"),
    ("regnet_x_3_2gf", "RegNetX-3.2GF", 224, 15_296_552, 3_176_621_952, 36_390_808, "...; 3.2 billion multiply-adds"),
    ("regnet_x_8gf", "RegNetX-8GF", 224, 39_572_648, 7_995_132_416, 45_160_104, "...; 8 billion multiply-adds"),
    ("regnet_x_16gf", "RegNetX-16GF", 224, 54_278_536, 15_940_755_456, 81_465_832, "...; 16 billion multiply-adds"),
    ("regnet_x_32gf", "RegNetX-32GF", 224, 107_811_560, 31_735_929_792, 116_285_392, "...; 32 billion multiply-adds"),
    Family("RegNetY", 2020, "Radosavovic et al.", "arXiv:2003.13678", "RegNetX with gates that weigh the channels"),
    ("regnet_y_400mf", "RegNetY-400MF", 224, 4_344_144, 401_842_848, 12_919_224, "...; 0.4 billion multiply-adds"),
    ("regnet_y_800mf", "RegNetY-800MF", 224, 6_432_512, 833_856_256, 18_082_520, "...; 0.8 billion multiply-adds"),
    ("regnet_y_1_6gf", "RegNetY-1.6GF", 224, 11_202_430, 1_612_076_160, 27_922_604, "...; 1.6 billion multiply-adds"),
    ("regnet_y_3_2gf", "RegNetY-3.2GF", 224, 19_436_338, 3_176_482_752, 38_887_052, "...; 3.2 billion multiply-adds"),
    ("regnet_y_8gf", "RegNetY-8GF", 224, 39_381_472, 8_473_070_592, 67_176_376, "...; 8 billion multiply-adds"),
    ("regnet_y_16gf", "RegNetY-16GF", 224, 83_590_140, 15_911_510_272, 78_908_880, "...; 16 billion multiply-adds"),
    ("regnet_y_32gf", "RegNetY-32GF", 224, 145_046_770, 32_279_552_832, 104_335_620, "...; 32 billion multiply-adds"),
    ("regnet_y_128gf", "RegNetY-128GF", 384, 644_812_894, 374_570_006_400, 733_078_220,
     "...; first trained to guess hashtags"),
    Family("EfficientNet v2", 2021, "Tan and Le", "arXiv:2104.00298",
           "found by search for fast training: plain 3x3 kernels where depthwise ones are slow"),
    ("efficientnet_v2_s", "EfficientNet v2 S", 384, 21_458_488, 8_365_617_152, 123_160_984, "...; the small one"),
    ("efficientnet_v2_m", "EfficientNet v2 M", 480, 54_139_356, 24_582_460_384, 312_159_904, "...; the medium one"),
    ("efficientnet_v2_l", "EfficientNet v2 L", 480, 118_515_272, 56_079_699_008, 550_380_968, "...; the large one"),
    Family("ConvNeXt", 2022, "Liu et al.", "arXiv:2201.03545",
           "a convolutional network rebuilt with what transformers taught"),
    ("convnext_tiny", "ConvNeXt tiny", 224, 28_589_128, 4_455_531_264, 37_373_416, "..."),
    ("convnext_small", "ConvNeXt small", 224, 50_223_688, 8_683_712_256, 59_049_448,
     "...; 27 blocks at 14x14 instead of 9"),
    ("convnext_base", "ConvNeXt base", 224, 88_591_464, 15_354_729_472, 78_732_264,
     "...; as deep as small, a third wider"),
    ("convnext_large", "ConvNeXt large", 224, 197_767_336, 34_361_433_600, 118_097_896,
     "...; as deep as small, twice as wide"),
)  # fmt: skip

_RESEMBLANCES = (
    Resemblance("ResNet", ("resnet", "resnext", "wide_resnet"), "fc", "layer1.0.conv1."),
    Resemblance("RegNet", ("regnet",), "fc", "trunk_output."),
    Resemblance("GoogLeNet", ("googlenet",), "fc", "inception3a."),
    Resemblance("Inception v3", ("inception_v3",), "fc", "Mixed_5b."),
    Resemblance("ShuffleNet v2", ("shufflenet_v2",), "fc", "stage2.0.branch"),
    Resemblance("DenseNet", ("densenet",), "classifier", "features.denseblock1."),
    Resemblance("SqueezeNet", ("squeezenet",), "classifier.1", "features.3.squeeze."),
    Resemblance("MNASNet", ("mnasnet",), "classifier.1", "layers.8.0.layers."),
    Resemblance("EfficientNet", ("efficientnet",), "classifier.1", "features.1.0.block.0.0."),
    Resemblance("MobileNet v2", ("mobilenet_v2",), "classifier.1", "features.1.conv.0.0."),
    Resemblance("MobileNet v3", ("mobilenet_v3",), "classifier.3", "features.1.block.0.0."),
    Resemblance("ConvNeXt", ("convnext",), "classifier.2", "features.1.0.layer_scale"),
    Resemblance("AlexNet", ("alexnet",), "classifier.6", "classifier.4.weight"),
    Resemblance("VGG", ("vgg",), "classifier.6", "features.0.weight"),
)


def _build(info: NetworkInfo, n_logits: int, auxiliary: bool, colour_transform: bool) -> nn.Module:
    from ...networks.vision import torchvision

    options: dict[str, object] = {"num_classes": n_logits}
    if info.name in _COLOUR_TRANSFORM:
        options |= {"transform_input": colour_transform, "aux_logits": auxiliary, "init_weights": True}
    module: nn.Module = torchvision.models.get_model(info.name, weights=None, **options)
    return module


def _preparation(info: NetworkInfo) -> Preparation:
    return _weight_sets(info)[0].preparation


@lru_cache(maxsize=1)
def imagenet_categories() -> tuple[str, ...]:
    """The names of ImageNet's thousand classes, in the order of the logits."""
    from ...networks.vision import torchvision

    return tuple(torchvision.models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


@lru_cache(maxsize=128)
def _weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    """Every published set. VGG-16's IMAGENET1K_FEATURES is not among them: it has no classifier."""
    from ...networks.preparation import PhotoPreparation
    from ...networks.vision import torchvision

    sets: list[WeightSet] = []
    for weights in torchvision.models.get_model_weights(info.name):
        metrics = weights.meta["_metrics"].get("ImageNet-1K")
        if weights.meta.get("categories") is None or metrics is None:
            continue
        preset = weights.transforms()
        preparation = PhotoPreparation(
            preset.resize_size[0], preset.crop_size[0], preset.interpolation.value,
            tuple(preset.mean), tuple(preset.std), colour_transform=info.name in _COLOUR_TRANSFORM,
        )  # fmt: skip
        sets.append(
            WeightSet(
                info.name, weights.name, not sets, weights.url, weights.url.rpartition("/")[2],
                round(weights.meta["_file_size"] * 2**20), preparation, metrics["acc@1"], metrics["acc@5"],
                _SWAG if "SWAG" in weights.name else _LICENCE,
            )
        )  # fmt: skip
    return tuple(sets)


SOURCE = Source(
    name=_NAME,
    networks=tuple(described(_NAME, _TABLE, _LANDMARKS)),
    resemblances=_RESEMBLANCES,
    build=_build,
    n_logits=lambda info: 1000,
    categories=lambda info: imagenet_categories(),
    preparation=_preparation,
    weight_sets=_weight_sets,
)
