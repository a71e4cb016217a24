"""Arithmetic in a claim's TOML: numbers, names, ``+ - * / **``, brackets, ``min`` and ``max``, and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Final

_BINARY: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., float]]] = {"min": min, "max": max}


def names_in(formula: str) -> frozenset[str]:
    """What has to be given. Raises ``ValueError`` for what is no formula."""
    tree = _parsed(formula)
    found = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) - _FUNCTIONS.keys()
    _value(tree.body, dict.fromkeys(found, 1.0), formula, dry=True)
    return found


def evaluate(formula: str, given: Mapping[str, float]) -> float:
    """Work it out. Raises ``ValueError`` for what is no formula, a name that is not given, or a division by zero."""
    return float(_value(_parsed(formula).body, given, formula))


def _parsed(formula: str) -> ast.Expression:
    try:
        return ast.parse(formula, mode="eval")
    except SyntaxError as error:
        raise ValueError(f"{formula!r} is not a formula: {error.msg}") from error


def _value(node: ast.expr, given: Mapping[str, float], formula: str, *, dry: bool = False) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in given:
            return given[name]
        case ast.Name(id=name):
            raise ValueError(f"{formula!r}: there is no {name!r} here; there are {', '.join(sorted(given)) or 'none'}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, given, formula, dry=dry)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            both = (_value(left, given, formula, dry=dry), _value(right, given, formula, dry=dry))
            if dry:
                return 1.0
            try:
                return _BINARY[type(op)](*both)
            except ArithmeticError as error:
                raise ValueError(f"{formula!r}: {error}") from error
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(argument, given, formula, dry=dry) for argument in arguments)
    raise ValueError(f"{formula!r}: {ast.unparse(node)!r} is not arithmetic")
