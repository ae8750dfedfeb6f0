"""Which file lies beside which: a run and its sidecar have the same stem."""

import re

_SUFFIX = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)


def sidecar_name(run: str) -> str:
    """The name, or key, of the sidecar of a run."""
    return _SUFFIX.sub("", run) + ".json"


def run_names(sidecar: str) -> tuple[str, str]:
    """The names, or keys, that the run of a sidecar may have."""
    stem = sidecar[: -len(".json")]
    return f"{stem}.nii.gz", f"{stem}.nii"
