"""What the ledger relies on of DynamoDB."""

import pytest
from implementations import Aws, Difference, refused, rule

EMPTY_KEY = Difference("a key may be an empty text", "DynamoDB API Reference, PutItem")
TOKEN = Difference("a transaction is made again under the same token", "DynamoDB API Reference, TransactWriteItems")
MIXED_TYPES = Difference(
    "comparing values of two types breaks",
    "DynamoDB Developer Guide, Condition and filter expressions, operators, and functions",
)


KEY = {"object_key": {"S": "k"}, "version_id": {"S": "v"}}


def update(aws: Aws, table: str, expression: str, *, key=KEY, condition: str = "", names=(), values=None, **more):
    """Placeholders `#x` stand for `x`."""
    if condition:
        more["ConditionExpression"] = condition
    if names:
        more["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    if values:
        more["ExpressionAttributeValues"] = values
    return aws.dynamodb.update_item(TableName=table, Key=key, UpdateExpression=expression, **more)


def item(aws: Aws, table: str, key=KEY):
    return aws.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def holds(aws: Aws, condition: str, given, **values) -> bool:
    """Whether a condition holds of an item with the attributes `given`; of none where that is None."""
    table = aws.table()
    if given is not None:
        aws.dynamodb.put_item(TableName=table, Item={**KEY, **given})
    told = {f":{name}": value for name, value in values.items()}
    try:
        update(aws, table, "SET touched = :touched", condition=condition, values={**told, ":touched": {"S": "yes"}})
    except aws.dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def text(value: str):
    return {"S": value}


def number(value: float):
    return {"N": str(value)}


@rule()
def test_an_update_makes_the_item_that_is_not_there(aws):
    table = aws.table()
    update(aws, table, "SET a = :a", values={":a": text("x")})
    assert item(aws, table) == {**KEY, "a": text("x")}


@rule()
def test_an_item_that_is_not_there_is_no_item(aws):
    assert item(aws, aws.table()) is None


@rule()
def test_items_differ_by_either_half_of_their_key(aws):
    table = aws.table()
    update(aws, table, "SET a = :a", values={":a": text("x")})
    assert item(aws, table, {**KEY, "version_id": text("w")}) is None
    assert item(aws, table, {**KEY, "object_key": text("l")}) is None


CONDITIONS = {
    "what is not there does not exist": ("attribute_not_exists(a)", {}, {}, True),
    "no attribute of no item exists": ("attribute_not_exists(a)", None, {}, True),
    "an empty text exists": ("attribute_not_exists(a)", {"a": text("")}, {}, False),
    "a null exists": ("attribute_not_exists(a)", {"a": {"NULL": True}}, {}, False),
    "what is there exists": ("attribute_exists(a)", {"a": text("x")}, {}, True),
    "the same is equal": ("a = :x", {"a": text("x")}, {"x": text("x")}, True),
    "letters have cases": ("a = :x", {"a": text("X")}, {"x": text("x")}, False),
    "what is not there equals nothing": ("a = :x", {}, {"x": text("x")}, False),
    "what is not there differs": ("a <> :x", {}, {"x": text("x")}, True),
    "what is not there differs, in an item that is not there": ("a <> :x", None, {"x": text("x")}, True),
    "another type differs": ("a <> :x", {"a": number(1)}, {"x": text("1")}, True),
    "a null has no order": ("a < :x", {"a": {"NULL": True}}, {"x": text("2")}, False),
    "what is not there is not less": ("a < :x", {}, {"x": text("x")}, False),
    "what is not there is not greater": ("a > :x", {}, {"x": text("x")}, False),
    "what is not there is in no list": ("a IN (:x, :y)", {}, {"x": text("x"), "y": text("y")}, False),
    "one of a list is in it": ("a IN (:x, :y)", {"a": text("y")}, {"x": text("x"), "y": text("y")}, True),
    "text sorts by its letters, not as numbers": ("a < :x", {"a": text("10")}, {"x": text("9")}, True),
    "a shorter text comes first": ("a < :x", {"a": text("10")}, {"x": text("100")}, True),
    "capitals come first": ("a < :x", {"a": text("Z")}, {"x": text("a")}, True),
    "letters past ASCII come last": ("a > :x", {"a": text("é")}, {"x": text("z")}, True),
    "equal is not less": ("a < :x", {"a": text("x")}, {"x": text("x")}, False),
    "equal is less or equal": ("a <= :x", {"a": text("x")}, {"x": text("x")}, True),
    "numbers sort as numbers": ("a < :x", {"a": number(9)}, {"x": number(10)}, True),
    "a number is the same however it is written": ("a = :x", {"a": number(1)}, {"x": {"N": "1.0"}}, True),
    "a negative number comes first": ("a < :x", {"a": number(-2)}, {"x": number(1)}, True),
    "between has both its ends": (
        "a BETWEEN :x AND :y",
        {"a": text("y")},
        {"x": text("x"), "y": text("y")},
        True,
    ),
    "and binds before or": (
        "a = :x OR b = :x AND b = :y",
        {"a": text("x"), "b": text("z")},
        {"x": text("x"), "y": text("y")},
        True,
    ),
    "brackets bind before and": (
        "(a = :x OR b = :x) AND b = :y",
        {"a": text("x"), "b": text("z")},
        {"x": text("x"), "y": text("y")},
        False,
    ),
    "not turns it round": ("NOT a = :x", {"a": text("x")}, {"x": text("x")}, False),
    "not binds before and": (
        "NOT a = :x AND a = :y",
        {"a": text("y")},
        {"x": text("x"), "y": text("y")},
        True,
    ),
    "a text begins with its beginning": ("begins_with(a, :x)", {"a": text("xyz")}, {"x": text("xy")}, True),
    "one attribute compares with another": ("a < b", {"a": number(1), "b": number(2)}, {}, True),
}


@pytest.mark.parametrize(("condition", "given", "values", "expected"), CONDITIONS.values(), ids=CONDITIONS)
@rule()
def test_a_condition_holds_or_does_not(aws, condition, given, values, expected):
    assert holds(aws, condition, given, **values) is expected


@rule(moto=MIXED_TYPES)
def test_values_of_two_types_have_no_order(aws):
    assert not holds(aws, "a < :x", {"a": number(1)}, x=text("2"))


@rule()
def test_a_condition_that_does_not_hold_changes_nothing(aws):
    table = aws.table()
    update(aws, table, "SET a = :a", values={":a": text("x")})
    with refused("ConditionalCheckFailedException", 400):
        update(aws, table, "SET a = :b", condition="a = :b", values={":b": text("y")})
    assert item(aws, table) == {**KEY, "a": text("x")}


@rule()
def test_a_condition_that_does_not_hold_of_nothing_makes_nothing(aws):
    table = aws.table()
    with refused("ConditionalCheckFailedException") as caught:
        update(
            aws,
            table,
            "SET a = :b",
            condition="a = :b",
            values={":b": text("y")},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert "Item" not in caught.value.response
    assert item(aws, table) is None


@rule()
def test_a_refusal_shows_what_stands_where_that_is_asked_for(aws):
    table = aws.table()
    update(aws, table, "SET a = :a", values={":a": text("x")})
    refuse = {"condition": "attribute_not_exists(a)", "values": {":b": text("y")}}
    with pytest.raises(aws.dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        update(aws, table, "SET a = :b", **refuse, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Item"] == {**KEY, "a": text("x")}
    with refused("ConditionalCheckFailedException") as silent:
        update(aws, table, "SET a = :b", **refuse)
    assert "Item" not in silent.value.response


@rule()
def test_an_update_tells_the_item_as_it_was(aws):
    table = aws.table()
    first = update(aws, table, "SET a = :a", values={":a": text("x")}, ReturnValues="ALL_OLD")
    second = update(aws, table, "SET a = :a", values={":a": text("y")}, ReturnValues="ALL_OLD")
    assert not first.get("Attributes")
    assert second["Attributes"] == {**KEY, "a": text("x")}


@rule()
def test_an_update_leaves_the_other_attributes_as_they_are(aws):
    table = aws.table()
    update(aws, table, "SET a = :a, b = :b", values={":a": text("x"), ":b": text("y")})
    update(aws, table, "SET a = :a", values={":a": text("z")})
    assert item(aws, table) == {**KEY, "a": text("z"), "b": text("y")}


@rule()
def test_values_are_of_the_item_as_it_was(aws):
    table = aws.table()
    update(aws, table, "SET a = :a, b = :b", values={":a": text("x"), ":b": text("y")})
    update(aws, table, "SET a = b, b = a")
    assert item(aws, table) == {**KEY, "a": text("y"), "b": text("x")}


@rule()
def test_the_first_value_is_kept(aws):
    table = aws.table()
    for value in ("first", "second"):
        update(aws, table, "SET a = if_not_exists(a, :a)", values={":a": text(value)})
    assert item(aws, table)["a"] == text("first")


@rule()
def test_a_count_begins_at_nought(aws):
    table = aws.table()
    for _ in range(3):
        update(aws, table, "SET a = :a ADD tries :one", values={":a": text("x"), ":one": number(1)})
    assert item(aws, table)["tries"] == number(3)


@rule()
def test_what_is_removed_is_gone_and_can_be_removed_again(aws):
    table = aws.table()
    update(aws, table, "SET a = :a, b = :b", values={":a": text("x"), ":b": text("y")})
    for _ in range(2):
        update(aws, table, "REMOVE a, #b", names=["b"])
    assert item(aws, table) == KEY


@rule()
def test_a_name_may_stand_behind_a_placeholder(aws):
    table = aws.table()
    update(aws, table, "SET #status = :s", names=["status"], values={":s": text("x")})
    assert item(aws, table)["status"] == text("x")


@rule()
def test_lists_and_maps_come_back_as_they_were(aws):
    table, value = aws.table(), {"L": [{"M": {"a": number(1), "b": {"NULL": True}}}, {"BOOL": False}, text("")]}
    update(aws, table, "SET a = :a", values={":a": value})
    assert item(aws, table)["a"] == value


@rule()
def test_a_value_that_is_not_used_is_refused(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "SET a = :a", values={":a": text("x"), ":b": text("y")})


@rule()
def test_a_name_that_is_not_used_is_refused(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "SET a = :a", names=["b"], values={":a": text("x")})


@rule()
def test_a_value_that_is_not_given_is_refused(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "SET a = :a, b = :b", values={":a": text("x")})


@rule()
def test_no_values_at_all_must_not_be_said(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "REMOVE a", ExpressionAttributeValues={})


@rule()
def test_a_key_cannot_be_changed(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "SET version_id = :a", values={":a": text("x")})


@rule(moto=EMPTY_KEY)
def test_a_key_cannot_be_empty(aws):
    with refused("ValidationException", 400):
        update(aws, aws.table(), "SET a = :a", key={**KEY, "object_key": text("")}, values={":a": text("x")})


@rule()
def test_half_a_key_is_refused(aws):
    with refused("ValidationException", 400):
        item(aws, aws.table(), {"object_key": text("k")})


@rule()
def test_a_table_that_is_not_there_is_told_as_such(aws):
    with refused("ResourceNotFoundException", 400):
        item(aws, "table-that-is-not-there")


@rule()
def test_a_keys_items_are_found_in_the_order_of_the_rest_of_their_key(aws):
    table = aws.table()
    for key, version in (("k", "v2"), ("k", "#current"), ("other", "v0"), ("k", "v1")):
        place = {"object_key": text(key), "version_id": text(version)}
        update(aws, table, "SET a = :a", key=place, values={":a": text("x")})
    found = aws.dynamodb.query(
        TableName=table,
        KeyConditionExpression="object_key = :key",
        ExpressionAttributeValues={":key": text("k")},
        ConsistentRead=True,
    )
    assert [entry["version_id"]["S"] for entry in found["Items"]] == ["#current", "v1", "v2"]


@rule()
def test_a_query_leaves_out_what_its_filter_and_its_projection_do(aws):
    table = aws.table()
    for version, name in (("v1", "outputs"), ("v2", "note"), ("v3", "outputs")):
        update(aws, table, f"SET {name} = :a", key={**KEY, "version_id": text(version)}, values={":a": text("x")})
    pages = aws.dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="object_key = :key",
        FilterExpression="attribute_exists(outputs)",
        ProjectionExpression="version_id",
        ExpressionAttributeValues={":key": text("k")},
        ConsistentRead=True,
    )
    found = [entry for page in pages for entry in page["Items"]]
    assert found == [{"version_id": text("v1")}, {"version_id": text("v3")}]


def part(table: str, version: str, condition: str, **more):
    """One write of a transaction, under a condition on `a`."""
    return {
        "Update": {
            "TableName": table,
            "Key": {**KEY, "version_id": text(version)},
            "UpdateExpression": "SET a = :a",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":a": text(version)},
            **more,
        }
    }


ABSENT, PRESENT = "attribute_not_exists(a)", "attribute_exists(a)"


def versions(aws: Aws, table: str) -> list[str]:
    found = [item(aws, table, {**KEY, "version_id": text(version)}) for version in ("v1", "v2")]
    return [entry["version_id"]["S"] for entry in found if entry]


@rule()
def test_a_transaction_whose_conditions_all_hold_makes_all_its_writes(aws):
    table = aws.table()
    aws.dynamodb.transact_write_items(TransactItems=[part(table, "v1", ABSENT), part(table, "v2", ABSENT)])
    assert versions(aws, table) == ["v1", "v2"]


@pytest.mark.parametrize(("conditions", "codes"), [
    ((ABSENT, PRESENT), ["None", "ConditionalCheckFailed"]),
    ((PRESENT, ABSENT), ["ConditionalCheckFailed", "None"]),
    ((PRESENT, PRESENT), ["ConditionalCheckFailed", "ConditionalCheckFailed"]),
])  # fmt: skip
@rule()
def test_a_transaction_with_a_condition_that_does_not_hold_makes_none_and_says_which(aws, conditions, codes):
    table = aws.table()
    writes = [part(table, version, condition) for version, condition in zip(("v1", "v2"), conditions, strict=True)]
    with pytest.raises(aws.dynamodb.exceptions.TransactionCanceledException) as caught:
        aws.dynamodb.transact_write_items(TransactItems=writes)
    assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == codes
    assert versions(aws, table) == []


@rule()
def test_a_transaction_can_ask_for_a_condition_and_write_nothing_there(aws):
    table = aws.table()
    check = {"ConditionCheck": {"TableName": table, "Key": KEY, "ConditionExpression": "attribute_exists(a)"}}
    with refused("TransactionCanceledException", 400):
        aws.dynamodb.transact_write_items(TransactItems=[part(table, "v1", ABSENT), check])
    update(aws, table, "SET a = :a", values={":a": text("x")})
    aws.dynamodb.transact_write_items(TransactItems=[part(table, "v1", ABSENT), check])
    assert versions(aws, table) == ["v1"]
    assert item(aws, table) == {**KEY, "a": text("x")}


@rule()
def test_a_transaction_shows_what_stands_where_that_is_asked_for(aws):
    table = aws.table()
    update(aws, table, "SET a = :a", key={**KEY, "version_id": text("v1")}, values={":a": text("x")})
    with refused("TransactionCanceledException") as caught:
        aws.dynamodb.transact_write_items(
            TransactItems=[part(table, "v1", ABSENT, ReturnValuesOnConditionCheckFailure="ALL_OLD")]
        )
    (reason,) = caught.value.response["CancellationReasons"]
    assert reason["Item"]["a"] == text("x")


@rule()
def test_a_transaction_takes_one_write_for_each_item(aws):
    table = aws.table()
    with refused("ValidationException", 400):
        aws.dynamodb.transact_write_items(TransactItems=[part(table, "v1", ABSENT), part(table, "v1", ABSENT)])


@rule(moto=TOKEN)
def test_a_transaction_that_was_made_is_not_made_again_when_it_is_sent_again(aws):
    """botocore gives each call a token, and keeps it when it tries again."""
    table = aws.table()
    for _ in range(2):
        aws.dynamodb.transact_write_items(TransactItems=[part(table, "v1", ABSENT)], ClientRequestToken="once")
    assert versions(aws, table) == ["v1"]


@rule()
def test_a_transaction_that_was_refused_is_tried_anew_when_it_is_sent_again(aws):
    table = aws.table()
    again = {"TransactItems": [part(table, "v1", PRESENT)], "ClientRequestToken": "again"}
    for _ in range(2):
        with refused("TransactionCanceledException"):
            aws.dynamodb.transact_write_items(**again)
    update(aws, table, "SET a = :a", key={**KEY, "version_id": text("v1")}, values={":a": text("x")})
    aws.dynamodb.transact_write_items(**again)
    assert item(aws, table, {**KEY, "version_id": text("v1")})["a"] == text("v1")
