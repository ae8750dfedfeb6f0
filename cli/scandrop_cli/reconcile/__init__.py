"""Raw bucket, ledger and processed bucket compared with each other, and what differs healed."""
