"""How well the nifti lane corrects motion, on phantoms whose motion is known.

    python -m benchmarks.fmri_accuracy [--seeds N] [--json]

Runs every scenario of `phantom` with fresh seeds through the lane's own reference and realignment, prints the
table of docs/benchmarks.md and fails where a target is missed.
"""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the function: the lane's own threads are all there are

import numpy as np
from scipy.spatial.transform import Rotation

from benchmarks.fmri_epi import epi_phantom
from scandrop.processors.nifti._motion import Realigner, realign_run
from scandrop.processors.nifti._reference import choose_reference
from scandrop.processors.nifti._resample import Resampler
from scandrop_cli.samples.head import Array, Volume
from scandrop_cli.samples.phantom import SCENARIOS, TR_S, Phantom, phantom

SPHERE_MM = 80.0
POWER_MM = 50.0  # the radius at which framewise displacement turns rotations into mm
SCRUB_MM = 0.5
CONTRAST_MARGIN = 0.002  # between the motion found and the true one
EARLY = 12  # volumes that the reference is chosen from
EPI, MOTIONLESS = "epi", "motionless"
ALL = [*SCENARIOS, EPI, MOTIONLESS]


HEAD = """\
| scenario | seed | RMSE mm | RMSE deg | 80 mm sphere | residual FD mm | worst mm | worst deg | contrast % | true % |
|---|---|---|---|---|---|---|---|---|---|"""


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
    worst_mm, worst_deg: at the worst volume.
    contrast: how far the activation's contrast is from the motionless run's, as a share of it.
    true_contrast: the same of the run corrected by its true motion. What is left there, above all spin history that
    chances to follow the blocks, no rigid correction can take out.
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
    true_contrast: float = np.nan

    def misses(self) -> list[str]:
        target = TARGETS.get(self.scenario, Targets())
        measured = (
            ("RMSE in mm", self.rmse_mm, target.rmse),
            ("RMSE in degrees", self.rmse_deg, target.rmse),
            ("residual framewise displacement in mm", self.displacement_mm, target.displacement_mm),
            ("deviation of the activation's contrast", abs(self.contrast), self._reachable(target.contrast)),
        )
        return [f"{what} is {value:.4f}, more than {most:.4f}" for what, value, most in measured if value > most]

    def _reachable(self, contrast: float) -> float:
        return max(contrast, np.nan_to_num(abs(self.true_contrast)) + CONTRAST_MARGIN)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="fresh seeds per scenario")
    parser.add_argument("--json", action="store_true", help="print one JSON object per run")
    parser.add_argument("--only", nargs="*", choices=ALL, default=ALL)
    arguments = parser.parse_args()
    if not arguments.json:
        print(HEAD)
    missed = []
    for scenario in arguments.only:
        for _ in range(arguments.seeds):
            found = measured(scenario, secrets.randbits(32))
            print(json.dumps(asdict(found)) if arguments.json else row(found), flush=True)
            missed += [f"{scenario}, seed {found.seed}: {miss}." for miss in found.misses()]
    print(*missed, sep="\n", file=sys.stderr)
    return bool(missed)


def row(found: Accuracy) -> str:
    contrasts = ("" if np.isnan(each) else f"{100 * each:+.2f}" for each in (found.contrast, found.true_contrast))
    return (
        f"| {found.scenario} | {found.seed} | {found.rmse_mm:.4f} | {found.rmse_deg:.4f} | {found.sphere_mm:.4f} "
        f"| {found.displacement_mm:.4f} | {found.worst_mm:.4f} | {found.worst_deg:.4f} | {' | '.join(contrasts)} |"
    )


def measured(scenario: str, seed: int) -> Accuracy:
    """The accuracy of the lane on one run of a scenario."""
    jumps = scenario.startswith("jump")
    if scenario == MOTIONLESS:
        made = phantom("still", seed)
        made = replace(made, run=made.motionless(), poses=np.repeat(made.poses[:1], len(made.poses), axis=0))
    else:
        made = epi_phantom(seed) if scenario == EPI else phantom(scenario, seed, volumes=20 if jumps else 150)
    run = np.rint(made.run)  # as it is stored
    early = [np.asfortranarray(run[..., t]) for t in range(EARLY)]
    reference = choose_reference(early, run.mean(axis=(0, 1, 2)))
    transforms, corrected = realigned(run, reference.volume, made.affine)
    true = made.transforms(reference.index)
    found = accuracy(scenario, seed, transforms, true, made.centre_mm(reference.index))
    if jumps:  # too short for blocks
        return found
    ideal = moved_back(run, true, made.affine)
    contrast, true_contrast = (relative_contrast(each, made, reference.index) - 1 for each in (corrected, ideal))
    return replace(found, contrast=contrast, true_contrast=true_contrast)


