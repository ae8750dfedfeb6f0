"""DynamoDB's client over tables in memory.

Rules: Amazon DynamoDB API Reference, "UpdateItem", "TransactWriteItems", "GetItem", "Query"; Developer Guide, "DynamoDB
read consistency" and "Amazon DynamoDB Transactions: How it works".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import expressions
from .expressions import Attribute, Item, Names, Values
from .paginator import Paginator
from .refusals import exceptions, refusal

type Answer = dict[str, Any]
type Key = tuple[str, ...]


@dataclass
class Table:
    """Items by key, and each as it was before its last write."""

    key_names: tuple[str, ...]
    items: dict[Key, Item] = field(default_factory=dict)
    former: dict[Key, Item | None] = field(default_factory=dict)

    def key_of(self, operation: str, told: Mapping[str, Attribute]) -> Key:
        if set(told) != set(self.key_names):
            raise _invalid(operation, "The provided key element does not match the schema")
        key = tuple(told[name].get("S", "") for name in self.key_names)
        if not all(key):
            raise _invalid(operation, "One or more parameter values are not valid: a key is an empty string")
        return key

    def write(self, key: Key, item: Item) -> None:
        self.former[key] = self.items.get(key)
        self.items[key] = item


class DynamoDB:
    """The tables of an account and a client of them. Items are replaced, never changed, so that no copy is needed."""

    exceptions = exceptions

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self._made: set[str] = set()

    def prepare(self, operation: str, **parameters: Any) -> Callable[[], Answer]:
        """A call on its way, to be made when it arrives."""
        return partial(getattr(self, operation), **parameters)

    def create_table(self, *, TableName: str, KeySchema: Sequence[Mapping[str, str]], **_ignored: Any) -> Answer:
        self.tables[TableName] = Table(tuple(entry["AttributeName"] for entry in KeySchema))
        return {}

    def get_item(self, *, TableName: str, Key: Mapping[str, Attribute], ConsistentRead: bool = False) -> Answer:
        """An eventually consistent read sees the item as it was before its last write: it may, so here it does."""
        table = self._table("GetItem", TableName)
        key = table.key_of("GetItem", Key)
        item = table.items.get(key) if ConsistentRead else table.former.get(key)
        return {} if item is None else {"Item": item}

    def put_item(self, *, TableName: str, Item: Item) -> Answer:
        table = self._table("PutItem", TableName)
        table.write(table.key_of("PutItem", {name: Item[name] for name in table.key_names}), Item)
        return {}

    def update_item(self, *, ReturnValues: str = "NONE", **parameters: Any) -> Answer:
        write = self._prepared("UpdateItem", self._updated, parameters)
        refused = write.refusal()
        if refused is not None:
            item = {"Item": refused["Item"]} if "Item" in refused else {}
            raise refusal("UpdateItem", "ConditionalCheckFailedException", 400, refused["Message"], **item)
        write.make()
        told = {"NONE": None, "ALL_OLD": write.was, "ALL_NEW": write.will_be}[ReturnValues]
        return {"Attributes": told} if told else {}

    def transact_write_items(
        self, *, TransactItems: Sequence[Mapping[str, Mapping[str, Any]]], ClientRequestToken: str = ""
    ) -> Answer:
        """All or nothing: no write is made unless every condition holds.

        One that was made is not made again under its token, which botocore gives each call and keeps when it tries
        again. (AWS forgets it after ten minutes.)
        """
        if ClientRequestToken in self._made:
            return {}
        makers = {"Update": self._updated, "ConditionCheck": self._kept}
        writes = [
            self._prepared("TransactWriteItems", makers[kind], parameters)
            for item in TransactItems
            for kind, parameters in item.items()
        ]
        if len({(id(write.table), write.key) for write in writes}) < len(writes):
            raise _invalid("TransactWriteItems", "Transaction request cannot include multiple operations on one item")
        refused = [write.refusal() for write in writes]
        if any(refused):
            reasons = [reason or {"Code": "None"} for reason in refused]
            code = "TransactionCanceledException"
            raise refusal("TransactWriteItems", code, 400, "Transaction cancelled", CancellationReasons=reasons)
        for write in writes:
            write.make()
        self._made.update({ClientRequestToken} - {""})
        return {}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Values,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ConsistentRead: bool = False,
    ) -> Answer:
        """A key's items in the order of their range key, in one page. Only consistent reads are modelled."""
        if not ConsistentRead:
            raise NotImplementedError
        table = self._table("Query", TableName)
        conditions = [expressions.condition(said) for said in (KeyConditionExpression, FilterExpression) if said]
        found = [
            table.items[key]
            for key in sorted(table.items)
            if all(fits.function(table.items[key], {}, ExpressionAttributeValues) for fits in conditions)
        ]
        if ProjectionExpression is not None:
            names = ProjectionExpression.replace(" ", "").split(",")
            found = [{name: item[name] for name in names if name in item} for item in found]
        return {"Items": found, "Count": len(found)}

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def _table(self, operation: str, name: str) -> Table:
        try:
            return self.tables[name]
        except KeyError:
            raise refusal(operation, "ResourceNotFoundException") from None

    def _prepared(self, operation: str, maker: Callable[..., Item | None], parameters: Mapping[str, Any]) -> "_Write":
        table = self._table(operation, parameters["TableName"])
        told = parameters["Key"]
        return _Write(operation, table, table.key_of(operation, told), told, maker, parameters)

    def _updated(self, write: "_Write") -> Item:
        will_be = dict(write.was or write.told)
        change = expressions.update(write.parameters["UpdateExpression"]).function
        change(write.was or {}, will_be, write.names, write.values)
        if any(will_be.get(name) != write.told[name] for name in write.table.key_names):
            raise ValueError("Cannot update attribute. This attribute is part of the key")
        return will_be

    def _kept(self, write: "_Write") -> Item | None:
        return write.was


