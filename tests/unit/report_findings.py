"""Findings of a run that never was, for the tests of the report: an ellipsoid of a brain on a grid that is not RAS."""

from dataclasses import replace

import numpy as np

from scandrop.processors.nifti._report import Findings

SHAPE = (17, 18, 9)
# Stored as (posterior, left, superior): every axis has to be turned or swapped to come out right.
AFFINE = np.array([[0, -3.0, 0, 25], [-3.5, 0, 0, 30], [0, 0, 4, -20], [0, 0, 0, 1]])


def findings(volumes=60, regions=5, **changes):
    """A run of so many volumes and regions, without a part of it where `changes` say so."""
    rng = np.random.default_rng(volumes)
    i, j, k = np.indices(SHAPE)
    brain = ((i - 8) / 6) ** 2 + ((j - 8) / 6.5) ** 2 + ((k - 4) / 4) ** 2 < 1
    mean = np.where(brain, 900 + 10 * j, 20).astype(np.float32)
    fd = np.abs(rng.normal(0, 0.1, volumes))
    fd[volumes // 2] = 2.5
    std_dvars = 1 + fd
    fd[0] = std_dvars[0] = np.nan
    series = rng.normal(1000, 20, (40, volumes)).astype(np.float32)
    made = Findings(
        prefix="sub-01_task-rest",
        status="warn",
        judged=[
            ("warn", "Mean framewise displacement is 0.25 mm, above 0.2 mm."),
            ("pass", "Median tSNR is 60; at least 40 passes."),
        ],
        affine=AFFINE,
        parameters=rng.normal(0, 0.01, (volumes, 6)).cumsum(axis=0),
        framewise_displacement=fd,
        rmsd=fd / 2,
        dvars=20 * std_dvars,
        std_dvars=std_dvars,
        global_signal=1000 + rng.normal(0, 5, volumes),
        mean=mean,
        mean_before=mean,
        tsnr=np.where(brain, 60, 0).astype(np.float32),
        tsnr_before=np.where(brain, 50 - k, 0).astype(np.float32),
        brain=brain,
        carpet=series,
        carpet_regions=np.arange(40) % regions + 1,
        reference_volume=3 % volumes,
        fd_scrub_mm=0.5,
        fd_strict_mm=0.2,
        std_dvars_scrub=1.5,
        metrics={"fd_mean": 0.25, "kept_percent": 98.3, "tsnr": 60.0, "gsr_x": None, "size_t": volumes},
        definitions={"fd_mean": ("mm", "Mean framewise displacement."), "gsr_x": ("", "Ghost-to-signal ratio.")},
        provenance={"Scandrop": "0.1.0", "Settings": {"band_pass_hz": [0.008, 0.1], "parcellation": ""}},
        tr_s=2.0,
        connectivity=np.corrcoef(rng.normal(size=(regions, 30))) if regions > 1 else np.ones((1, 1)),
        connectivity_told="Volumes: 60, outliers among them: 1.",
        region_names=[f"grid-{n:03d}" for n in range(1, regions + 1)],
        non_steady=[0],
        outliers=[volumes // 2],
        warnings=["The sidecar is no JSON and was ignored."],
    )
    return replace(made, **changes)
