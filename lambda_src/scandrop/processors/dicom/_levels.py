"""Data sets and sequences while they are being read: each knows what encloses it, so nothing recurses."""

from dataclasses import dataclass, field

from scandrop.processors.dicom._dataset import Dataset, Element


@dataclass(slots=True)
class Sequence:
    """A sequence that is being read. end: of its value, or of what encloses it where its length is undefined."""

    tag: int
    end: int
    is_open: bool
    explicit: bool
    parent: "Level"
    depth: int
    items: list[Dataset] = field(default_factory=list)


@dataclass(slots=True)
class Level:
    """A data set that is being filled: the outermost one, or an item of the sequence `within`."""

    end: int
    is_open: bool
    explicit: bool
    within: Sequence | None = None
    last: int = -1
    is_sorted: bool = True
    dataset: Dataset = field(default_factory=dict)

    @property
    def depth(self) -> int:
        return self.within.depth if self.within else 0

    @property
    def place(self) -> int:
        """The tag by which a person finds this data set."""
        return self.within.tag if self.within else max(self.last, 0)

    @property
    def ancestors(self) -> list[Dataset]:
        """The data sets around this one, the nearest first."""
        found, level = [], self
        while level.within is not None:
            level = level.within.parent
            found.append(level.dataset)
        return found

    def put(self, element: Element) -> str | None:
        """Add an element; the warning's code where it is not in its place.

        Lengths of groups (PS3.5 7.2) are left out: they tell nothing that is needed, and would have to be changed.
        """
        tag = element.tag
        if tag > self.last and tag & 0xFFFF:
            self.last = tag
            self.dataset[tag] = element
            return None
        if not tag & 0xFFFF:
            return None
        if tag in self.dataset:
            return "dicom_duplicates"
        self.is_sorted = False
        self.dataset[tag] = element
        return "dicom_unsorted"

    def sort(self) -> None:
        if not self.is_sorted:
            elements = sorted(self.dataset.items())
            self.dataset.clear()
            self.dataset.update(elements)
