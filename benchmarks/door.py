"""How long the upload door takes to answer on the embedded AWS: a new function instance, and one that is warm.

./deploy.sh local
.venv/bin/python -m benchmarks.door
"""

import statistics
import time

import boto3
import urllib3

from scandrop_cli.door import Door
from scandrop_cli.environment import Environment, load

WARM, COLD = 50, 5


def answer_ms(door: Door) -> float:
    url, headers = door.signed("PUT", "benchmark.bin", {"x-scandrop-size": "1"})
    began = time.perf_counter()
    answer = urllib3.request("PUT", url, headers=headers, redirect=False)
    assert answer.status == 307, answer.data
    return (time.perf_counter() - began) * 1000


def renew(environment: Environment, note: str) -> None:
    """Have the next request answered by a new instance: a changed function is one."""
    client = boto3.client("lambda", region_name=environment.region)
    name = f"scandrop-{environment.name}-door"
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables["SCANDROP_BENCHMARK"] = note
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=name)


def main() -> None:
    environment = load("local")
    door = Door(environment.door_url, environment.region)
    cold = []
    for run in range(COLD):
        renew(environment, str(run))
        cold.append(answer_ms(door))
    warm = [answer_ms(door) for _ in range(WARM)]
    print(f"new instance: {statistics.median(cold):.0f} ms (median of {COLD}), warm: {statistics.median(warm):.0f} ms")
    print(f"a new instance takes {statistics.median(cold) / statistics.median(warm):.0f} times as long")


if __name__ == "__main__":
    main()
