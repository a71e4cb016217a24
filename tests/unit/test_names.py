"""A name of the package stands for one thing: no class, alias or type variable is called as another one is."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import stacklab

PACKAGE = Path(stacklab.__file__).parent


def names(module: ast.Module) -> Iterator[str]:
    """The classes, type aliases and type variables of a module."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec"))):
                yield name


def test_no_class_and_no_type_has_the_name_of_another_one() -> None:
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    counts = Counter(name for module in modules for name in names(module))
    assert set() == {name for name, count in counts.items() if count > 1}
