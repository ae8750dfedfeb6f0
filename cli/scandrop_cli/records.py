"""Reading the ledger: the newest records over its sharded indexes, and one version by its key."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import batched, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from scandrop.ledger import CURRENT, SHARDS, iso
from scandrop.statuses import SETTLED
from scandrop_cli.environment import CONNECTIONS, Environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.paginator import QueryPaginator

_BATCH = 100  # keys in one BatchGetItem
_PAGE = 1000  # items in one Query
_AT_WORK = timedelta(minutes=16)  # longer than any function runs; the indexes do not have the lease itself

type Item = dict[str, Any]
type Version = tuple[str, str]


@dataclass(frozen=True)
class Record:
    """What is shown of one object version. The times are ISO 8601 in UTC.

    status: the ledger's; of a version that somebody waits for also ``missing`` (not in the raw bucket), ``waiting`` (no
    lane has claimed it yet) and ``given_up`` (its queue tries it no more).
    """

    key: str
    status: str
    lane: str
    version_id: str = ""
    updated_at: str = ""
    received_at: str = ""
    finished_at: str = ""
    size_bytes: int | None = None
    bytes_out: int | None = None
    duration_ms: int | None = None
    memory_mb: int | None = None
    derivatives: int | None = None
    attempts: int = 0
    cost_usd: float | None = None
    error_code: str | None = None
    error: str | None = None

    @classmethod
    def of(cls, item: Item) -> "Record":
        known = {field.name: item[field.name] for field in fields(cls) if field.name in item}
        return cls(key=item["object_key"], **known)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.status in {*SETTLED, "given_up"}

    @property
    def good(self) -> bool:
        """Whether nobody has to look at it: nor does anybody for what a newer version replaced, or what was deleted."""
        return self.status in SETTLED and self.status != "rejected"

    @property
    def stalled(self) -> bool:
        """Whether the function that took it must have died, so that nobody is at work on it."""
        return self.status == "processing" and datetime.now(UTC) - datetime.fromisoformat(self.updated_at) > _AT_WORK


def is_at_work(item: Item) -> bool:
    """Whether a lane holds the version of this item."""
    return item.get("status") == "processing" and datetime.fromisoformat(item["lease_until"]) > datetime.now(UTC)


@dataclass(frozen=True)
class Question:
    """Which records to list: the newest `limit` since a moment, of one status and one lane or of all (None)."""

    since: datetime
    limit: int
    status: str | None = None
    lane: str | None = None


def recent(
    environment: Environment, question: Question, on_days: Callable[[int], object] = lambda _: None
) -> list[Record]:
    """The newest records first: today's shards are asked at once, then those of twice as many days back each time.

    `on_days` hears how many days have been read.
    """
    queries = environment.dynamodb.get_paginator("query")  # not one for each of thousands: a tenth of their time

    def newest_of(partition: tuple[str, str]) -> list[Record]:
        return list(islice(_query(queries, _request(environment, question, partition)), question.limit))

    found: list[Record] = []
    newest, days = datetime.now(UTC).date(), 1
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        while newest >= question.since.date() and len(found) < question.limit:
            span = [newest - timedelta(days=back) for back in range(days)]
            span = [day for day in span if day >= question.since.date()]
            partitions = [one for day in span for one in _partitions(environment, question, day)]
            answers = []
            for answer in pool.map(newest_of, partitions):
                answers.append(answer)
                on_days(days - 1 + len(span) * len(answers) // len(partitions))
            merged = heapq.merge(*answers, key=attrgetter("updated_at"), reverse=True)
            found += islice(merged, question.limit - len(found))
            newest, days = newest - timedelta(days=days), 2 * days
    return found


def current(environment: Environment, key: str) -> str | None:
    """The version of a key that its derivatives belong to, or None where the ledger does not know the key."""
    item = _get(environment, key, CURRENT)
    return item["current_version"] if item else None


def version(environment: Environment, key: str, version_id: str) -> Item | None:
    """All that the ledger has on one version."""
    return _get(environment, key, version_id)


def versions(
    environment: Environment, wanted: Sequence[Version], attributes: Sequence[str] = (), *, consistent: bool = False
) -> dict[Version, Item]:
    """What the ledger has on many versions, or only some attributes; those that it does not know are left out.

    consistent: as it is now, at twice the price, where a second ago would not do.
    """
    client = environment.dynamodb
    only = _only(("object_key", "version_id", *attributes)) if attributes else {}
    only |= {"ConsistentRead": True} if consistent else {}

    def get(batch: Iterable[Version]) -> list[Item]:
        pending: dict[str, Any] = {environment.ledger_table: {"Keys": [_key(*version) for version in batch], **only}}
        items: list[Item] = []
        while pending:
            answer = client.batch_get_item(RequestItems=pending)
            items += (_plain(item) for item in answer["Responses"][environment.ledger_table])
            pending = answer["UnprocessedKeys"]
        return items

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        batches = pool.map(get, batched(wanted, _BATCH))
        return {(item["object_key"], item["version_id"]): item for items in batches for item in items}


def _partitions(environment: Environment, question: Question, day: date) -> list[tuple[str, str]]:
    """The index attribute and its values that hold a day: one per shard, per lane where no status narrows it."""
    if question.status:
        heads, attribute = [question.status], "status_day"
    else:
        heads, attribute = [question.lane] if question.lane else list(environment.queue_urls), "lane_day"
    return [(attribute, f"{head}#{day:%Y-%m-%d}#{shard}") for head in heads for shard in range(SHARDS)]


def _request(environment: Environment, question: Question, partition: tuple[str, str]) -> dict[str, Any]:
    attribute, value = partition
    request: dict[str, Any] = {
        "TableName": environment.ledger_table,
        "IndexName": "by_status" if attribute == "status_day" else "by_lane",
        "KeyConditionExpression": "#partition = :partition AND updated_at >= :since",
        **_only(("object_key", *(field.name for field in fields(Record)[1:]))),
        "ExpressionAttributeValues": {
            ":partition": {"S": value},
            ":since": {"S": iso(question.since)},
        },
        "ScanIndexForward": False,
        "PaginationConfig": {"PageSize": min(question.limit, _PAGE)},
    }
    request["ExpressionAttributeNames"]["#partition"] = attribute
    if question.status and question.lane:
        request["FilterExpression"] = "#lane = :lane"
        request["ExpressionAttributeValues"] |= {":lane": {"S": question.lane}}
    return request


def _only(attributes: Iterable[str]) -> dict[str, Any]:
    """What makes a request answer with these attributes alone."""
    names = {f"#{name}": name for name in attributes}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _query(queries: "QueryPaginator", request: Mapping[str, Any]) -> Iterator[Record]:
    for page in queries.paginate(**request):
        yield from (Record.of(_plain(item)) for item in page["Items"])


def _get(environment: Environment, key: str, version_id: str) -> Item | None:
    answer = environment.dynamodb.get_item(
        TableName=environment.ledger_table, Key=_key(key, version_id), ConsistentRead=True
    )
    return _plain(answer["Item"]) if "Item" in answer else None


def _key(key: str, version_id: str) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {"object_key": serialize(key), "version_id": serialize(version_id)}


def _plain(item: Mapping[str, Any]) -> Item:
    deserialize = TypeDeserializer().deserialize
    return {name: _number(deserialize(value)) for name, value in item.items()}


def _number(value: object) -> object:
    """DynamoDB's decimals as the ints and floats that JSON knows."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _number(part) for name, part in value.items()}
    return [_number(part) for part in value] if isinstance(value, list) else value