class _Write:
    """One write: its condition, and what it makes of its item."""

    def __init__(
        self,
        operation: str,
        table: Table,
        key: Key,
        told: Mapping[str, Attribute],
        maker: Callable[["_Write"], Item | None],
        parameters: Mapping[str, Any],
    ) -> None:
        self.table, self.key, self.told, self.parameters = table, key, told, parameters
        self.names: Names = parameters.get("ExpressionAttributeNames", {})
        self.values: Values = parameters.get("ExpressionAttributeValues", {})
        self.was = table.items.get(key)
        self.will_be: Item | None = None
        self._operation, self._maker = operation, maker
        self._check_placeholders()

    def refusal(self) -> Answer | None:
        """Why the write is not to be made, as a transaction says it."""
        expression = self.parameters.get("ConditionExpression")
        if expression is None or expressions.condition(expression).function(self.was or {}, self.names, self.values):
            return None
        reason: Answer = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        if self.was and self.parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            reason["Item"] = self.was
        return reason

    def make(self) -> None:
        try:
            self.will_be = self._maker(self)
        except ValueError as error:
            raise _invalid(self._operation, str(error)) from error
        if self.will_be is not None and self.will_be is not self.was:
            self.table.write(self.key, self.will_be)

    def _check_placeholders(self) -> None:
        """DynamoDB refuses a placeholder that is not given, one that is given in vain, and an empty list of them."""
        told = self.parameters
        used = expressions.placeholders(told.get("UpdateExpression"), told.get("ConditionExpression"))
        given = self.names.keys() | self.values.keys()
        if used != given or {} in (told.get("ExpressionAttributeNames"), told.get("ExpressionAttributeValues")):
            raise _invalid(self._operation, f"Placeholders undefined or unused: {sorted(used ^ given)}")


def _invalid(operation: str, message: str) -> Exception:
    return refusal(operation, "ValidationException", 400, message)
