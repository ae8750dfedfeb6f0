"""What `scandrop reconcile` takes where nothing differs: processor time and memory of its process, by objects.

.venv/bin/python -m benchmarks.reconcile 10000 100000

Another process answers as S3 and DynamoDB would, out of nothing but an object's number, so that what is measured is the
command's alone.
"""

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scandrop_cli.environment import Environment
from scandrop_cli.reconcile.looking import Look

RAW, PROCESSED, TABLE = "raw", "processed", "ledger"
PAGE = 1000
LONG_AGO = "2026-01-01T00:00:00+00:00"
LISTED = """<Version><Key>{key}</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><Size>3</Size>\
<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><StorageClass>STANDARD</StorageClass></Version>"""
ENTRY = {"name": "patients.json", "bytes": 3, "version_id": "v1", "sha256": "0" * 64}
ITEM = {
    "settled": {"status": "succeeded", "updated_at": LONG_AGO, "sequencer": "1" * 32},
    "current": {"current_version": "v1", "sequencer": "1" * 32, "updated_at": LONG_AGO},
}


def key_of(number: int) -> str:
    return f"study-{number // 1000:05}/patient-{number // 10:07}/record-{number:07}.json"


class Stores(BaseHTTPRequestHandler):
    """`objects` settled objects of one derivative each, as the three stores tell of them."""

    protocol_version = "HTTP/1.1"
    objects = 0

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        _, bucket, key = (address.path + "/").split("/", 2)
        if key.strip("/"):
            self._answer(json.dumps(self._manifest(key.removesuffix("/manifest.json/"))).encode())
        else:
            self._answer(self._listing(bucket, parse_qs(address.query)).encode())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["X-Amz-Target"].endswith("Scan"):
            answer = self._scanned(int(asked.get("ExclusiveStartKey", {"n": {"N": "0"}})["n"]["N"]))
        else:
            items = [self._item(key) for key in asked["RequestItems"][TABLE]["Keys"]]
            answer = {"Responses": {TABLE: items}, "UnprocessedKeys": {}}
        self._answer(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _listing(self, bucket: str, asked: dict[str, list[str]]) -> str:
        names = [""] if bucket == RAW else ["/manifest.json", "/patients.json"]
        first = int(re.findall(r"\d+", asked["key-marker"][0])[2]) + 1 if "key-marker" in asked else 0
        last = min(first + PAGE // len(names), self.objects)
        listed = "".join(LISTED.format(key=key_of(number) + name) for number in range(first, last) for name in names)
        more = last < self.objects
        marker = f"<NextKeyMarker>{key_of(last - 1)}</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>"
        end = f"<IsTruncated>{str(more).lower()}</IsTruncated>{marker if more else ''}"
        return f"<ListVersionsResult>{end}{listed}</ListVersionsResult>"

    def _manifest(self, key: str) -> dict[str, Any]:
        return {"source": {"key": key.lstrip("/"), "version_id": "v1"}, "derivatives": [ENTRY]}

    def _scanned(self, first: int) -> dict[str, Any]:
        last = min(first + 10 * PAGE, self.objects)
        more = {"LastEvaluatedKey": {"n": {"N": str(last)}}} if last < self.objects else {}
        return {"Items": [{"object_key": {"S": key_of(number)}} for number in range(first, last)], **more}

    def _item(self, key: dict[str, dict[str, str]]) -> dict[str, Any]:
        facts = ITEM["settled" if key["version_id"]["S"] == "v1" else "current"]
        return key | {name: {"S": value} for name, value in facts.items()} | {"derivatives": {"N": "1"}}


def serve(objects: int, ports: "Queue[int]") -> None:
    Stores.objects = objects
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stores)
    ports.put(server.server_port)
    server.serve_forever()


def compare(port: int) -> None:
    """One comparison in this process, and what it took."""
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", **keys}
    told: dict[str, Any] = {"region": "us-east-1", "raw_bucket": RAW, "processed_bucket": PROCESSED}
    told |= {"ledger_table": TABLE, "on_delete": "keep", "pseudonymous_keys": False, "name": "benchmark"}
    environment = Environment(**{field.name: told.get(field.name, "") for field in fields(Environment)})
    look = Look(environment, "", datetime.now(UTC) - timedelta(minutes=20))
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    found = list(look.differences())
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    grown_mb = (after.ru_maxrss - before.ru_maxrss) / 1024
    assert not found, found[0]
    print(f"{look.objects:>9,} | {cpu_s:6.1f} | {time.monotonic() - began:6.1f} | {grown_mb:6.0f}", flush=True)


def served(objects: int) -> Iterator[int]:
    ports: Queue[int] = Queue()
    server = Process(target=serve, args=(objects, ports), daemon=True)
    server.start()
    yield ports.get()
    server.terminate()


def main() -> None:
    if sys.argv[1:2] == ["--port"]:
        compare(int(sys.argv[2]))
        return
    print("  objects |  CPU s | wall s | MB more")
    for objects in map(int, sys.argv[1:] or ("10000", "100000")):
        for port in served(objects):
            subprocess.run([sys.executable, "-m", "benchmarks.reconcile", "--port", str(port)], check=True)


if __name__ == "__main__":
    main()
