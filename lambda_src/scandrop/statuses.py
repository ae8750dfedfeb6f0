"""What the ledger says of an object version. Nothing is imported here, so that a `--help` may name them."""

SETTLED = ("succeeded", "rejected", "superseded", "deleted")
STATUSES = ("processing", "failed", *SETTLED)
