"""How well the nifti lane corrects motion, on phantoms whose motion is known.

    python -m benchmarks.fmri_accuracy [--seeds N] [--json]

Runs every scenario of `fmri_phantom` with fresh seeds through the lane's own reference and realignment, prints the
table of docs/benchmarks.md and fails where a target is missed.
"""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the function: the lane's own threads are all there are

import numpy as np
from scipy.spatial.transform import Rotation

from benchmarks.fmri_phantom import SCENARIOS, TR_S, Array, Phantom, Volume, phantom
from scandrop.processors.nifti._motion import Realigner, realign_run
from scandrop.processors.nifti._reference import choose_reference

SPHERE_MM = 80.0
POWER_MM = 50.0  # the radius at which framewise displacement turns rotations into mm
EARLY = 12  # volumes that the reference is chosen from
MOTIONLESS = "motionless"


@dataclass(frozen=True)
class Targets:
    rmse: float = 0.03  # mm and degrees
    displacement_mm: float = np.inf
    contrast: float = np.inf


TARGETS = {
    "typical": Targets(rmse=0.008, displacement_mm=0.015, contrast=0.02),
    **{name: Targets(contrast=0.02) for name in ("still", "noisy", "large")},
    MOTIONLESS: Targets(rmse=0.008, displacement_mm=0.015, contrast=0.02),
    "jump-12": Targets(rmse=np.inf),
    "jump-16": Targets(rmse=np.inf),
}


