"""What the pseudonyms of one raw object stand for, for whoever has the object and the key. No lane asks."""

import tempfile
from pathlib import Path

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._identities import identities
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._warnings import Warned
from scandrop.pseudonyms import Pseudonyms


def originals_in(path: Path, pseudonyms: Pseudonyms, settings: Settings) -> dict[str, tuple[str, str]]:
    """By kind (``patient_id``, ``study_instance_uid``, …): the original, "" where there is none, and its pseudonym.

    Raises `Rejected` where the file cannot be read as DICOM.
    """
    with tempfile.TemporaryDirectory() as scratch:
        file = read(path, Path(scratch), Warned(), max_bytes=settings.max_decoded_bytes)
        return identities(file.dataset, pseudonyms, settings)
