"""Pixels that are compressed, frame by frame: what each says of itself is held against the header, then decoded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import batched, groupby
from typing import Any, Final

from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._codestream import Codestream
from scandrop.processors.dicom._dataset import Syntax
from scandrop.processors.dicom._decoders import Decoder, Job, decoder_of, halved
from scandrop.processors.dicom._fragments import Frames, joined
from scandrop.processors.dicom._isolated import isolated
from scandrop.processors.dicom._layout import SUBSAMPLED, Layout
from scandrop.processors.dicom._native import Samples
from scandrop.processors.dicom._warnings import Warned

BATCH_BYTES: Final = 128_000_000  # of decoded frames that one process makes
LEAST_S: Final = 20.0
S_PER_MEGASAMPLE: Final = 1.0  # seven times what lossless JPEG 2000, the slowest, takes

type Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Compressed:
    """The frames of one encapsulated value, as the fragments of each."""

    layout: Layout
    frames: Frames
    decoder: Decoder
    warned: Warned

    @staticmethod
    def of(layout: Layout, frames: Frames, syntax: Syntax, warned: Warned) -> "Compressed":
        """Raises `Rejected` for a syntax that none decodes, or a first frame that is not what the header says."""
        compressed = Compressed(layout, frames, decoder_of(syntax, joined(frames[0]), layout), warned)
        compressed.job(0)
        return compressed

    def job(self, index: int, at_least: Size | None = None) -> Job:
        """What is to be decoded. Raises `Rejected` where the frame says something else than the object's header."""
        data = joined(self.frames[index])
        said = self.decoder.look(data, self.layout)
        if said is None:
            raise Rejected("dicom_pixels_damaged", decoder=self.decoder.name)
        _check(said, self.layout)
        if not said.whole:
            raise Rejected("dicom_pixels_damaged", decoder=self.decoder.name)
        return Job(data, self.layout, said, self._colour(said), _reduction(said, self.layout, at_least))

    def has_room(self, index: int) -> bool:
        """Whether the frame's samples could have bits beside the stored ones; lossy ones that do are only inexact."""
        said = self.job(index).codestream
        return self.decoder.packed or (said.precision > self.layout.stored and not said.lossy)

    def decoded(self, indices: Iterable[int], at_least: Size | None) -> Iterator[tuple[Job, Samples]]:
        """Frames in that order, as many at a time as one process may make."""
        jobs = (self.job(index, at_least) for index in indices)
        for (shape, dtype), alike in groupby(jobs, lambda job: (job.shape, self.decoder.dtype(job))):
            many = max(1, BATCH_BYTES // (shape[0] * shape[1] * shape[2] * dtype.itemsize))
            for batch in batched(alike, many if not self.decoder.safe else 1):
                yield from self._batch(batch)

    def _batch(self, jobs: tuple[Job, ...]) -> Iterator[tuple[Job, Samples]]:
        try:
            samples = self._here(jobs[0]) if self.decoder.safe else self._apart(jobs)
        except Rejected as rejection:
            if rejection.code != "dicom_pixels_damaged" or not jobs[0].reduction:
                raise
            # a tile may have fewer levels than the main header says
            jobs = tuple(replace(job, reduction=0) for job in jobs)
            samples = self._apart(jobs)
        return zip(jobs, samples, strict=True)

    def _here(self, job: Job) -> list[Samples]:
        try:
            return [self.decoder.decode(job)]
        except ImportError:
            raise
        except Exception as error:
            raise Rejected("dicom_pixels_damaged", decoder=self.decoder.name) from error

    def _apart(self, jobs: tuple[Job, ...]) -> NDArray[Any]:
        def fill(result: NDArray[Any]) -> None:
            for place, job in zip(result, jobs, strict=True):
                place[...] = self.decoder.decode(job)

        shape = (len(jobs), *jobs[0].shape)
        seconds = LEAST_S + S_PER_MEGASAMPLE * len(jobs) * self.layout.frame_samples / 1e6
        return isolated(fill, shape, self.decoder.dtype(jobs[0]), seconds, self.decoder.name)

    def _colour(self, said: Codestream) -> str:
        """What the samples are by the data itself, else by the header: encoders write the former, people the latter."""
        header = self.layout.photometric
        if self.layout.samples == 1 or said.colour in (None, header) or _alike(said.colour, header):
            return header
        if not any(caution.code == "dicom_colour_differs" for caution in self.warned):
            self.warned.add("dicom_colour_differs", said=said.colour, header=header)
        return said.colour


def _alike(said: str | None, header: str) -> bool:
    return said == "YBR_FULL" and header in SUBSAMPLED


def _check(said: Codestream, layout: Layout) -> None:
    for keyword, found, expected in (
        ("Rows", said.rows, layout.rows),
        ("Columns", said.columns, layout.columns),
        ("SamplesPerPixel", said.components, layout.samples),
    ):
        if found != expected:
            raise Rejected("dicom_codestream_differs", keyword=keyword)
    if not 1 <= said.precision <= layout.allocated:
        raise Rejected("dicom_codestream_differs", keyword="BitsAllocated")


def _reduction(said: Codestream, layout: Layout, at_least: Size | None) -> int:
    """How often the size can be halved without falling below `at_least`."""
    if at_least is None or not _can_be_averaged(said, layout):
        return 0
    rows, columns = at_least
    fit = (
        times
        for times in range(said.levels, 0, -1)
        if halved(said.rows, times) >= rows and halved(said.columns, times) >= columns
    )
    return next(fit, 0)


def _can_be_averaged(said: Codestream, layout: Layout) -> bool:
    """Whether samples are brightness as they are: not a palette's indices, nor bits that mean something else."""
    as_they_are = said.signed == layout.signed and (said.lossy or said.precision <= layout.stored)
    fits_pillow = said.precision <= (16 if said.components == 1 else 8)
    return as_they_are and fits_pillow and layout.photometric != "PALETTE COLOR"
