"""The notebooks run as they are on what the lanes made, and come to the results that they must come to."""

import json
import math
import os
import shutil

import nbformat
import pytest

from scandrop_cli.files import collect
from scandrop_cli.samples import make
from tools import notebooks, samples

REPORT = "import json as _json\nprint(_json.dumps({}, default=float))"  # put after a notebook's own cells


@pytest.fixture(scope="module")
def dropped(deployed, tmp_path_factory):
    """What the lessons ask for, settled: the samples of the local run, and made ones with their truth; and a run that
    a lesson must not take for its own.
    """
    folder = tmp_path_factory.mktemp("samples")
    files = {f"samples/{path.name}": path.read_bytes() for path in samples.write(folder)}
    for kind, count in (("image", 2), ("dicom", 3)):
        list(make(deployed.folder / "made", [kind], count, seed=1))
    files |= {file.key: file.path.read_bytes() for file in collect([f"{deployed.folder}/made/drop/"], "made")}
    another = f"another/{samples.RUN}.nii.gz"
    deployed.drop({**files, another: files[f"samples/{samples.RUN}.nii.gz"]})
    deployed.settled(another)
    return deployed.settled(*files)


def results(deployed, name: str, **expressions: str):
    """Run a notebook beside the environment's ``env/``; returns what the expressions are worth at its end."""
    folder = deployed.folder / "notebooks"
    folder.mkdir(exist_ok=True)
    shutil.copy(notebooks.FOLDER / name, folder)
    notebook = notebooks.read(folder / name)
    asked = ", ".join(f"{word!r}: {expression}" for word, expression in expressions.items())
    notebook.cells.append(nbformat.v4.new_code_cell(REPORT.format("{" + asked + "}")))
    environ = {word: value for word, value in os.environ.items() if not word.startswith("AWS_")}
    done = notebooks.execute(notebook, folder, environ | {"SCANDROP_ENV": "local"})
    return json.loads(done.cells[-1].outputs[0].text)


def test_the_image_notebook_finds_times_costs_and_statistics_and_that_the_truth_was_kept(deployed, dropped):
    images = {key: item for key, item in dropped.items() if key.startswith("made/")}
    found = results(
        deployed,
        "image_analysis.ipynb",
        costs="costs['cost_usd'].to_dict()",
        durations="newest['duration_ms'].to_dict()",
        brightness="statistics['brightness'].to_dict()",
        ratios="ratios.to_dict('index')",
        rods="rods.to_dict('list')",
        left="left",
        searched="len(planted)",
    )
    assert len(images) == 6
    assert found["costs"] == {key: item["cost_usd"] for key, item in images.items()}
    assert found["durations"] == {key: item["duration_ms"] for key, item in images.items()}
    assert found["brightness"]["made/image/chest-001.png"] == pytest.approx(0.394, abs=0.002)
    assert found["ratios"].keys() == {"dicom/chest.dcm", "image/chest-001.png", "image/chest-002.png"}
    assert all(ratio["measured"] == pytest.approx(ratio["true"], abs=0.03) for ratio in found["ratios"].values())
    assert found["rods"]["true"] == [-100, -50, 50, 100, 200]
    assert found["rods"]["measured"] == pytest.approx(found["rods"]["true"], abs=4)
    assert (found["left"], found["searched"]) == ([], 18)


def test_the_fmri_notebook_repeats_the_pipeline_s_matrix_and_finds_the_active_regions(deployed, dropped):
    run = dropped["samples/sub-01_task-fingertapping_bold.nii.gz"]["metadata"]
    found = results(
        deployed,
        "fmri_analysis.ipynb",
        runs="list(runs)",
        difference="difference",
        fd_mean="fd_mean",
        tsnr="np.median(tsnr[inside])",
        regions="len(regions)",
        edges="graph.number_of_edges()",
        hubs="hubs[['x_mm', 'y_mm', 'z_mm']].head(4).to_numpy().tolist()",
        to_active="hubs['to_active_mm'].head(4).tolist()",
        freedom="recipe['DegreesOfFreedom']",
        rho="found",
        rho_by_chance="max(map(abs, by_chance))",
        p="p_found",
    )
    assert found["runs"] == ["samples/sub-01_task-fingertapping_bold.nii.gz"]
    assert 5 < found["freedom"] < 20
    assert found["rho"] < -found["rho_by_chance"] < 0
    assert found["p"] == pytest.approx(1 / 5001)
    assert found["difference"] < 1e-6
    assert found["fd_mean"] == pytest.approx(run["fd_mean"], rel=1e-4)
    assert found["tsnr"] == pytest.approx(run["tsnr"], rel=0.01)
    assert found["regions"] == run["regions"]
    assert found["edges"] > run["regions"]
    active = ((-38, -24, 52), (38, -24, 52), (0, -84, 6))
    away = [min(math.dist(hub, place) for place in active) for hub in found["hubs"]]
    assert found["to_active"] == pytest.approx(away)
    assert max(away) < 35
