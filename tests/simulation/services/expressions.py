"""DynamoDB's expressions, each parsed once into a function of an item, names and values.

Amazon DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions" and "Using update
expressions". Only the parts that the project writes are here; anything else raises NotImplementedError.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import ge, gt, le, lt
from typing import Any

type Attribute = Mapping[str, Any]  # in DynamoDB's typed form, as {"S": "text"}
type Item = dict[str, Attribute]
type Names = Mapping[str, str]
type Values = Mapping[str, Attribute]
type Condition = Callable[[Item, Names, Values], bool]
type Operand = Callable[[Item, Names, Values], Attribute | None]
type Change = Callable[[Item, Item, Names, Values], None]  # of the item as it was, into the item as it will be

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?\w+)")
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_ORDERED_TYPES = {"S", "N", "B"}


@dataclass(frozen=True)
class Parsed[Function]:
    """An expression as a function, and the placeholders in it."""

    function: Function
    placeholders: frozenset[str]


@cache
def condition(expression: str) -> Parsed[Condition]:
    reader = _Reader(expression)
    return Parsed(reader.end_with(reader.any_of()), reader.placeholders)


@cache
def update(expression: str) -> Parsed[Change]:
    reader = _Reader(expression)
    changes = reader.clauses()

    def change(was: Item, will_be: Item, names: Names, values: Values) -> None:
        for each in changes:
            each(was, will_be, names, values)

    return Parsed(reader.end_with(change), reader.placeholders)


@cache
def placeholders(update_expression: str | None, condition_expression: str | None) -> frozenset[str]:
    """Those of a write's two expressions."""
    changed = update(update_expression).placeholders if update_expression else frozenset()
    return changed | (condition(condition_expression).placeholders if condition_expression else frozenset())


