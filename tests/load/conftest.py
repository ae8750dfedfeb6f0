"""An environment for load alone: what a killed worker held comes back soon, and no more run than there are cores."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Deployed, deploy
from tests.load.faults import LANES

TIMEOUT_S = 15  # a queue hides a message for six times as long
AT_ONCE = 2  # of each lane; more than this machine has cores only makes all of them slow


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    limits = f"{{ timeout_s = {TIMEOUT_S}, max_concurrency = {AT_ONCE} }}"
    lanes = ", ".join(f"{lane} = {limits}" for lane in LANES)
    settings = {"lanes": f"{{ {lanes} }}", "image": "{ model_px = 32 }", "on_delete": '"delete"'}
    with deploy(tmp_path_factory.mktemp("deployed"), **settings) as made:
        yield made
