"""How many threads a lane's function, a worker and a laptop use."""

import os

import pytest

from scandrop import cores


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", raising=False)
    monkeypatch.delenv(cores.THREADS, raising=False)


@pytest.mark.parametrize(("memory_mb", "threads"), [("128", 1), ("1769", 1), ("1770", 2), ("3008", 2), ("10240", 6)])
def test_a_function_has_a_thread_per_vcpu_that_its_memory_buys(monkeypatch, memory_mb, threads):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mb)
    assert cores.available() == threads


def test_no_function_has_more_threads_than_it_was_given_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
    assert cores.available() == 1


def test_a_laptop_uses_all_its_cores():
    assert cores.available() == 8


def test_files_processed_side_by_side_share_the_cores(monkeypatch):
    monkeypatch.setenv(cores.THREADS, "3")
    assert cores.available() == 3
