"""The handler's own share of the time: its import, and what it adds to getting, working and putting.

    .venv/bin/python benchmarks/handler.py

Import: fresh interpreters with the handler and the lane's layers as they are built, and botocore as in the .venv; what
Lambda imports at its start, and the same with what the lane imports when its first object comes. The peer is what
most Lambda functions begin with: ``import boto3``.

Warm overhead: the real handler on real botocore clients whose requests are answered in process, without a network, so
that what is measured is everything of ours and the SDK's own work for the ledger and the manifest. The time inside
``Storage.download``, the processor and ``Storage.put_outputs`` is taken away; the look at the first bytes, which tells
a record from a run's sidecar, is not. The peer is the same in fewest words: boto3's client getting and putting the
object, with neither ledger nor manifest.

Calls: each request that one object costs, with its list price; a page of records counted in the same run, and a run of
20 volumes without a sidecar.
"""

import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from scandrop import pricing

ROOT = Path(__file__).parents[1]
RUNS, OBJECTS = 15, 200
PEER = "boto3, the peer"
BODY = b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]'
LANES = {  # and what each imports with its first object
    "image": "PIL.Image",
    "record": "msgspec, jsonschema_rs",
    "nifti": "numpy, isal.igzip",
}
UNUSED = "nibabel, scipy.ndimage, scipy.signal"
RECORDS, RUN = "study/p.json", "study/sub-01_task-rest_bold.nii"
PRICES = {  # US dollars a call
    "GetObject": pricing.USD["s3_get"],
    "PutObject": pricing.USD["s3_put"],
    "UpdateItem": pricing.CLAIM_UNITS / 3 * pricing.USD["dynamodb_write_unit"],  # a claim is two of them, the lock one
    "GetItem": pricing.USD["dynamodb_read_unit"],
    "TransactWriteItems": pricing.SETTLE_UNITS * pricing.USD["dynamodb_write_unit"],
}


def imports_ms(cases: dict[str, tuple[str, list[Path]]]) -> dict[str, list[float]]:
    """What each import statement takes in fresh interpreters, all of them in turn, round by round."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(RUNS + 1):
        for name, (modules, folders) in cases.items():
            code = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
            environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": ""}
            done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
            times[name].append(float(done.stdout) * 1000)
    return {name: took[1:] for name, took in times.items()}  # the first round may compile


def unpacked(packages: dict[str, Any], lane: str, folder: Path) -> list[Path]:
    """The handler and a lane's layers as Lambda lays them out."""
    layers = packages["layers"][packages["host"]]
    lanes = json.loads((ROOT / "lambda_src/scandrop/lanes.json").read_text())
    made = []
    for name, package in [("handler", packages["handler"]), *((name, layers[name]) for name in lanes[lane]["layers"])]:
        target = folder / lane / name
        with zipfile.ZipFile(ROOT / package["path"]) as archive:
            archive.extractall(target)
        made.append(target if name == "handler" else target / "python")
    return made


class Answers:
    """Stands in for the network: answers botocore's requests at once and counts them by operation."""

    def __init__(self, key: str, body: bytes) -> None:
        self.calls: Counter[str] = Counter()
        self._key = key
        self._body = body

    def attach(self, client: Any) -> Any:
        client.meta.events.register("before-send", self)
        return client

    def __call__(self, event_name: str, request: Any, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        headers = {"etag": '"e"', "x-amz-version-id": "v", "content-type": "application/json"}
        status, body = getattr(self, f"_{operation.lower()}", self._nothing)(request)
        raw = io.BytesIO(body)
        raw.stream = lambda *_, **__: iter([body])  # type: ignore[attr-defined]
        headers["content-length"] = str(len(body))
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), raw)

    def _nothing(self, _: Any) -> tuple[int, bytes]:
        return 200, b"{}"

    def _getobject(self, request: Any) -> tuple[int, bytes]:
        if urlsplit(request.url).path.endswith(f"/{self._key}"):
            return 200, self._body
        return 404, b"<Error><Code>NoSuchKey</Code></Error>"  # the sidecar of a run

    def _putobject(self, _: Any) -> tuple[int, bytes]:
        return 200, b""

    def _updateitem(self, _: Any) -> tuple[int, bytes]:
        return 200, b"{}"  # nothing stood before


def lane_handler(lane: str, answers: Answers) -> Any:
    """A lane's handler as Terraform configures it, on clients whose requests are answered at once."""
    from scandrop import aws
    from scandrop.handler import Handler

    create = aws.client
    aws.client = lambda service, config=None: answers.attach(create(service, config))
    forwards_to = json.loads((ROOT / "lambda_src/scandrop/lanes.json").read_text())[lane]["forwards_to"]
    environ = {
        "SCANDROP_LANE": lane,
        "SCANDROP_TABLE": "ledger",
        "SCANDROP_PROCESSED_BUCKET": "processed",
        "SCANDROP_RAW_BUCKET": "raw",
        "SCANDROP_MAX_OBJECT_BYTES": "1000000",
        "SCANDROP_SETTINGS": "{}",
        "SCANDROP_QUEUE_URL": "none",
        "SCANDROP_DEAD_LETTER_QUEUE_URL": "none",
        "SCANDROP_ON_DELETE": "keep",
        "SCANDROP_RECEIVES": "5",
        "SCANDROP_QUEUE_URLS": json.dumps(dict.fromkeys(forwards_to, "none")),
    }
    handler = Handler.from_environ(environ)
    aws.client = create
    return handler


