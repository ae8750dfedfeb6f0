"""The way of one object version through its lane. The order of side effects stands in `Pipeline._carry_through`."""

import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scandrop import cores, manifest, memory
from scandrop.config import Config
from scandrop.deletion import Deletions
from scandrop.errors import Failed, Rejected
from scandrop.events import RawObject
from scandrop.ledger import Claim, Declined, Ledger
from scandrop.pricing import cost_usd
from scandrop.processing import Outcome, Output, file_sha256, run
from scandrop.processors import Json, Source
from scandrop.provisions import Provisions
from scandrop.storage import Sidecar, Storage
from scandrop.telemetry import Telemetry
from scandrop.version import package_version

# A lease ends this long after the function, whose end is also when S3 begins to refuse what it writes: so much may the
# clocks of two functions, or of one and S3, differ.
_LEASE_MARGIN = timedelta(seconds=30)
_PATIENCE_S = 5.0  # a writer is soon done
_POLL_S = 0.25
_SOON_OVER = {"busy", "conflict"}


@dataclass(frozen=True)
class Beside:
    """What lies beside a run in the raw bucket; `settled_by` is who had settled the run before this was looked for."""

    sidecar: Sidecar | None = None
    settled_by: str = ""

    @property
    def etag(self) -> str:
        """The sidecar's, or a word for none."""
        return self.sidecar.etag if self.sidecar else "none"


@dataclass
class _Try:
    """One try at one version: what it has measured so far."""

    claim: Claim
    beside: Beside | None = None
    started: float = field(default_factory=time.perf_counter)
    phases_ms: dict[str, int] = field(default_factory=dict)


