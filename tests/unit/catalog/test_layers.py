"""The table of layers is extended beside the results, and a mistake in it is named."""

from pathlib import Path

import pytest

from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import find
from stacklab.errors import UsageError
from stacklab.model.layers import Layer


def test_a_table_beside_the_results_adds_to_the_one_that_comes_with_stacklab(tmp_path: Path) -> None:
    (tmp_path / "layers.toml").write_text('[packages]\napp = ["ourcompany"]\n')

    layers = read_layers(find(tmp_path))

    assert (Layer.APP, Layer.FRAMEWORK) == (layers.of("f (ourcompany/x.py:1)"), layers.of("f (flask/app.py:1)"))


def test_a_layer_that_does_not_exist_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "layers.toml").write_text('[packages]\nmiddle = ["ourcompany"]\n')

    with pytest.raises(UsageError, match=r"layers\.toml: `packages\.middle"):
        read_layers(find(tmp_path))
