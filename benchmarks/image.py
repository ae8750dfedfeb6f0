"""How fast the image lane is beside its peers, on a 24-megapixel JPEG that this script makes.

    python benchmarks/image.py [ROUNDS]

Each variant runs in a process and an environment of its own; one round runs each once, so that a busy machine
is busy for all of them. Prints the tables of docs/benchmarks.md.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
CACHE = ROOT / "build" / "bench"
VARIANT = PEERS / "image_variant.py"
SIZE = (6000, 4000)


@dataclass
class Figures:
    seconds: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    pixels: bytes = b""

    @property
    def median_seconds(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_megabytes(self) -> float:
        return statistics.median(self.peak_bytes) / 1e6


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    photograph, warm_up = samples()
    resizers = {
        "Pillow, decode and resize": here("pillow_plain"),
        "Pillow, `thumbnail`": here("pillow_thumbnail"),
        "Scandrop": here("scandrop"),
        **peers(),
    }
    print(f"{SIZE[0]} x {SIZE[1]} JPEG of {photograph.stat().st_size / 1e6:.1f} MB, {rounds} rounds, medians\n")
    resized = measured(resizers, photograph, warm_up, rounds, cores=os.cpu_count() or 1)
    plain = resized["Pillow, decode and resize"]
    print("| to 800 x 600 | ms | times as fast | peak MB | share of memory | PSNR dB |")
    print("|---|---|---|---|---|---|")
    for name, figures in resized.items():
        print(
            f"| {name} | {1e3 * figures.median_seconds:.0f} | {plain.median_seconds / figures.median_seconds:.2f} "
            f"| {figures.median_megabytes:.0f} | {figures.median_megabytes / plain.median_megabytes:.2f} "
            f"| {psnr(figures, plain)} |"
        )
    print("\n| all derivatives, written | ms | of one full decode | peak MB |\n|---|---|---|---|")
    for cores in range(1, (os.cpu_count() or 1) + 1)[:2]:
        whole = {"Pillow, decode only": here("pillow_decode"), "Scandrop": here("scandrop_all")}
        figures_of = measured(whole, photograph, warm_up, rounds, cores=cores)
        decode = figures_of["Pillow, decode only"].median_seconds
        for name, figures in figures_of.items():
            print(
                f"| {name}, {cores} core{'s'[: cores - 1]} | {1e3 * figures.median_seconds:.0f} "
                f"| {figures.median_seconds / decode:.2f} | {figures.median_megabytes:.0f} |"
            )


def samples() -> tuple[Path, Path]:
    """A retinal photograph enlarged to 24 megapixels, with the grain that a camera of that size has; a small one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    photograph, warm_up = CACHE / "24mp.jpg", CACHE / "small.jpg"
    with Image.open(Path(skimage.__file__).parent / "data" / "retina.jpg") as retina:
        retina.resize((120, 80)).save(warm_up)
        large = np.asarray(retina.resize(SIZE, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(0).normal(0, 5, large.shape).astype(np.int16)
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(photograph, quality=95)
    return photograph, warm_up


def here(variant: str) -> list[str]:
    return [sys.executable, str(VARIANT), variant]


def peers() -> dict[str, list[str]]:
    """The commands of those peers that can be installed here."""
    found: dict[str, list[str]] = {}
    for name, label, variant in (
        ("pyvips", "pyvips, `thumbnail`", "pyvips_thumbnail"),
        ("opencv", "OpenCV, reduced decoding and area", "opencv_reduced"),
    ):
        python = CACHE / name / "bin" / "python"
        if not python.exists():
            run([sys.executable, "-m", "venv", str(CACHE / name)])
            run([str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(PEERS / f"{name}.txt")])
        found[label] = [str(python), str(VARIANT), variant]
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        print("sharp is left out: install Node.js to compare with it.\n")
        return found
    folder = CACHE / "sharp"
    if not (folder / "node_modules").exists():
        shutil.copytree(PEERS / "sharp", folder, dirs_exist_ok=True)
        run([npm, "ci", "--silent", "--prefix", str(folder)])
    return {**found, "sharp": [node, str(folder / "image_variant.mjs")]}


def measured(
    commands: dict[str, list[str]], photograph: Path, warm_up: Path, rounds: int, *, cores: int
) -> dict[str, Figures]:
    results = {name: Figures() for name in commands}
    pixels = CACHE / "pixels"
    for _ in range(rounds):
        for name, command in commands.items():
            output = run([*command, str(photograph), str(warm_up), str(pixels)], cores=cores)
            said = json.loads(output)
            figures = results[name]
            figures.seconds.append(said["seconds"])
            figures.peak_bytes.append(said["peak_bytes"])
            figures.size, figures.pixels = tuple(said["size"]), pixels.read_bytes()
    return results


def psnr(figures: Figures, reference: Figures) -> str:
    if figures is reference:
        return "reference"
    if figures.size != reference.size:
        return f"{figures.size[0]} x {figures.size[1]}, not comparable"
    one, other = (np.frombuffer(each.pixels, np.uint8).astype(float) for each in (figures, reference))
    return f"{10 * np.log10(255**2 / np.mean((one - other) ** 2)):.1f}"


def run(command: list[str], *, cores: int | None = None) -> str:
    def pin() -> None:
        if cores:
            os.sched_setaffinity(0, set(range(cores)))

    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=pin)
    return done.stdout


if __name__ == "__main__":
    main()
