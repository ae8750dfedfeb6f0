"""What failed for good: dead letters, and what nobody tries any more."""
