"""Patients and physicians who do not exist."""

from dataclasses import dataclass

import numpy as np

_GIVEN = {
    "F": ("Amara", "Brigitte", "Chiara", "Dorothea", "Eleni", "Farida", "Gudrun", "Hanae", "Ingrid", "Jiřina", "Zoë"),
    "M": (
        "Aurelio",
        "Bartholomew",
        "Cosmin",
        "Dragan",
        "Eamon",
        "Fyodor",
        "Gérard",
        "Hiroshi",
        "Ignacio",
        "Jörg",
        "Yaw",
    ),
}
_FAMILY = (
    *("Abernathy", "Błaszczyk", "Castellanos", "Dziedzic", "Etxeberria", "Fairweather", "Grünwald", "Haugland"),
    *("Ivanovska", "Johannesson", "Kowalczyk", "Lindqvist", "Mukherjee", "Nakagawara", "Oyelaran", "Papadimitriou"),
    *("Quintanilla", "Rasmussen", "Szymański", "Thorvaldsen", "Uwimana", "Vasconcelos", "Weatherby", "Yoshinaga"),
)


@dataclass(frozen=True)
class Person:
    given: str
    family: str
    sex: str

    def __str__(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def dicom(self) -> str:
        return f"{self.family}^{self.given}"


def person(rng: np.random.Generator) -> Person:
    sex = str(rng.choice(["F", "M"]))
    return Person(str(rng.choice(_GIVEN[sex])), str(rng.choice(_FAMILY)), sex)