@dataclass(frozen=True)
class Accuracy:
    """How far estimated transforms lie from the true ones.

    rmse_mm: of the displacement at the head's centre. rmse_deg: of the angle of rotation between the two.
    sphere_mm: RMSE of the displacement over a sphere of 80 mm about that centre.
    displacement_mm: mean framewise displacement (Power 2012, 50 mm) of the motion that is left.
    worst_mm, worst_deg: at the worst volume. contrast: of the activation against the motionless run's, 1 where equal.
    """

    scenario: str
    seed: int
    rmse_mm: float
    rmse_deg: float
    sphere_mm: float
    displacement_mm: float
    worst_mm: float
    worst_deg: float
    contrast: float = np.nan

    def misses(self) -> list[str]:
        target = TARGETS.get(self.scenario, Targets())
        measured = (
            ("RMSE in mm", self.rmse_mm, target.rmse),
            ("RMSE in degrees", self.rmse_deg, target.rmse),
            ("residual framewise displacement in mm", self.displacement_mm, target.displacement_mm),
            ("deviation of the activation's contrast", abs(self.contrast - 1), target.contrast),
        )
        return [f"{what} is {value:.4f}, more than {most}" for what, value, most in measured if value > most]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="fresh seeds per scenario")
    parser.add_argument("--json", action="store_true", help="print one JSON object per run")
    parser.add_argument("--only", nargs="*", choices=[*SCENARIOS, MOTIONLESS], default=[*SCENARIOS, MOTIONLESS])
    arguments = parser.parse_args()
    if not arguments.json:
        print(
            "| scenario | seed | RMSE mm | RMSE deg | 80 mm sphere | residual FD mm | worst mm | worst deg | contrast |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
    missed = []
    for scenario in arguments.only:
        for _ in range(arguments.seeds):
            found = measured(scenario, secrets.randbits(32))
            print(json.dumps(asdict(found)) if arguments.json else row(found), flush=True)
            missed += [f"{scenario}, seed {found.seed}: {miss}." for miss in found.misses()]
    print(*missed, sep="\n", file=sys.stderr)
    return bool(missed)


def row(found: Accuracy) -> str:
    contrast = "" if np.isnan(found.contrast) else f"{100 * (found.contrast - 1):+.2f} %"
    return (
        f"| {found.scenario} | {found.seed} | {found.rmse_mm:.4f} | {found.rmse_deg:.4f} | {found.sphere_mm:.4f} "
        f"| {found.displacement_mm:.4f} | {found.worst_mm:.4f} | {found.worst_deg:.4f} | {contrast} |"
    )


def measured(scenario: str, seed: int) -> Accuracy:
    """The accuracy of the lane on one run of a scenario."""
    jump = scenario.startswith("jump")
    made = phantom("still" if scenario == MOTIONLESS else scenario, seed, volumes=20 if jump else 150)
    run = np.rint(made.motionless() if scenario == MOTIONLESS else made.run)
    early = [np.asfortranarray(run[..., t]) for t in range(EARLY)]
    reference = choose_reference(early, run.mean(axis=(0, 1, 2)))
    transforms, corrected = realigned(run, reference.volume, made.affine)
    index = 0 if scenario == MOTIONLESS else reference.index
    true = np.repeat(np.eye(4)[None], len(made.poses), axis=0) if scenario == MOTIONLESS else made.transforms(index)
    contrast = np.nan if jump else relative_contrast(corrected, made, index)
    return accuracy(scenario, seed, transforms, true, made.centre_mm(index), contrast)


def realigned(run: Volume, reference: Volume, affine: Array) -> tuple[Array, Volume]:
    """The transforms that the lane finds, and the run that it corrects."""
    volumes = (np.asfortranarray(run[..., t]) for t in range(run.shape[3]))
    transforms, corrected = [], np.empty_like(run, order="F")
    for t, found in enumerate(realign_run(volumes, Realigner(reference, affine), os.cpu_count() or 1)):
        transforms.append(found.transform)
        corrected[..., t] = found.volume
    return np.stack(transforms), corrected


def accuracy(
    scenario: str, seed: int, estimated: Array, true: Array, centre_mm: Array, contrast: float = np.nan
) -> Accuracy:
    left = np.linalg.inv(true) @ estimated  # reference -> reference, the identity where the estimate is right
    turned = Rotation.from_matrix(left[:, :3, :3]).as_rotvec()
    moved_mm = left[:, :3, :3] @ centre_mm + left[:, :3, 3] - centre_mm
    mm, degrees = np.linalg.norm(moved_mm, axis=1), np.rad2deg(np.linalg.norm(turned, axis=1))
    spread = ((left[:, :3, :3] - np.eye(3)) ** 2).sum(axis=(1, 2))  # Jenkinson 1999: over a sphere
    steps = np.abs(np.diff(moved_mm, axis=0)).sum(axis=1) + POWER_MM * np.abs(np.diff(turned, axis=0)).sum(axis=1)
    return Accuracy(
        scenario,
        seed,
        rmse_mm=_root_mean(mm**2),
        rmse_deg=_root_mean(degrees**2),
        sphere_mm=_root_mean(mm**2 + SPHERE_MM**2 / 5 * spread),
        displacement_mm=float(steps.mean()),
        worst_mm=float(mm.max()),
        worst_deg=float(degrees.max()),
        contrast=contrast,
    )


def relative_contrast(corrected: Volume, made: Phantom, index: int) -> float:
    """The activation's contrast in a corrected run against that of the run whose head never moved."""
    active = made.active(index)
    return contrast(corrected[active], made.regressor) / contrast(made.motionless(index)[active], made.regressor)


def contrast(series: Volume, regressor: Array) -> float:
    """The mean rise with the regressor, as a share of the mean signal, beside a constant and cosines down to 128 s."""
    design = np.column_stack([regressor, np.ones(len(regressor)), *cosines(len(regressor))])
    found = np.linalg.lstsq(design, series.T.astype(np.float64), rcond=None)[0]
    return float(found[0].mean() / series.mean())


def cosines(volumes: int) -> Iterator[Array]:
    order = int(2 * volumes * TR_S / 128)
    return (np.cos(np.pi * k * (np.arange(volumes) + 0.5) / volumes) for k in range(1, order + 1))


def _root_mean(squares: Array) -> float:
    return float(np.sqrt(squares.mean()))


if __name__ == "__main__":
    sys.exit(main())