def realigned(run: Volume, reference: Volume, affine: Array) -> tuple[Array, Volume]:
    """The transforms that the lane finds, and the run that it corrects."""
    volumes = (np.asfortranarray(run[..., t]) for t in range(run.shape[3]))
    transforms, corrected = [], np.empty_like(run, order="F")
    for t, found in enumerate(realign_run(volumes, Realigner(reference, affine), os.cpu_count() or 1)):
        transforms.append(found.transform)
        corrected[..., t] = found.volume
    return np.stack(transforms), corrected


def moved_back(run: Volume, transforms: Array, affine: Array) -> Volume:
    """The run, resampled as the lane does it by given transforms."""
    resampler, moved = Resampler(run.shape[:3]), np.empty_like(run, order="F")
    for t, to_source in enumerate(np.linalg.inv(affine) @ transforms @ affine):
        moved[..., t] = resampler.resample(np.asfortranarray(run[..., t]), to_source, resampler.order(to_source))
    return moved


def accuracy(scenario: str, seed: int, estimated: Array, true: Array, centre_mm: Array) -> Accuracy:
    left = motion(np.linalg.inv(true) @ estimated, centre_mm)  # none where the estimate is right
    mm, radians = np.linalg.norm(left, axis=2).T
    return Accuracy(
        scenario,
        seed,
        rmse_mm=_root_mean(mm**2),
        rmse_deg=float(np.rad2deg(_root_mean(radians**2))),
        sphere_mm=_root_mean(mm**2 + SPHERE_MM**2 / 5 * 8 * np.sin(radians / 2) ** 2),  # Jenkinson 1999
        displacement_mm=float(displacement_mm(left).mean()),
        worst_mm=float(mm.max()),
        worst_deg=float(np.rad2deg(radians.max())),
    )


def motion(transforms: Array, centre_mm: Array) -> Array:
    """(nt, 2, 3): how far the centre moves, in mm, and the rotation vectors, in radians."""
    moved_mm = transforms[:, :3, :3] @ centre_mm + transforms[:, :3, 3] - centre_mm
    return np.stack([moved_mm, Rotation.from_matrix(transforms[:, :3, :3]).as_rotvec()], axis=1)


def displacement_mm(motions: Array) -> Array:
    """(nt,): framewise displacement of Power 2012, 0 at the first volume."""
    return np.abs(np.diff(motions, axis=0, prepend=motions[:1])).sum(axis=2) @ [1.0, POWER_MM]


def relative_contrast(corrected: Volume, made: Phantom, index: int) -> float:
    """The activation's contrast in a corrected run against that of the run whose head never moved.

    Both are analysed alike, as one would: beside a constant, cosines down to 128 s and the true motion,
    without the volumes that framewise displacement scrubs.
    """
    active, motions = made.active(index), motion(made.transforms(index), made.centre_mm(index))
    kept = displacement_mm(motions) <= SCRUB_MM
    design = np.column_stack(
        [made.regressor, np.ones(len(kept)), *cosines(len(kept)), motions.reshape(len(kept), 6)],
    )[kept]
    return contrast(corrected[active][:, kept], design) / contrast(made.motionless(index)[active][:, kept], design)


def contrast(series: Volume, design: Array) -> float:
    """The mean effect of the design's first column on series (n, nt), as a share of the mean signal."""
    found = np.linalg.lstsq(design, series.T.astype(np.float64), rcond=None)[0]
    return float(found[0].mean() / series.mean())


def cosines(volumes: int) -> Iterator[Array]:
    order = int(2 * volumes * TR_S / 128)
    return (np.cos(np.pi * k * (np.arange(volumes) + 0.5) / volumes) for k in range(1, order + 1))


def _root_mean(squares: Array) -> float:
    return float(np.sqrt(squares.mean()))


if __name__ == "__main__":
    sys.exit(main())
