"""Healing what differs: objects are queued again, and orphans are deleted."""

from collections.abc import Sequence
from dataclasses import replace

from scandrop_cli.environment import Environment
from scandrop_cli.reconcile.judge import ORPHAN, Difference
from scandrop_cli.requeue import requeue

DELETED, QUEUED = "deleted", "queued"


def heal(environment: Environment, found: Sequence[Difference]) -> list[Difference]:
    """Heal what differs of one object, and say what was done.

    Orphans go first: once the object is in its queue, what lies under its prefix may be new.
    """
    healed = [_deleted(environment, one) for one in found if one.kind == ORPHAN]
    others = [one for one in found if one.kind != ORPHAN]
    if others:
        done = _queued(environment, others[0].raw_key)
        healed += [replace(one, healed=done) for one in others]
    return healed


def _deleted(environment: Environment, orphan: Difference) -> Difference:
    for_good = orphan.raw_key is None and environment.on_delete == "delete"
    for name in orphan.names:
        (_erase if for_good else _delete)(environment, orphan.prefix + name)
    return replace(orphan, healed=DELETED)


def _delete(environment: Environment, key: str) -> None:
    """S3 keeps it as an old version for a while."""
    environment.s3.delete_object(Bucket=environment.processed_bucket, Key=key)


def _erase(environment: Environment, key: str) -> None:
    """With all old versions: what is made of a deleted object is to be gone with it."""
    s3, bucket = environment.s3, environment.processed_bucket
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            if one["Key"] == key:  # others may begin so
                s3.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])


def _queued(environment: Environment, raw_key: str | None) -> str:
    if raw_key is None:
        return "It cannot be made again: its raw object was deleted."
    return requeue(environment, raw_key).refusal or QUEUED
