"""Which objects a gallery shows: the newest version of each key, as the ledger has it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import batched

from scandrop.ledger import CURRENT
from scandrop_cli.environment import Environment
from scandrop_cli.records import Item, Question, Record, recent, versions
from scandrop_cli.settling import as_of_now, tries_of

_AT_ONCE = 1000  # items in memory
_ATTRIBUTES = (
    *("status", "lane", "processor", "sequencer", "etag", "size_bytes", "attempts", "lease_until", "sidecar_etag"),
    *("received_at", "finished_at", "updated_at", "phases_ms", "duration_ms", "peak_memory_mb"),
    *("cost_usd", "metadata", "derivatives", "error_code", "error", "package_version", "request_id"),
)


def newest(environment: Environment, question: Question, on_days: Callable[[int], object]) -> list[Record]:
    """The records of the versions that their keys' derivatives belong to, newest first."""
    records = recent(environment, question, on_days)
    marks = versions(environment, [(key, CURRENT) for key in {one.key for one in records}], ["current_version"])
    current = {key: item["current_version"] for (key, _), item in marks.items()}
    return [one for one in records if current.get(one.key) == one.version_id]


def items_of(environment: Environment, records: Iterable[Record]) -> Iterator[Item]:
    """All that the ledger has on each record, in their order.

    Their status is what a person would call it: also ``stalled`` and ``given_up``.
    """
    tries = tries_of(environment)
    for batch in batched(records, _AT_ONCE):
        wanted = [(one.key, one.version_id) for one in batch]
        found = versions(environment, wanted, _ATTRIBUTES)
        for item in (found[version] for version in wanted if version in found):
            record = as_of_now(Record.of(item), item, tries)
            yield {**item, "status": "stalled" if record.stalled else record.status}
