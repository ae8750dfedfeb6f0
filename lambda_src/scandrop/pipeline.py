"""The way of one object version through its lane. The order of side effects stands in `Pipeline._carry_through`."""

import errno
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scandrop import cores, manifest, memory
from scandrop.config import Config
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

_LEASE_MARGIN_S = 30.0  # past the function's own end, so that no lease runs out under a living owner


@dataclass(frozen=True)
class Beside:
    """What lies beside a run in the raw bucket."""

    sidecar: Sidecar | None = None

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

        Returns ``succeeded``, ``rejected``, ``superseded``, or ``settled`` for a version that was settled before.
        Raises `Failed` where a later try may do what this one could not. With a `rejection` the object is not
        read: the verdict is only recorded. Where what lies beside it was `seen`, a version that was settled with
        another sidecar is processed again; `look` is called for what counts once the version is claimed.
        """
        facts: dict[str, Json] = {"package_version": package_version(), "request_id": request_id}
        if seen is not None:
            facts["sidecar_etag"] = seen.etag
        claim = self._ledger.claim(
            raw,
            lane=self._config.lane,
            owner=str(uuid.uuid4()),
            lease_s=remaining_s + _LEASE_MARGIN_S,
            facts=facts,
        )
        if isinstance(claim, Declined):
            if claim.reason == "leased":
                raise Failed("leased")
            return claim.reason
        memory.forget_peak()
        attempt = _Try(claim)
        try:
            attempt.beside = look() if seen else None
            return self._carry_through(attempt, rejection)
        except Exception as error:  # whatever broke, the claim must not outlive the try
            failure = _failure_of(error)
            self._ledger.release(claim, failure, self._measured(attempt, []))
            raise failure from error

    def _carry_through(self, attempt: _Try, rejection: Rejected | None) -> str:
        """Read, process, write derivatives, write the manifest last, clear away what is stale, commit."""
        raw = attempt.claim.raw
        with tempfile.TemporaryDirectory() as folder:
            source, work = Path(folder, "source"), Path(folder, "work")
            work.mkdir()
            outcome = self._process(attempt, rejection, source, work)
            if not self._ledger.is_current(raw):
                return self._told(attempt, self._ledger.supersede(attempt.claim), self._measured(attempt, []))
            standing = None if attempt.claim.first_of_key else self._storage.manifest_of(raw.known_as)
            stale = manifest.names(standing.content if standing else None) - {output.name for output in outcome.outputs}
            with self._telemetry.phase("upload", attempt.phases_ms):
                stored = self._storage.put_outputs(raw, outcome)
                content = manifest.build(
                    source=_provenance(raw, source, attempt.beside),
                    outcome=outcome,
                    settings=self._config.settings,
                    stored=stored,
                    replaces=stale,
                )
                self._storage.put_manifest(raw, content, standing)
                self._storage.remove(raw, sorted(stale))
        return self._commit(attempt, outcome)

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

    def _commit(self, attempt: _Try, outcome: Outcome) -> str:
        facts = self._facts(attempt, outcome)
        return self._told(attempt, self._ledger.settle(attempt.claim, outcome.status, facts), facts)

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
            "billed_ms": duration_ms,
            "memory_mb": memory_mb,
            "peak_memory_mb": memory.peak_mb(),
            "cost_usd": cost_usd(self._config.lane, duration_ms, memory_mb, len(outputs)),
        }


def _failure_of(error: Exception) -> Failed:
    if isinstance(error, Failed):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failed("disk_full")
    return Failed("unexpected", exception=type(error).__name__)


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
