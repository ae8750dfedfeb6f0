"""What needs a person: each dead letter with what the ledger knows of it, and each object that nobody tries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scandrop import statuses
from scandrop.dead_letters import Reason
from scandrop.ledger import CURRENT
from scandrop_cli import records
from scandrop_cli.environment import Environment
from scandrop_cli.errors import OperatorError
from scandrop_cli.failures.letters import Held, Letter
from scandrop_cli.gallery.advice import command
from scandrop_cli.records import Question, Record, Version
from scandrop_cli.settling import messages

DEAD_LETTER, STUCK = "dead letter", "stuck"

NO_EVENT = "unknown_event"
SETTLED = "settled"
USELESS = frozenset({NO_EVENT, SETTLED})  # the codes of letters by which nothing can be processed
KILLED = "killed"
UNCLAIMED = "unclaimed"

DAYS_BACK = 30
_LIMIT = 10_000
_COMES_BACK = timedelta(hours=2)  # longer than any queue hides a message: six times the longest function's 15 minutes
_QUEUE_KEEPS = timedelta(days=14)
_NAME_BYTES = 1024  # of a key or a version id, at most, as S3 has them

_SENTENCES = {
    KILLED: "The function was ended on it, for its time or its memory, or died. Its log says which.",
    UNCLAIMED: "No lane could take it, so the ledger has nothing of it. The lane's log says why.",
    NO_EVENT: "The letter is no event of this environment's raw bucket. Nothing can be processed by it.",
    SETTLED: "It was settled since, by another try or by hand. The letter is of no use any more.",
}
_UNNAMED = "(its name takes the pseudonym key)"


@dataclass(frozen=True)
class Failure:
    """One object version that failed for good. `key` is what it is known as, `status` the ledger's now.

    kind: ``dead letter``, or ``stuck`` where it is in no queue that anybody knows of.
    command: shows what was logged of it.
    """

    kind: str
    lane: str
    key: str
    version_id: str
    error_code: str
    error: str
    attempts: int
    failed_at: str
    status: str
    request_id: str
    log_group: str
    log_stream: str
    command: str


@dataclass(frozen=True)
class Report:
    """All failures, oldest first, and how many objects are none.

    retried: failed, and are tried again by themselves.
    waiting: were last tried over two hours ago, in a lane whose queue has messages: theirs may be among them.
    unseen: letters that SQS counts and that could not be received, so that nothing is known of them.
    """

    failures: Sequence[Failure]
    retried: int
    waiting: int
    rejected: int
    unseen: int

    def content(self) -> dict[str, Any]:
        """For scripts."""
        return {**asdict(self), "failures": [asdict(failure) for failure in self.failures]}


def report(environment: Environment, held: Held, lane: str | None) -> Report:
    """What failed for good, in one lane or in all."""
    dead = [failure for _, failure in failures_of(environment, held.letters)]
    known = {(failure.key, failure.version_id) for failure in dead}
    open_ones = [record for record in _open(environment, lane) if (record.key, record.version_id) not in known]
    now = datetime.now(UTC)
    late = [record for record in open_ones if _age(record, now) > _COMES_BACK]
    queued = messages(environment, {record.lane for record in late})
    stuck = [record for record in late if not queued[record.lane] or _age(record, now) > _QUEUE_KEEPS]
    waiting = len(late) - len(stuck)
    stuck = _not_overtaken(environment, stuck)
    failures = [*dead, *(_stuck(environment, record) for record in stuck)]
    return Report(
        failures=sorted(failures, key=lambda failure: failure.failed_at),
        retried=sum(record.status == "failed" for record in open_ones) - sum(one.status == "failed" for one in late),
        waiting=waiting,
        rejected=len(records.recent(environment, Question(_since(), _LIMIT, "rejected", lane))),
        unseen=held.unseen.total(),
    )


def _not_overtaken(environment: Environment, stuck: Sequence[Record]) -> list[Record]:
    """Those that a newer version has not taken the place of: of the others nothing is to be made any more."""
    currents = records.versions(environment, list({(record.key, CURRENT) for record in stuck}))
    return [
        record
        for record in stuck
        if currents.get((record.key, CURRENT), {}).get("current_version") in {None, record.version_id}
    ]


def _age(record: Record, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(record.updated_at)


def failures_of(environment: Environment, letters: Sequence[Letter]) -> list[tuple[Letter, Failure]]:
    """Each letter with what is known of it."""
    named = [(letter, _named(environment, letter)) for letter in letters]
    items = records.versions(environment, list(dict.fromkeys(name for _, name in named if _may_be(name))))
    return [(letter, _dead(environment, letter, name, items.get(name, {}))) for letter, name in named]


def _may_be(name: Version) -> bool:
    """Whether the ledger can be asked: what stands beside a letter may be anything."""
    return all(0 < len(part.encode()) <= _NAME_BYTES for part in name)


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(days=DAYS_BACK)


def _open(environment: Environment, lane: str | None) -> Iterator[Record]:
    for status in ("failed", "processing"):
        yield from records.recent(environment, Question(_since(), _LIMIT, status, lane))


def _named(environment: Environment, letter: Letter) -> Version:
    """What the ledger calls the version that a letter is about; empty as far as the letter does not tell."""
    objects = letter.objects(environment.raw_bucket)
    if objects and letter.reason and letter.reason.key:
        return letter.reason.key, letter.reason.version_id
    for raw in objects:
        try:
            return environment.known_as(raw.key), raw.version_id
        except OperatorError:  # raw keys are pseudonymous, and the caller may not make a pseudonym
            return "", raw.version_id
    return "", ""


def _dead(environment: Environment, letter: Letter, name: Version, item: Mapping[str, Any]) -> Failure:
    key, version_id = name
    reason = _reason(environment, letter, item)
    is_alone = len(letter.objects(environment.raw_bucket)) == 1  # of others the item says nothing
    if is_alone and item.get("status") in statuses.SETTLED:
        reason = replace(reason, error_code=SETTLED, error=_SENTENCES[SETTLED])
    return Failure(
        kind=DEAD_LETTER,
        lane=letter.lane,
        key=key or (_UNNAMED if version_id else ""),
        version_id=version_id,
        error_code=reason.error_code,
        error=reason.error,
        attempts=reason.attempts,
        failed_at=_moment(reason.failed_at) or letter.sent_at.isoformat(timespec="milliseconds"),
        status=item.get("status", ""),
        request_id=reason.request_id,
        log_group=reason.log_group or environment.log_groups.get(letter.lane, ""),
        log_stream=reason.log_stream,
        command=_command(environment, letter.lane, key),
    )


def _reason(environment: Environment, letter: Letter, item: Mapping[str, Any]) -> Reason:
    """Why it failed: as the body shows, as stands beside it, or, where SQS moved it by itself, as the ledger has it."""
    if not letter.objects(environment.raw_bucket):
        attempts = letter.reason.attempts if letter.reason else 0
        return Reason(NO_EVENT, _SENTENCES[NO_EVENT], attempts, failed_at="", request_id="")
    if letter.reason and letter.reason.error_code != NO_EVENT:
        return letter.reason
    code = item.get("error_code") or (KILLED if item else UNCLAIMED)
    if item.get("status") == "processing":
        code = KILLED
    return Reason(
        error_code=code,
        error=_SENTENCES.get(code) or item.get("error", ""),
        attempts=item.get("attempts", 0),
        failed_at=item.get("updated_at", ""),
        request_id=item.get("request_id", ""),
    )


def _moment(told: str) -> str:
    """An ISO 8601 time with its zone, or nothing."""
    try:
        return told if datetime.fromisoformat(told).tzinfo else ""
    except ValueError:
        return ""


def _stuck(environment: Environment, record: Record) -> Failure:
    code = KILLED if record.status == "processing" else record.error_code or ""
    return Failure(
        kind=STUCK,
        lane=record.lane,
        key=record.key,
        version_id=record.version_id,
        error_code=code,
        error=_SENTENCES.get(code) or record.error or "",
        attempts=record.attempts,
        failed_at=record.updated_at,
        status=record.status,
        request_id="",
        log_group=environment.log_groups.get(record.lane, ""),
        log_stream="",
        command=_command(environment, record.lane, record.key),
    )


def _command(environment: Environment, lane: str, key: str) -> str:
    return command("logs", ("--key", key) if key else ("--lane", lane, "--since", "1d"), environment)


def by_code(failures: Iterable[Failure]) -> dict[str, list[Failure]]:
    """The failures of each code, the most frequent code first."""
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        found.setdefault(failure.error_code, []).append(failure)
    return dict(sorted(found.items(), key=lambda entry: -len(entry[1])))