def batch_of(key: str, body: bytes) -> dict[str, Any]:
    """One message of the lane's queue, which tells of one object."""
    entry = {"key": key, "size": len(body), "etag": "e", "version-id": "v1", "sequencer": "1"}
    detail = {"bucket": {"name": "raw"}, "object": entry}
    event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    return {"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": json.dumps(event)}]}


def calls_of_a_run() -> Counter[str]:
    """What one run of 20 volumes asks of AWS."""
    import nibabel

    body = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
    answers = Answers(RUN, body)
    assert lane_handler("nifti", answers).handle(batch_of(RUN, body), _Context()) == {"batchItemFailures": []}
    return answers.calls


def settle_ms(answers: Answers) -> tuple[float, float]:
    """The median of one object through the handler, and of that what is not getting, working and putting."""
    from scandrop import pipeline, storage

    spent = [0.0]
    handler = lane_handler("record", answers)
    for owner, name in ((storage.Storage, "download"), (storage.Storage, "put_outputs"), (pipeline, "run")):
        setattr(owner, name, _timed(getattr(owner, name), spent))
    batch = batch_of(RECORDS, BODY)
    totals, overheads = [], []
    for _ in range(OBJECTS):
        spent[0], began = 0.0, time.perf_counter()
        assert handler.handle(batch, _Context()) == {"batchItemFailures": []}
        totals.append(time.perf_counter() - began)
        overheads.append(totals[-1] - spent[0])
    return statistics.median(totals) * 1000, statistics.median(overheads) * 1000


def bare_ms(answers: Answers) -> float:
    """The median of the peer: one object got and put by boto3's client, and nothing else."""
    import boto3

    client = answers.attach(boto3.client("s3"))
    times = []
    for _ in range(OBJECTS):
        began = time.perf_counter()
        body = client.get_object(Bucket="raw", Key=RECORDS)["Body"].read()
        client.put_object(Bucket="processed", Key=f"{RECORDS}/patients.json", Body=body)
        client.put_object(Bucket="processed", Key=f"{RECORDS}/rejects.jsonl", Body=b"")
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


class _Context:
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def _timed(function: Any, spent: list[float]) -> Any:
    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[0] += time.perf_counter() - began

    return timed


def print_calls(name: str, calls: Mapping[str, float]) -> None:
    print(f"\n| call, for {name} | per object | US$ per million objects |\n|---|---|---|")
    print(f"| EventBridge event | 1 | {pricing.USD['eventbridge_event'] * 1e6:.2f} |")
    print(f"| SQS: send, receive, delete, each alone in its batch | 3 | {3 * pricing.USD['sqs_request'] * 1e6:.2f} |")
    print(f"| Lambda request | 1 | {pricing.USD['lambda_request'] * 1e6:.2f} |")
    for operation, each in calls.items():
        price = f"{PRICES[operation] * each * 1e6:.2f}"
        print(f"| {re.sub(r'(?<!^)(?=[A-Z])', ' ', operation)} | {each:g} | {price} |")


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "scandrop",
        "POWERTOOLS_METRICS_NAMESPACE": "Scandrop",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    packages = json.loads((ROOT / "build/packages.json").read_text())
    rows: list[tuple[str, str, str]] = []
    cases: dict[str, tuple[str, list[Path]]] = {PEER: ("boto3", []), "botocore.session": ("botocore.session", [])}
    with tempfile.TemporaryDirectory() as folder:
        for lane, libraries in LANES.items():
            folders = unpacked(packages, lane, Path(folder))
            modules = f"scandrop.handler, scandrop.processors.{lane}"
            cases[f"the {lane} lane"] = (modules, folders)
            cases[f"the same and {libraries}"] = (f"{modules}, {libraries}", folders)
        cases[f"what the nifti lane goes without: {UNUSED}"] = (f"numpy, {UNUSED}", [])
        times = imports_ms(cases)
    for name, took in times.items():
        ratio = statistics.median(one / other for one, other in zip(took, times[PEER], strict=True))
        rows.append((f"import of {name}", f"{statistics.median(took):.0f} ms", f"{ratio:.2f} of the peer"))
    stdout, sys.stdout = sys.stdout, io.StringIO()  # the handler's logs and metrics
    run_calls = calls_of_a_run()
    answers = Answers(RECORDS, BODY)
    total, overhead = settle_ms(answers)
    sys.stdout = stdout
    bare = bare_ms(Answers(RECORDS, BODY))
    rows.append(("one object, answered at once", f"{total:.1f} ms", f"{total / bare:.1f} times the bare get and puts"))
    rows.append(("of that not getting, working, putting", f"{overhead:.1f} ms", ""))
    print("| what | median | ratio |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    record_calls = {operation: count / OBJECTS for operation, count in answers.calls.items()}
    for name, calls in (("a page of records", record_calls), ("a run", dict(run_calls))):
        print_calls(name, calls)


if __name__ == "__main__":
    main()
