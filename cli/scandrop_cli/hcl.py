"""Reading what HCL assigns: a var file, a backend file, the type of a variable.

By hand, since python-hcl2 8.1 takes a second to import, and leaves texts in their quotes with their escapes unread.
A heredoc is taken as it is written, and so is what is no plain value: what it comes to is Terraform's to say.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scandrop_cli.errors import OperatorError

type Value = Any  # a text, a number, a truth, None, a list of these, an `Object` or a `Call`

_TOKEN = re.compile(
    r"""
      (?P<gap> [^\S\n]+ | (?:\#|//)[^\n]* | /\*.*?\*/ )
    | <<-?(?P<mark>[\w-]+)[^\S\n]*\n (?P<lines>(?:[^\n]*\n)*?) [^\S\n]*(?P=mark)(?![\w-])
    | "(?P<text>(?:[^"\\\n]|\\.)*)"
    | (?P<number>-?\d+(?P<fraction>\.\d+)?(?P<power>[eE][+-]?\d+)?)
    | (?P<name>[^\W\d][\w-]*)
    | (?P<sign>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<one>.))|(?P<sign>[$%])(?P=sign)\{")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_ENDS = {"\n", ",", "", *_BRACKETS.values()}


class Object(dict[str, Value]):
    """What is assigned, by name; `lines` has the line of each."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class Call(NamedTuple):
    """A name with arguments, such as a type: ``optional(string, "")``."""

    name: str
    arguments: list[Value]


class _Token(NamedTuple):
    """kind: ``sign``, ``name`` or ``value``. The end of the text is an empty sign."""

    kind: str
    value: Value
    line: int
    start: int

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.value in signs


def read(path: Path) -> Object:
    """What a file assigns. Raises `OperatorError` where it is no HCL."""
    try:
        return parse(path.read_text())
    except SyntaxError as error:
        raise OperatorError(f"{path}:{error.lineno}: {error.msg}.", f"terraform fmt -check {path.parent}") from error


def parse(text: str) -> Object:
    """What a text assigns. Raises SyntaxError where it is no HCL."""
    return _Reader(text).entries("")


def value(text: str) -> Value:
    """The first value of a text, whatever comes after it."""
    return _Reader(text).value()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def entries(self, end: str) -> Object:
        found = Object()
        while not (token := self._take()).is_sign(end):
            if token.is_sign("\n", ","):
                continue
            if token.kind == "sign":
                raise _wrong(token, "a name to assign to")
            if not (sign := self._take()).is_sign("=", ":"):
                raise _wrong(sign, f"an equals sign after {token.value}")
            found.lines[str(token.value)] = token.line
            found[str(token.value)] = self.value()
        return found

    def value(self) -> Value:
        first = self._take()
        found = self._plain(first)
        if self._next.is_sign(*_ENDS):
            return found
        while not self._next.is_sign(*_ENDS):  # an operator or an index
            token = self._take()
            if token.is_sign(*_BRACKETS):
                self._items(_BRACKETS[token.value])
        return self._text[first.start : self._next.start].strip()

    def _plain(self, token: _Token) -> Value:
        if token.is_sign("{"):
            return self.entries("}")
        if token.is_sign("["):
            return self._items("]")
        if token.is_sign("("):
            return next(iter(self._items(")")), None)
        if token.kind == "sign":
            raise _wrong(token, "a value")
        if token.kind == "name" and self._next.is_sign("("):
            self._take()
            return Call(token.value, self._items(")"))
        return _CONSTANTS.get(token.value, token.value) if token.kind == "name" else token.value

    def _items(self, end: str) -> list[Value]:
        found = []
        while not self._next.is_sign(end):
            if self._next.is_sign("\n", ","):
                self._take()
            else:
                found.append(self.value())
        self._take()
        return found

    def _take(self) -> _Token:
        token = self._next
        if not token.is_sign(""):
            self._next = next(self._tokens)
        return token


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind, value = _told(found)
        if kind:
            yield _Token(kind, value, line, found.start())
        line += found[0].count("\n")
    yield _Token("sign", "", line, len(text))


def _told(found: re.Match[str]) -> tuple[str, Value]:
    if found["lines"] is not None:
        return "value", found["lines"]
    if found["text"] is not None:
        return "value", _ESCAPE.sub(_unescaped, found["text"])
    if found["number"]:
        return "value", (float if found["fraction"] or found["power"] else int)(found["number"])
    kind = next((kind for kind in ("name", "sign") if found[kind]), "")
    return kind, found[0]


def _unescaped(found: re.Match[str]) -> str:
    if code := found["short"] or found["long"]:
        return chr(int(code, 16))
    if found["sign"]:
        return f"{found['sign']}{{"
    return _ESCAPED.get(found["one"], found["one"])


def _wrong(token: _Token, wanted: str) -> SyntaxError:
    there = {"\n": "the line ends", "": "the file ends"}.get(token.value, f"{token.value!r} stands")
    return SyntaxError(f"{there} where {wanted} was to come", (None, token.line, None, None))
