"""Pseudonyms in the place of identifiers: those that the dicom lane gives a PatientID, so that the two still meet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


class NotAnIdentifierError(ValueError):
    """A value that is neither text nor a whole number, in the field called `name`."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


@dataclass(frozen=True)
class Identifiers:
    """The fields of a record whose values go through as pseudonyms, and what stands for a text."""

    fields: Sequence[str]
    pseudonym_of: Callable[[str], str]

    def replace(self, name: str, value: object) -> str:
        """What stands for the value of a field; a text that says nothing becomes empty.

        Raises `NotAnIdentifierError`.
        """
        if type(value) is int:  # as True is not
            return self.pseudonym_of(str(value))
        if not isinstance(value, str):
            raise NotAnIdentifierError(name)
        return self.pseudonym_of(value) if value.strip() else ""
