"""A small one of what ``./deploy.sh test load`` does at length, on the environment that this folder shares."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from conftest import Deployed

from tests.load.faults import LANES
from tests.load.storm import calm, rage

TIMEOUT_S = 10  # a queue hides a message for six times as long
AT_ONCE = 2


@pytest.fixture
def impatient(deployed: Deployed) -> Iterator[Deployed]:
    """The environment with lanes that time out in seconds, so that what a killed worker held comes back soon."""
    calm(deployed)  # to change a function's settings ends what it is at
    with ExitStack() as stack:
        for lane in LANES:
            stack.enter_context(limited(deployed, lane))
        yield deployed


@contextmanager
def limited(deployed: Deployed, lane: str) -> Iterator[None]:
    """One lane with a short time and few workers, as the environment of tests/load has it from its var file."""
    functions, function = deployed.client("lambda"), deployed.outputs["functions"][lane]
    usual_s = functions.get_function_configuration(FunctionName=function)["Timeout"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    _change(deployed, lane, timeout_s=TIMEOUT_S, mapping=mapping["UUID"], at_once=AT_ONCE)
    try:
        yield
    finally:
        usual = mapping["ScalingConfig"]["MaximumConcurrency"]
        _change(deployed, lane, timeout_s=usual_s, mapping=mapping["UUID"], at_once=usual)


def _change(deployed: Deployed, lane: str, *, timeout_s: int, mapping: str, at_once: int) -> None:
    functions, sqs = deployed.client("lambda"), deployed.client("sqs")
    functions.update_function_configuration(FunctionName=deployed.outputs["functions"][lane], Timeout=timeout_s)
    functions.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": at_once})
    hidden = {"VisibilityTimeout": str(6 * timeout_s)}
    sqs.set_queue_attributes(QueueUrl=deployed.outputs["queue_urls"][lane], Attributes=hidden)


def test_no_object_is_lost_told_twice_or_stale_though_workers_are_killed_and_aws_restarts(impatient: Deployed) -> None:
    storm = rage(impatient, total=150, kills=2, seed=secrets.randbelow(10_000), deletes=False, calms_within_s=300)
    assert storm.faults == {"lost": [], "duplicates": [], "stale": []}
    assert storm.killed == 2
    assert storm.told_twice