class Pipeline:
    """Settles object versions in one lane of one environment."""

    def __init__(
        self, config: Config, storage: Storage, ledger: Ledger, provisions: Provisions, telemetry: Telemetry
    ) -> None:
        self._config = config
        self._storage = storage
        self._ledger = ledger
        self._deletions = Deletions(storage, ledger, followed=config.on_delete == "delete")
        self._provisions = provisions
        self._telemetry = telemetry

    def settle(
        self,
        raw: RawObject,
        *,
        request_id: str,
        remaining_s: float,
        rejection: Rejected | None = None,
        seen: Beside | None = None,
        look: Callable[[], Beside] = Beside,
    ) -> str:
        """Bring one version to its end and return its status.

        Returns ``succeeded``, ``rejected``, ``superseded``, ``deleted`` for a deletion, ``ignored`` for one that does
        not matter, or ``settled`` for what was settled before.
        Raises `Failed` where a later try may do what this one could not. With a `rejection` the object is not
        read: the verdict is only recorded. Where what lies beside it was `seen`, a version that was settled with
        another sidecar is processed again; `look` is called for what counts once the version is claimed.
        """
        placed = self._deletions.placed(raw)
        if placed is None:
            return "ignored"
        facts: dict[str, Json] = {"package_version": package_version(), "request_id": request_id}
        if seen is not None:
            facts["sidecar_etag"] = seen.etag
        end = datetime.now(UTC) + timedelta(seconds=remaining_s)
        claim = self._ledger.claim(
            placed,
            lane=self._config.lane,
            owner=str(uuid.uuid4()),
            lease_until=end + _LEASE_MARGIN,
            facts=facts,
            is_newest=lambda: self._storage.is_newest(placed),
            settled_by=seen.settled_by if seen else "",
        )
        if isinstance(claim, Declined):
            if claim.reason == "leased":
                raise Failed("leased", until=claim.until)
            if claim.reason == "outpaced":
                raise Failed("lost_race")
            return claim.reason
        self._storage.write_until(end)
        memory.forget_peak()
        attempt = _Try(claim)
        try:
            attempt.beside = look() if seen else None
            return self._erase(attempt) if placed.deletion else self._carry_through(attempt, rejection)
        except Exception as error:  # whatever broke, the claim must not outlive the try
            failure = Failed.of(error)
            self._ledger.release(claim, failure, self._measured(attempt, []))
            raise failure from error

    def _carry_through(self, attempt: _Try, rejection: Rejected | None) -> str:
        """Read, process, take the write lock, write derivatives and manifest, clear away what is stale, commit."""
        raw = attempt.claim.raw
        with tempfile.TemporaryDirectory() as folder:
            source, work = Path(folder, "source"), Path(folder, "work")
            work.mkdir()
            outcome = self._process(attempt, rejection, source, work)
            if not self._may_write(attempt, outcome.status):
                return self._told(attempt, self._ledger.supersede(attempt.claim), self._measured(attempt, []))
            standing = {} if attempt.claim.first_of_key else self._storage.standing(raw.known_as)
            with self._telemetry.phase("upload", attempt.phases_ms):
                stored = self._storage.put_outputs(raw, outcome, standing)
                content = manifest.build(
                    source=_provenance(raw, source, attempt.beside),
                    outcome=outcome,
                    settings=self._config.settings,
                    stored=stored,
                )
                self._storage.put_manifest(raw, content, standing)
                kept = {*stored, manifest.NAME}
                self._storage.remove(raw, {name: etag for name, etag in standing.items() if name not in kept})
        return self._commit(attempt, outcome.status, self._facts(attempt, outcome))

    def _erase(self, attempt: _Try) -> str:
        """Take the write lock, delete what the object's versions left here and in the ledger, leave a tombstone."""
        if not self._may_write(attempt, "deleted"):
            return self._told(attempt, self._ledger.supersede(attempt.claim), self._measured(attempt, []))
        with self._telemetry.phase("erase", attempt.phases_ms):
            self._storage.erase(attempt.claim.raw.known_as)
            self._ledger.forget(attempt.claim)
        facts = {**self._measured(attempt, []), "error_code": None, "error": None}  # of a try before this one
        return self._commit(attempt, "deleted", facts)

    def _may_write(self, attempt: _Try, status: str) -> bool:
        """Whether the version is still the newest, once nobody else writes the key; raises as `begin_writing` does."""
        patient_until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                claim = self._ledger.begin_writing(attempt.claim, status)
            except Failed as failure:
                if failure.code not in _SOON_OVER or time.monotonic() > patient_until:
                    raise
                time.sleep(_POLL_S)
            else:
                attempt.claim = claim or attempt.claim
                return claim is not None

    def _process(self, attempt: _Try, rejection: Rejected | None, source: Path, work: Path) -> Outcome:
        raw, lane = attempt.claim.raw, self._config.lane
        try:
            if rejection is not None:
                raise rejection
            self._check_size(raw)
            with self._telemetry.phase("download", attempt.phases_ms):
                self._storage.download(raw, source)
        except Rejected as refusal:
            return Outcome.rejected(lane, refusal)
        beside = attempt.beside or Beside()
        given = Source(
            source,
            name=raw.known_as.rpartition("/")[2],
            sidecar=beside.sidecar.content if beside.sidecar else None,
            assets=self._provisions.assets(),
            pseudonym_key=self._provisions.pseudonym_key,
            threads=cores.available(),
        )
        with self._telemetry.phase("process", attempt.phases_ms):
            return run(lane, given, self._config.settings, work)

    def _check_size(self, raw: RawObject) -> None:
        """Refuse before anything is read."""
        if raw.size_bytes == 0:
            raise Rejected("empty")
        if raw.size_bytes > self._config.max_object_bytes:
            raise Rejected("too_large", size_bytes=raw.size_bytes, max_bytes=self._config.max_object_bytes)

    def _commit(self, attempt: _Try, status: str, facts: Mapping[str, Json]) -> str:
        claim = attempt.claim
        if self._storage.may_be_sending:
            claim = replace(claim, unlocks=False)
        return self._told(attempt, self._ledger.settle(claim, status, facts), facts)

    def _told(self, attempt: _Try, status: str, facts: Mapping[str, Json]) -> str:
        self._telemetry.settled(status, attempt.claim.raw, facts)
        return status

    def _facts(self, attempt: _Try, outcome: Outcome) -> Mapping[str, Json]:
        """What the ledger keeps of a settled version."""
        prefix = manifest.prefix_of(attempt.claim.raw.known_as)
        outputs: list[Json] = [
            {"key": prefix + made.name, "bytes": made.size_bytes, "sha256": made.sha256, **made.details}
            for made in outcome.outputs
        ]
        return {
            **({"sidecar_etag": attempt.beside.etag} if attempt.beside else {}),
            **self._measured(attempt, outcome.outputs),
            "outputs": outputs,
            "metadata": dict(outcome.metadata),
            "error_code": outcome.error_code,
            "error": outcome.error,
        }

    def _measured(self, attempt: _Try, outputs: Sequence[Output]) -> Mapping[str, Json]:
        """What one try took, and what it costs."""
        duration_ms, memory_mb = round((time.perf_counter() - attempt.started) * 1000), self._config.memory_mb
        return {
            "bytes_out": sum(output.size_bytes for output in outputs),
            "derivatives": len(outputs),
            "phases_ms": dict(attempt.phases_ms),
            "duration_ms": duration_ms,
            "memory_mb": memory_mb,
            "peak_memory_mb": memory.peak_mb(),
            "cost_usd": cost_usd(self._config.lane, duration_ms, memory_mb, len(outputs)),
        }


def _provenance(raw: RawObject, source: Path, beside: Beside | None) -> dict[str, Json]:
    sidecar = beside.sidecar if beside else None
    read_with: dict[str, Json] = {}
    if sidecar is not None:
        read_with["sidecar"] = {"key": sidecar.known_as, "version_id": sidecar.version_id, "etag": sidecar.etag}
    return {
        "bucket": raw.bucket,
        "key": raw.known_as,
        "version_id": raw.version_id,
        "etag": raw.etag,
        "sequencer": raw.sequencer,
        "bytes": raw.size_bytes,
        "sha256": file_sha256(source) if source.exists() else None,
        **read_with,
    }
