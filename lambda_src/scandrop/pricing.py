"""What one object costs, from its measured time and the calls it made.

List prices in US dollars, us-east-1, from the public price pages of AWS Lambda, Amazon S3, Amazon DynamoDB
(on demand), Amazon EventBridge and Amazon SQS, as of PRICES_AS_OF. Free tiers, storage, logs, metrics and KMS are left
out, and so is what another lane spent on handing an object on.
"""

import platform

PRICES_AS_OF = "2025-06"  # not compared with the pages since; do so before you budget with it

GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
LAMBDA_REQUEST = 0.20e-6
S3_PUT = 5e-6
S3_GET = 0.4e-6
DYNAMODB_WRITE_UNIT = 0.625e-6
DYNAMODB_READ_UNIT = 0.125e-6
SQS_REQUEST = 0.40e-6
EVENT = 1.00e-6  # S3 sends events to EventBridge only where it is asked to, and such events are paid for

# DynamoDB counts a unit per KB written, once more for each index, twice in a transaction. Claiming: the version (1 KB)
# with its two indexes, and the current item. Settling: the version (3 KB with its outputs) in a transaction that
# checks the current item, and both indexes' entries moved.
CLAIM_UNITS = 4
SETTLE_UNITS = 12

# Each object, however it ends: its event; its message sent, received and deleted; itself read;
# the manifest written; the ledger.
_CALLS = (
    EVENT + 3 * SQS_REQUEST + S3_GET + S3_PUT + (CLAIM_UNITS + SETTLE_UNITS) * DYNAMODB_WRITE_UNIT + DYNAMODB_READ_UNIT
)

# What a lane reads besides: the first bytes, which tell a page of records from a run's sidecar; the sidecar of a run,
# looked for before the claim, after it and when the run is settled. A sidecar's look for its runs comes to about as
# much; for JSON Lines it is one read too many.
_LOOKS = {"nifti": 3, "record": 1}


def cost_usd(lane: str, billed_ms: int, memory_mb: int, derivatives: int) -> float:
    """The list price of one object's way through its lane, in US dollars."""
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    compute = billed_ms / 1000 * memory_mb / 1024 * GB_SECOND[architecture]
    looks = _LOOKS.get(lane, 0) * S3_GET
    return round(compute + LAMBDA_REQUEST + _CALLS + looks + derivatives * S3_PUT, 9)
