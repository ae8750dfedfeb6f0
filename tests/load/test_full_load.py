"""``./deploy.sh test load``: 5,000 objects under faults. Of what it prints, docs/benchmarks.md shows one run."""

from rich.console import Console

from tests.e2e.conftest import Deployed
from tests.load.storm import rage
from tests.load.traffic import SEED, any_seed


def test_five_thousand_objects_under_faults_are_each_settled_once_and_none_is_stale(deployed: Deployed) -> None:
    seed = any_seed()
    console = Console()
    console.print(f"\n{SEED}={seed} drops the same again.")
    storm = rage(deployed, total=5000, kills=30, seed=seed, deletes=True, calms_within_s=3600)
    for table in storm.tables():
        console.print("", table)
    assert storm.faults == {"lost": [], "duplicates": [], "stale": []}
    assert storm.killed == 30
