"""fMRI runs of known motion: a head in a simulated scanner, sampled anew at each pose.

Every volume is the head's continuous function at its own pose, so no volume is an interpolation of another and the
truth holds none. Receive field, Rician noise, drift, activation and spin history are added as a scanner adds them.
World coordinates are RAS+ mm.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

from scandrop import cores
from scandrop_cli.samples.head import ACTIVATION, CENTRE_MM, Array, Head, Shape, Volume, icbm152, point_spread

FIELD_OF_VIEW_MM = (192.0, 192.0, 128.0)
TR_S = 2.0
T1_S = 1.33  # grey matter at 3 T
BLOCK_S = 20.0


@dataclass(frozen=True)
class Scenario:
    """How much a subject moves and how noisy the scanner is.

    scale: of the motion, whose greatest excursion is 2 mm and 2 degrees at 1.
    snr: the head's mean signal over the noise's standard deviation.
    jump: mm and degrees by which the head jumps at once, halfway through, and stays.
    """

    scale: float = 1.0
    snr: float = 100.0
    jump: float = 0.0


SCENARIOS = {
    "typical": Scenario(),
    "still": Scenario(scale=0.15),
    "noisy": Scenario(snr=25.0),
    "large": Scenario(scale=2.5),
    **{f"jump-{jump}": Scenario(scale=0.15, jump=jump) for jump in (3, 6, 9, 12, 16)},
}


@dataclass(frozen=True)
class Phantom:
    """A run, and all that is true of it.

    run: float32 (nx, ny, nz, nt), Fortran order, the magnitude image that the scanner stores.
    affine: 4x4, voxel index -> world.
    poses: (nt, 4, 4), a point of the head's space -> where it lay in the world in each volume.
    regressor: (nt,), the activation's course, 1 at its height.
    """

    run: Volume
    affine: Array
    poses: Array
    regressor: Array
    seed: int
    scanner: "Scanner" = field(repr=False)

    def transforms(self, reference: int = 0) -> Array:
        """(nt, 4, 4): world point in the reference volume -> world point in each volume where the anatomy then lay."""
        return self.poses @ np.linalg.inv(self.poses[reference])

    def centre_mm(self, reference: int = 0) -> Array:
        """(3,): where the head's centre lay in the reference volume."""
        return (self.poses[reference] @ [*self.scanner.head.centre_mm, 1.0])[:3]

    def motionless(self, reference: int = 0) -> Volume:
        """The same run, noise and all, had the head kept its pose of the reference volume."""
        return self.scanner.run(np.repeat(self.poses[reference][None], len(self.poses), axis=0))

    def rise(self, reference: int = 0) -> Volume:
        """(nx, ny, nz): by what share of itself each voxel of the reference volume rises; 0 outside of the head."""
        rest, rise = self.scanner.still(self.poses[reference])
        return np.divide(rise, rest, out=np.zeros_like(rise), where=rest > rest.max() / 4)

    def active(self, reference: int = 0) -> npt.NDArray[np.bool_]:
        """(nx, ny, nz): the voxels that rise by at least half of `ACTIVATION`."""
        return self.rise(reference) > ACTIVATION / 2


def phantom(
    scenario: str = "typical",
    seed: int | None = None,
    *,
    shape: Shape = (64, 64, 32),
    volumes: int = 150,
    affine: Array | None = None,
    non_steady: int = 0,
) -> Phantom:
    """A run of a scenario; the same one for the same seed, a fresh one without.

    affine: voxel index -> world; without it the grid fills the field of view (3 x 3 x 4 mm at 64 x 64 x 32, LAS).
    non_steady: how many of the first volumes are brighter because the spins have not yet reached a steady state.
    """
    seed = secrets.randbits(32) if seed is None else seed
    affine = covering(shape) if affine is None else affine
    head, what = icbm152(point_spread(affine)), SCENARIOS[scenario]
    return scanned(Scanner(head, shape, affine, what.snr, seed, non_steady), what, volumes)


