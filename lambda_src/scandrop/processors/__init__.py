"""The contract of a processor, and which one each lane runs.

A processor is a package named after its lane with three names in it:

``Settings``
    A frozen dataclass with a default for each field. ``Settings(**values)`` raises ``ValueError`` with a
    sentence when a value is out of range.
``sniff(head: bytes) -> str | None``
    The name of the format that these first bytes (up to `SNIFF_BYTES`) begin, or None. Imports nothing that is
    outside the standard library, because the `other` lane calls it without the lane's layer.
``process(source: Source, settings: Settings, work: Path) -> Result``
    Turns one file into derivatives inside the empty folder `work`. Knows no AWS, no clock and no environment.
    Raises `Rejected` for an input that can never succeed.

A new format is one package here, one entry in ``lanes.json`` and one test file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

type Json = bool | int | float | str | list[Json] | Mapping[str, Json] | None

SNIFF_BYTES = 4096
SIDECAR_BYTES = 1 << 20  # a longer JSON file is no sidecar


@dataclass(frozen=True)
class Source:
    """One raw object as its processor is given it.

    path: where its bytes lie; name: the last part of its key.
    sidecar: the bytes of the JSON file that lies beside it in the raw bucket, or None.
    assets: the files that the lane's settings name, by setting; a setting that names none is not among them.
    pseudonym_key: the environment's, or None where the lane makes no pseudonyms.
    threads: how many may work at once without crowding the machine.
    """

    path: Path
    name: str
    sidecar: bytes | None = None
    assets: Mapping[str, Path] = field(default_factory=dict)
    pseudonym_key: bytes | None = field(default=None, repr=False)
    threads: int = 1


@dataclass(frozen=True)
class Derivative:
    """One file that a processor made.

    name: its path under the raw object's key in the processed bucket, such as ``web.webp``.
    path: where it lies now, inside the work folder.
    content_type: the media type that S3 serves it with.
    details: dimensions, format and the like for the ledger; never personal data.
    """

    name: str
    path: Path
    content_type: str
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """All that a processor has to say of one raw object.

    metadata: what a person would query the ledger for; never personal data.
    """

    derivatives: list[Derivative]
    metadata: Mapping[str, Json]
