"""Scandrop's handler package: one raw object in, derivatives, a manifest and a ledger record out."""
