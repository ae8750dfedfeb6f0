"""fMRI runs of a block design with BIDS names, whose motion and active regions are known."""

import json
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.spatial.transform import Rotation

from scandrop_cli.samples import Sample, Store
from scandrop_cli.samples.head import ACTIVE_MM, ACTIVE_RADIUS_MM, Array, Shape
from scandrop_cli.samples.phantom import BLOCK_S, TR_S, Phantom, phantom, write

TASK = "fingertapping"
SHAPE: Shape = (64, 64, 32)
VOLUMES = 150
RESPONSE = "seconds**5 * exp(-seconds) / 120"  # `phantom.response`, for who fits a model

_KIND = 3
_SCENARIOS = ("typical", "still", "noisy", "large")  # of the subjects in turn
_COLUMNS = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")


def make(store: Store, seed: int, count: int, shape: Shape = SHAPE, volumes: int = VOLUMES) -> Iterator[Sample]:
    for number in range(1, count + 1):
        scenario = _SCENARIOS[(number - 1) % len(_SCENARIOS)]
        own_seed = int(np.random.default_rng([seed, _KIND, number]).integers(2**32))
        made = phantom(scenario, own_seed, shape=shape, volumes=volumes)
        name = f"sub-{number:02}/func/sub-{number:02}_task-{TASK}_bold.nii.gz"
        write(made, store.drop(name))
        sidecar = name.replace(".nii.gz", ".json")
        _write_sidecar(store.drop(sidecar), shape[2])
        _write_truth(store, name, made)
        yield store.keep(
            name, {"seed": seed, **facts(made, scenario)}, f"{volumes} volumes, {scenario} motion", sidecar
        )


def facts(made: Phantom, scenario: str) -> dict[str, object]:
    """What is true of a run, beside its tables."""
    motion, rise = parameters(made), 100 * made.rise()
    return {
        "phantom_seed": made.seed,
        "scenario": scenario,
        "repetition_time_s": TR_S,
        "block_s": BLOCK_S,
        "response": RESPONSE,
        "pivot_mm": made.centre_mm().round(4).tolist(),
        "farthest_mm": round(float(np.linalg.norm(motion[:, :3], axis=1).max()), 4),
        "farthest_degrees": round(float(np.rad2deg(np.linalg.norm(motion[:, 3:], axis=1).max())), 4),
        "active_regions_mm": [list(centre) for centre in ACTIVE_MM],
        "active_radius_mm": ACTIVE_RADIUS_MM,
        "rise_percent": {
            "max": round(float(rise.max()), 3),
            "median_of_active_mask": round(float(np.median(rise[made.active()])), 3),
        },
    }


def parameters(made: Phantom) -> Array:
    """(nt, 6): mm and radians against the first volume, as the lane's confounds have them, about the head's middle."""
    transforms, pivot_mm = made.transforms(), made.centre_mm()
    moved = transforms[:, :3, :3] @ pivot_mm + transforms[:, :3, 3] - pivot_mm
    return np.column_stack([moved, Rotation.from_matrix(transforms[:, :3, :3]).as_euler("xyz")])


def _write_sidecar(path: Path, slices: int) -> None:
    order = [*range(0, slices, 2), *range(1, slices, 2)]
    timing = {index: place * TR_S / slices for place, index in enumerate(order)}
    sidecar = {
        "TaskName": TASK,
        "RepetitionTime": TR_S,
        "EchoTime": 0.03,
        "FlipAngle": 77,
        "MagneticFieldStrength": 3,
        "Manufacturer": "Scandrop samples",
        "SliceTiming": [round(timing[index], 4) for index in range(slices)],
    }
    path.write_text(json.dumps(sidecar, indent=2) + "\n")


def _write_truth(store: Store, name: str, made: Phantom) -> None:
    """The motion as a table and as matrices, the blocks as BIDS events, and what is active in the first volume."""
    _write_table(store.truth(name, "motion.tsv"), _COLUMNS, parameters(made))
    matrices = (" ".join(f"{value:.10g}" for value in matrix.ravel()) for matrix in made.transforms())
    store.truth(name, "xfm.txt").write_text("\n".join(matrices) + "\n")
    end_s = len(made.poses) * TR_S
    onsets = np.arange(BLOCK_S, end_s, 2 * BLOCK_S)
    events = [f"{onset:g}\t{min(BLOCK_S, end_s - onset):g}\t{TASK}\n" for onset in onsets]
    store.truth(name, "events.tsv").write_text("onset\tduration\ttrial_type\n" + "".join(events))
    for file, values in {"rise_percent": 100 * made.rise(), "active_mask": made.active().astype(np.uint8)}.items():
        nib.save(nib.Nifti1Image(values, made.affine), store.truth(name, f"{file}.nii.gz"))


def _write_table(path: Path, columns: tuple[str, ...], rows: Array) -> None:
    lines = ("\t".join(f"{value:.6f}" for value in row) for row in rows)
    path.write_text("\t".join(columns) + "\n" + "\n".join(lines) + "\n")