class _Reader:
    """A reader of one expression by recursive descent: a method per rule of the grammar."""

    def __init__(self, expression: str) -> None:
        self._tokens = _TOKEN.findall(expression)
        if "".join(self._tokens) != re.sub(r"\s", "", expression):
            raise NotImplementedError(expression)
        self.placeholders = frozenset(token for token in self._tokens if token[0] in "#:")
        self._place = 0

    def end_with[Result](self, result: Result) -> Result:
        if self._place < len(self._tokens):
            raise NotImplementedError(self._tokens[self._place :])
        return result

    def any_of(self) -> Condition:
        terms = [self._all_of()]
        while self._took("OR"):
            terms.append(self._all_of())
        return lambda item, names, values: any(term(item, names, values) for term in terms)

    def clauses(self) -> list[Change]:
        readers = {"SET": self._assignment, "REMOVE": self._removal, "ADD": self._addition}
        changes = []
        while self._place < len(self._tokens):
            read = readers[self._take().upper()]
            changes.append(read())
            while self._took(","):
                changes.append(read())
        return changes

    def _all_of(self) -> Condition:
        terms = [self._negation()]
        while self._took("AND"):
            terms.append(self._negation())
        return terms[0] if len(terms) == 1 else lambda *given: all(term(*given) for term in terms)

    def _negation(self) -> Condition:
        if self._took("NOT"):
            term = self._negation()
            return lambda *given: not term(*given)
        if self._took("("):
            return self._closed(self.any_of())
        if self._tokens[self._place + 1 : self._place + 2] == ["("]:
            return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        name = self._take()
        self._expect("(")
        path = self._operand()
        if name == "attribute_exists":
            return self._closed(lambda *given: path(*given) is not None)
        if name == "attribute_not_exists":
            return self._closed(lambda *given: path(*given) is None)
        if name != "begins_with":
            raise NotImplementedError(name)
        self._expect(",")
        prefix = self._operand()
        return self._closed(lambda *given: _begins(path(*given), prefix(*given)))

    def _comparison(self) -> Condition:
        left, sign = self._operand(), self._take().upper()
        if sign == "IN":
            self._expect("(")
            choices = [self._operand()]
            while self._took(","):
                choices.append(self._operand())
            return self._closed(lambda *given: any(_same(left(*given), choice(*given)) for choice in choices))
        if sign == "BETWEEN":
            least = self._operand()
            self._expect("AND")
            most = self._operand()
            return lambda *given: _ordered(ge, left(*given), least(*given)) and _ordered(le, left(*given), most(*given))
        right = self._operand()
        if sign == "=":
            return lambda *given: _same(left(*given), right(*given))
        if sign == "<>":
            return lambda *given: not _same(left(*given), right(*given))
        order = _ORDERS[sign]
        return lambda *given: _ordered(order, left(*given), right(*given))

    def _assignment(self) -> Change:
        name = self._name()
        self._expect("=")
        value = self._sum()

        def assign(was: Item, will_be: Item, names: Names, values: Values) -> None:
            new = value(was, names, values)
            if new is None:
                raise ValueError("The provided expression refers to an attribute that does not exist in the item")
            will_be[name(names)] = new

        return assign

    def _removal(self) -> Change:
        name = self._name()
        return lambda _was, will_be, names, _values: will_be.pop(name(names), None) and None

    def _addition(self) -> Change:
        name, value = self._name(), self._operand()

        def add(was: Item, will_be: Item, names: Names, values: Values) -> None:
            amount = value(was, names, values)
            will_be[name(names)] = _plus(was.get(name(names), {"N": "0"}), amount, 1)

        return add

    def _sum(self) -> Operand:
        left = self._term()
        sign = {"+": 1, "-": -1}.get(self._peek())
        if sign is None:
            return left
        self._take()
        right = self._term()
        return lambda *given: _plus(left(*given), right(*given), sign)

    def _term(self) -> Operand:
        if self._peek() != "if_not_exists":
            return self._operand()
        self._take()
        self._expect("(")
        path = self._operand()
        self._expect(",")
        other = self._operand()
        return self._closed(lambda *given: other(*given) if path(*given) is None else path(*given))

    def _operand(self) -> Operand:
        if self._peek().startswith(":"):
            value = self._take()
            return lambda _item, _names, values: values[value]
        name = self._name()
        return lambda item, names, _values: item.get(name(names))

    def _name(self) -> Callable[[Names], str]:
        token = self._take()
        return (lambda names: names[token]) if token.startswith("#") else (lambda _names: token)

    def _closed[Result](self, result: Result) -> Result:
        self._expect(")")
        return result

    def _peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]  # type: ignore[no-any-return]

    def _took(self, token: str) -> bool:
        found = self._peek().upper() == token
        self._place += found
        return found

    def _expect(self, token: str) -> None:
        if self._take().upper() != token:
            raise NotImplementedError(self._tokens)


def _typed(attribute: Attribute) -> tuple[str, Any]:
    (kind, value), *_ = attribute.items()
    return kind, Decimal(value) if kind == "N" else value


def _same(left: Attribute | None, right: Attribute | None) -> bool:
    """An attribute that is not there equals nothing, so that ``<>`` holds of it."""
    if left is None or right is None:
        return False
    return left == right or ("N" in left and "N" in right and _typed(left) == _typed(right))


def _ordered(order: Callable[[Any, Any], bool], left: Attribute | None, right: Attribute | None) -> bool:
    """Of two values of one type that has an order; text sorts by its UTF-8 bytes, as code points do."""
    if left is None or right is None:
        return False
    (kind, value), (other_kind, other) = _typed(left), _typed(right)
    return kind == other_kind and kind in _ORDERED_TYPES and order(value, other)


def _begins(attribute: Attribute | None, prefix: Attribute | None) -> bool:
    return attribute is not None and prefix is not None and attribute.get("S", "").startswith(prefix["S"])


def _plus(left: Attribute | None, right: Attribute | None, sign: int) -> Attribute:
    if left is None or right is None or "N" not in left or "N" not in right:
        raise ValueError("An operand in the update expression has an incorrect data type")
    return {"N": str(Decimal(left["N"]) + sign * Decimal(right["N"]))}
