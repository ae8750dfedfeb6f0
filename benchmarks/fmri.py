"""How fast the nifti lane is, from a run to its report, and beside its peers at each step that they do too.

    python -m benchmarks.fmri [ROUNDS]

One phantom of 150 volumes for all. Each variant runs in a process of its own, the peers in environments of their own;
peers that take a second per volume correct only a few volumes of it. Prints the tables of docs/benchmarks.md.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environments import CACHE, PEERS, ROOT, python_of
from benchmarks.fmri_accuracy import Accuracy, accuracy
from scandrop_cli.samples.phantom import Phantom, phantom, write

SEED = 1
LANE = ROOT / "benchmarks" / "peers" / "fmri_variant.py"
SOURCE = CACHE / "sub-01_task-rest_bold.nii.gz"
COMPARED = 7  # volumes that the peers correct, spread over the run
PEER_NAMES = {
    "dipy": "dipy, mutual information",
    "ants": "antspyx, `BOLDRigid`",
    "simpleitk": "SimpleITK, correlation",
    "elastix": "itk-elastix, normalised correlation",
    "nipy": "nipy, `SpaceRealign`",
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    CACHE.mkdir(parents=True, exist_ok=True)
    made = phantom("typical", SEED)
    write(made, SOURCE)
    print(f"{' x '.join(map(str, made.run.shape))}, {SOURCE.stat().st_size / 1e6:.0f} MB, {rounds} rounds, medians\n")
    whole_run(rounds)
    motion_correction(made)
    steps(rounds)


def whole_run(rounds: int) -> None:
    print("| read to report, 2 threads | s | peak MB above the interpreter |\n|---|---|---|")
    found = [lane("whole") for _ in range(rounds)]
    for label, key in (("cold: a fresh process, imports included", "cold"), ("warm: the next run in it", "warm")):
        seconds = statistics.median(each[f"{key}_seconds"] for each in found)
        peak = statistics.median(each[f"{key}_peak_bytes"] for each in found)
        print(f"| {label} | {seconds:.2f} | {peak / 1e6:.0f} |")
    print("\n| where a warm run's time goes | s | share |\n|---|---|---|")
    phases = {name: statistics.median(each["phases"][name] for each in found) for name in found[0]["phases"]}
    for name, seconds in phases.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / sum(phases.values()):.0f} % |")


def motion_correction(made: Phantom) -> None:
    """The peers on a few volumes of the run, Scandrop on all of them; errors over the same few."""
    few, whole, target = CACHE / "few.npz", CACHE / "whole.npz", CACHE / "transforms.npz"
    chosen = np.linspace(0, made.run.shape[3] - 1, COMPARED).round().astype(int)
    np.savez(few, run=made.run[..., chosen], affine=made.affine)
    np.savez(whole, run=made.run, affine=made.affine)
    print("\n| motion correction | ms per volume | Scandrop is | RMSE mm | RMSE deg |\n|---|---|---|---|---|")
    seconds, transforms = corrected([sys.executable], "scandrop", whole, target)
    print(motion_row("**Scandrop**", seconds, "", errors(made, transforms[chosen], chosen)))
    for peer, label in PEER_NAMES.items():
        taken, transforms = corrected([str(python_of(peer))], peer, few, target)
        times = f"{taken / seconds:.0f} times as fast"
        print(motion_row(label, taken, times, errors(made, transforms, chosen)), flush=True)


def corrected(python: list[str], variant: str, source: Path, target: Path) -> tuple[float, Any]:
    said = json.loads(run([*python, str(PEERS / "motion_variant.py"), variant, str(source), str(target)]))
    with np.load(target) as found:
        return said["seconds"], found["transforms"]


def errors(made: Phantom, transforms: Any, chosen: Any) -> Accuracy:
    return accuracy("typical", SEED, transforms, made.transforms()[chosen], made.centre_mm())


def motion_row(label: str, seconds: float, times: str, found: Accuracy) -> str:
    return f"| {label} | {1e3 * seconds:.1f} | {times} | {found.rmse_mm:.4f} | {found.rmse_deg:.4f} |"


def steps(rounds: int) -> None:
    print("\n| step, one thread | s | Scandrop is | |\n|---|---|---|---|")
    for name, ours, theirs in (
        ("smoothing by 6 mm", "smooth", "smooth_nilearn"),
        ("writing int16 `.nii.gz`", "write_int16", "write_int16_nibabel"),
        ("writing float32 `.nii.gz`", "write_float32", "write_float32_nibabel"),
    ):
        pairs = [(lane(ours), lane(theirs)) for _ in range(rounds)]
        mine, other = (statistics.median(pair[n]["seconds"] for pair in pairs) for n in (0, 1))
        print(f"| {name}, Scandrop | {mine:.2f} | | {pairs[0][0].get('note', '')} |")
        peer = "nilearn" if "smooth" in ours else "`nib.save`"
        print(f"| {name}, {peer} | {other:.2f} | {other / mine:.1f} times as fast | {pairs[0][1].get('note', '')} |")


def lane(variant: str) -> dict[str, Any]:
    return dict(json.loads(run([sys.executable, str(LANE), variant, str(SOURCE)])))


def run(command: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


if __name__ == "__main__":
    main()