def scanned(scanner: "Scanner", what: Scenario, volumes: int) -> Phantom:
    """A run of the scanner whose head moves as a scenario has it."""
    poses = _poses(np.random.default_rng([scanner.seed, 0]), what, volumes, scanner.head.centre_mm)
    return Phantom(scanner.run(poses), scanner.affine, poses, regressor(volumes), scanner.seed, scanner)


def write(made: Phantom, path: Path) -> None:
    """Store the run as a scanner does: int16 NIfTI-1 with its units, TR and codes."""
    stored = np.rint(made.run).clip(0, np.iinfo(np.int16).max).astype(np.int16)
    image = nib.Nifti1Image(stored, made.affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = TR_S
    image.set_sform(made.affine, 1)
    image.set_qform(made.affine, 1)
    nib.save(image, path)


def covering(shape: Shape) -> Array:
    """The affine of a grid (LAS) that fills the field of view."""
    affine = np.diag([*(np.array(FIELD_OF_VIEW_MM) / shape), 1.0]) * [-1, 1, 1, 1]
    affine[:3, 3] = CENTRE_MM - affine[:3, :3] @ (np.array(shape) - 1) / 2
    return affine


def response(seconds: Array) -> Array:
    """What follows a moment's activation: a gamma function that peaks after 5 s, with an area of 1."""
    return seconds**5 * np.exp(-seconds) / 120


def regressor(volumes: int) -> Array:
    """(volumes,): blocks of rest and activation in turn, as the blood follows them; 1 at its height."""
    fine_s = 0.1
    seconds = np.arange(0, volumes * TR_S, fine_s)
    course = np.convolve(seconds // BLOCK_S % 2, response(seconds))[: len(seconds)] * fine_s
    return course[:: round(TR_S / fine_s)]


@dataclass(frozen=True)
class Scanner:
    """Stores what the head shows at each pose, with a receive field that stays where it is."""

    head: Head
    shape: Shape
    affine: Array
    snr: float
    seed: int
    non_steady: int = 0

    def run(self, poses: Array) -> Volume:
        """(nx, ny, nz, nt) float32 in Fortran order."""
        run = np.empty((*self.shape, len(poses)), np.float32, order="F")
        steps = poses @ np.linalg.inv(np.concatenate([poses[:1], poses[:-1]]))
        noise = self._noise_level(poses[0])
        still = lru_cache(maxsize=1)(lambda pose: self.still(np.frombuffer(pose).reshape(4, 4)))

        def acquire(t: int) -> None:
            rest, rise = still(poses[t].tobytes())
            signal = (rest + course[t] * rise) * (drift[t] * self.receive_field)
            signal *= self.spin_history(steps[t])
            run[..., t] = rician(signal, noise, np.random.default_rng([self.seed, 1, t]))

        course, drift = regressor(len(poses)), self._drift(len(poses))
        with ThreadPoolExecutor(cores.available()) as pool:
            list(pool.map(acquire, range(len(poses))))
        return run

    def still(self, pose: Array) -> tuple[Volume, Volume]:
        """What a head in this pose shows at rest, and what a full activation adds to it."""
        to_head = np.linalg.inv(pose) @ self.affine
        return (
            self.head.sampled(self.head.rest, to_head, self.shape),
            self.head.sampled(self.head.active, to_head, self.shape),
        )

    @cached_property
    def receive_field(self) -> Volume:
        """Brighter towards the coils, and towards one side: 0.8 in the middle, up to 1.4 at the head's edge."""
        lean = np.random.default_rng([self.seed, 2]).uniform(-0.1, 0.1, 3)
        from_centre = (self._world - self.head.centre_mm) / 90
        return (0.85 + 0.35 * (from_centre**2).sum(axis=-1) + from_centre @ lean).astype(np.float32)

    @cached_property
    def _world(self) -> Array:
        return np.moveaxis(np.indices(self.shape), 0, -1) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def _drift(self, volumes: int) -> Array:
        """2 % over the run, half of it linear; brighter at first where the steady state is still to come."""
        share = np.linspace(0, 1, volumes)
        drift = 1 + 0.01 * share + 0.005 * np.cos(np.pi * 3 * share)
        drift[: self.non_steady] += 0.3 * 0.35 ** np.arange(self.non_steady)
        return drift

    def _noise_level(self, pose: Array) -> float:
        rest, _ = self.still(pose)
        return float(rest[rest > rest.max() / 4].mean()) / self.snr

    def spin_history(self, since_last: Array) -> Volume | float:
        """Interleaved slices: spins from the other half of them were excited half a TR earlier or later."""
        if np.array_equal(since_last, np.eye(4)):
            return 1.0
        normal = self.affine[:3, 2] / np.linalg.norm(self.affine[:3, 2])
        moved_mm = (self._world @ (since_last[:3, :3] - np.eye(3)).T + since_last[:3, 3]) @ normal
        slices = np.abs(moved_mm) / np.linalg.norm(self.affine[:3, 2])
        share = 1 - np.abs(slices % 2 - 1)  # all after one slice, none after two, whose turn is the same
        change = np.where(np.arange(self.shape[2]) % 2, _recovered(1.5), _recovered(0.5)) - 1
        return (1 + change * share).astype(np.float32)


def rician(signal: Volume, level: float, rng: np.random.Generator) -> Volume:
    """The magnitude of a complex image with this noise in both of its parts."""
    real, imaginary = rng.standard_normal((2, *signal.shape), np.float32) * np.float32(level)
    return np.hypot(signal + real, imaginary)


def _recovered(trs: float) -> float:
    """The signal of spins that were last excited this many TRs ago, against those of one TR."""
    return float(np.expm1(-trs * TR_S / T1_S) / np.expm1(-TR_S / T1_S))


def _poses(rng: np.random.Generator, what: Scenario, volumes: int, centre_mm: Array) -> Array:
    """(volumes, 4, 4): the subject as it was laid down, and how it moves from there."""
    laid = np.concatenate([rng.uniform(-2, 2, 3), rng.uniform(-3, 3, 3)])
    moved = wandering(rng, volumes) * what.scale
    moved[volumes // 2 :] += np.concatenate([_direction(rng), _direction(rng)]) * what.jump
    return np.stack([pose_of(each, centre_mm) @ pose_of(laid, centre_mm) for each in moved])


def wandering(rng: np.random.Generator, volumes: int) -> Array:
    """(volumes, 6) mm and degrees: a slow walk, breath, and spikes; 2 mm and 2 degrees at the farthest."""
    walk = ndimage.gaussian_filter1d(rng.standard_normal((volumes, 6)).cumsum(axis=0), 4, axis=0)
    walk /= np.abs(walk).max()
    breath = 0.02 * np.sin(1.9 * np.arange(volumes) + rng.uniform(0, 6))[:, None] * rng.standard_normal(6)
    spikes = np.where(rng.random((volumes, 1)) < 0.04, rng.uniform(-0.6, 0.6, (volumes, 6)), 0)
    motion = walk + breath + spikes
    motion -= motion[0]
    halves = motion.reshape(volumes, 2, 3)
    return (2 * halves / np.linalg.norm(halves, axis=2).max(axis=0)[:, None]).reshape(volumes, 6)


def _direction(rng: np.random.Generator) -> Array:
    drawn = rng.standard_normal(3)
    return drawn / np.linalg.norm(drawn)


def pose_of(mm_and_degrees: Array, centre_mm: Array) -> Array:
    """4x4: a rotation about the head's centre, then a translation."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(mm_and_degrees[3:], degrees=True).as_matrix()
    pose[:3, 3] = centre_mm - pose[:3, :3] @ centre_mm + mm_and_degrees[:3]
    return pose
