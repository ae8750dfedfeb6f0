"""Stand-ins for the processors: what they make depends on the object's bytes and its sidecar alone, as the real ones'.

A scan is ``<MAGIC>|<text>|<names of its derivatives>``; one whose text begins with ``bad`` is rejected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scandrop.errors import Rejected
from scandrop.processors import Derivative, Result, Source

_MAGIC = {"image": b"IMG|", "nifti": b"NII|", "dicom": b"DCM|", "record": b"["}

working: list[Callable[[], None]] = []  # what a processor does with its time, as the run says


@dataclass(frozen=True)
class Settings:
    """None of them matters here."""


class _Processor:
    Settings = Settings

    def __init__(self, lane: str) -> None:
        self._magic = _MAGIC[lane]

    def sniff(self, head: bytes) -> str | None:
        return "scan" if head.startswith(self._magic) else None

    def process(self, source: Source, _settings: object, work: Path) -> Result:
        for take_time in working:
            take_time()
        made = []
        for name, content in derivatives_of(source.path.read_bytes(), source.sidecar).items():
            (work / name).write_bytes(content)
            made.append(Derivative(name, work / name, "text/plain"))
        return Result(made, {})


_PROCESSORS = {lane: _Processor(lane) for lane in _MAGIC}


def of(lane: str) -> _Processor:
    """The stand-in that works for a lane."""
    return _PROCESSORS[lane]


def scan(lane: str, text: str, names: str) -> bytes:
    """The bytes of a scan."""
    return _MAGIC[lane] + f"{text}|{names}".encode()


def derivatives_of(content: bytes, sidecar: bytes | None) -> dict[str, bytes]:
    """What becomes of an object. Raises `Rejected` where nothing can."""
    if content.startswith(b"{"):  # a sidecar by itself
        return {}
    _, text, names = content.decode().split("|")
    if text.startswith("bad"):
        raise Rejected("nifti_constant")
    beside = sidecar.decode() if sidecar else "nothing"
    return {name: f"{name} of {text} with {beside}".encode() for name in names.split(",") if name}
