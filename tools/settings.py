"""The names that a var file may assign. Terraform drops an attribute that it does not know without a word."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scandrop_cli import hcl
from scandrop_cli.errors import OperatorError
from scandrop_cli.hcl import Call
from tools.common import ROOT

type Names = dict[str, "Names"]  # by name what lies in it: nothing where it is no object
type Where = tuple[str, ...]

_ANY = "*"  # the one key of a map, whose names are free


def check_names(var_file: Path, environments: Mapping[str, Any]) -> None:
    """Raises `OperatorError` where `environments`, as the var file has them, holds a name that no setting has."""
    for path, near in _unknown(environments, known_names()):
        where = f"{var_file.relative_to(ROOT) if var_file.is_relative_to(ROOT) else var_file}:{_line(var_file, path)}"
        hint = f" Is {near} meant?" if near else ""
        raise OperatorError(f"{where}: there is no setting {'.'.join(path[1:])}, so it would do nothing.{hint}")


@cache
def known_names() -> Names:
    """What the variable `environments` may hold, read from its type in variables.tf."""
    text = (ROOT / "variables.tf").read_text().partition('variable "environments" {')[2]
    return _names(hcl.value(text.partition("  type = ")[2]))


def _names(kind: hcl.Value) -> Names:
    match kind:
        case Call("optional", [inner, *_]):
            return _names(inner)
        case Call("map", [inner]):
            return {_ANY: _names(inner)}
        case Call("object", [fields]):
            return {name: _names(inner) for name, inner in fields.items()}
    return {}


def _unknown(values: object, known: Names, path: Where = ()) -> Iterator[tuple[Where, str]]:
    """The path of each name that is not known, and the known one that is nearest to it."""
    if not known or not isinstance(values, Mapping):
        return
    for name, value in values.items():
        inner = known.get(name, known.get(_ANY))
        if inner is None:
            yield (*path, name), next(iter(difflib.get_close_matches(name, known, 1)), "")
        else:
            yield from _unknown(value, inner, (*path, name))


def _line(var_file: Path, path: Where) -> int:
    """The line in which the last of these names is assigned."""
    there = hcl.read(var_file)["environments"]
    for name in path[:-1]:
        there = there[name]
    return int(there.lines[path[-1]])
