"""Which file lies beside which: a run and its sidecar have the same stem."""

import re

_SUFFIX = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)


def sidecar_name(run: str) -> str:
    """The name, or key, of the sidecar of a run."""
    return _SUFFIX.sub("", run) + ".json"


def is_sidecar_name(name: str) -> bool:
    """Whether a file, or key, of this name may be a sidecar; in small letters alone, as a run looks for it."""
    return name.endswith(".json")


def run_names(sidecar: str) -> list[str]:
    """The names, or keys, that the run of a sidecar may have."""
    stem = sidecar.removesuffix(".json")
    return [stem + suffix for suffix in (".nii.gz", ".nii", ".NII.GZ", ".NII", "")]
