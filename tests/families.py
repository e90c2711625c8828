"""The networks that stand for all of their family."""

from __future__ import annotations

from explorer.loading.catalog import CATALOG

SMALLEST = {  # the name of each family -> its smallest network
    info.family: info.name for info in sorted(CATALOG.values(), key=lambda info: info.n_parameters, reverse=True)
}
NETWORKS = sorted(
    {*SMALLEST.values(), "mlp", "basic_cnn", "pocket_resnet", "sound_cnn"}
)  # and all of the project's own
