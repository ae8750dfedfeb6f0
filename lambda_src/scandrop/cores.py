"""How many threads may work at once."""

import math
import os

THREADS = "SCANDROP_THREADS"  # set where several files are processed side by side

_MB_PER_VCPU = 1769  # Lambda Developer Guide, "Configure Lambda function memory"


def available() -> int:
    """The cores that this process may use: in Lambda by the function's memory, since it shows more than that buys."""
    if told := os.environ.get(THREADS):
        return int(told)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    return min(cores, math.ceil(int(memory_mb) / _MB_PER_VCPU)) if memory_mb else cores
