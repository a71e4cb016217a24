"""The table of layers: the one that comes with stacklab, and what the workspace or the folder of an app adds to it."""

from typing import Final

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import Workspace, reference
from stacklab.model.layers import Layers

TABLE: Final = "layers.toml"


def read_layers(workspace: Workspace | None = None) -> Layers:
    """The table; None: the one that comes with stacklab alone. Raises UsageError that names the file and the key.

    A workspace adds to it in ``targets/layers.toml``, and a ``layers.toml`` beside the results adds to both.
    """
    layers = load(reference() / "targets" / TABLE, Layers, named=False)
    for folder in () if workspace is None else (workspace.targets, workspace.results.parent):
        if (folder / TABLE).is_file():
            layers = layers.and_(load(folder / TABLE, Layers, named=False))
    return layers
