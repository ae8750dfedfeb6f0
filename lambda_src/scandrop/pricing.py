"""What one object costs, from its measured time and the calls that it makes.

``prices.json`` is the one table of prices, with what each was compared with. Storage, logs, metrics, traces and KMS are
not an object's own and left out here, and so is what another lane spent on handing an object on: `scandrop cost` adds
the first.
"""

import json
import platform
from collections import Counter
from pathlib import Path

TABLE_FILE = Path(__file__).parent / "prices.json"
_TABLE = json.loads(TABLE_FILE.read_text())

_ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"

PRICES_AS_OF: str = _TABLE["as_of"]
PRICES_REGION: str = _TABLE["region"]
USD: dict[str, float] = {name: entry["usd"] for name, entry in _TABLE["prices"].items()}

# DynamoDB counts a unit per KB written, once more for each index, twice in a transaction. Claiming: the version (1 KB)
# with its two indexes, and the current item, which is written once more when the key is locked for writing. Settling:
# the version (3 KB with its outputs) in a transaction that unlocks the current item, and both indexes' entries moved.
CLAIM_UNITS = 5
SETTLE_UNITS = 12

# What a lane reads besides: the first bytes, which tell a page of records from a run's sidecar; the sidecar of a run,
# looked for before the claim, after it and when the run is settled; and before that, who settled the run, if anybody.
# A sidecar's look for its runs comes to about as much; for JSON Lines it is one read too many.
_LOOKS = {"nifti": {"s3_get": 3, "dynamodb_read_unit": 1}, "record": {"s3_get": 1}}


def calls(lane: str, derivatives: int) -> dict[str, int]:
    """What is billed by the piece for one object, however it ends, by the names of their prices.

    Its event; its message sent, received and deleted; itself read; its derivatives and manifest written; the ledger.
    """
    every = {
        "eventbridge_event": 1,
        "sqs_request": 3,
        "lambda_request": 1,
        "s3_get": 1,
        "s3_put": derivatives + 1,
        "dynamodb_write_unit": CLAIM_UNITS + SETTLE_UNITS,
    }
    return Counter(every) + Counter(_LOOKS.get(lane, {}))


def gb_seconds(billed_ms: float, memory_mb: int) -> float:
    """Lambda's unit of compute."""
    return billed_ms / 1000 * memory_mb / 1024


def cost_usd(lane: str, billed_ms: int, memory_mb: int, derivatives: int, architecture: str = _ARCHITECTURE) -> float:
    """The list price of one object's way through its lane, in US dollars."""
    compute = gb_seconds(billed_ms, memory_mb) * USD[f"lambda_gb_second_{architecture}"]
    return round(compute + sum(count * USD[name] for name, count in calls(lane, derivatives).items()), 9)
