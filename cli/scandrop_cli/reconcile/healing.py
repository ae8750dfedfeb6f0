"""Healing what differs: objects and deletions are queued again, and orphans are deleted as they were seen."""

from collections.abc import Sequence
from dataclasses import replace

from botocore.exceptions import ClientError

from scandrop_cli.environment import Environment
from scandrop_cli.errors import is_gone
from scandrop_cli.reconcile.judge import NOT_DELETED, ORPHAN, Difference, Stored
from scandrop_cli.requeue import requeue, requeue_deletion

DELETED, ERASED, QUEUED = "deleted", "erased", "queued"
_CHANGED = "It changed meanwhile."
_LOST = "It cannot be made again: its raw object was deleted."
_CHANGING = {"PreconditionFailed", "ConditionalRequestConflict"}


def heal(environment: Environment, found: Sequence[Difference]) -> list[Difference]:
    """Heal what differs of one object, and say what was done.

    Orphans go first: once the object is in its queue, what lies under its prefix may be new.
    """
    healed = [replace(one, healed=_deleted(environment, one)) for one in found if one.kind == ORPHAN]
    others = [one for one in found if one.kind != ORPHAN]
    if others:
        done = _queued(environment, others[0])
        healed += [replace(one, healed=done) for one in others]
    return healed


def _queued(environment: Environment, one: Difference) -> str:
    if one.kind == NOT_DELETED and not one.raw_key:
        return ERASED if _deleted(environment, one) == DELETED else _CHANGED
    if one.kind == NOT_DELETED:
        return requeue_deletion(environment, one.raw_key).refusal or QUEUED
    return (requeue(environment, one.raw_key).refusal or QUEUED) if one.in_raw_bucket else _LOST


def _deleted(environment: Environment, one: Difference) -> str:
    delete = _erase if one.for_good else _delete
    done = [delete(environment, one.prefix + name, one.folder[name]) for name in one.names]
    return DELETED if all(done) else _CHANGED


def _delete(environment: Environment, key: str, stored: Stored) -> bool:
    """Unless it is another by now. S3 keeps it as an old version for a while."""
    try:
        environment.s3.delete_object(Bucket=environment.processed_bucket, Key=key, IfMatch=stored.etag)
    except ClientError as error:
        if not is_gone(error) and error.response["Error"]["Code"] not in _CHANGING:
            raise
        return is_gone(error)
    return True


def _erase(environment: Environment, key: str, stored: Stored) -> bool:
    """With the former versions that were seen, for good: what is made of a deleted object is to be gone with it."""
    for version_id in stored.all_versions:
        environment.s3.delete_object(Bucket=environment.processed_bucket, Key=key, VersionId=version_id)
    return True
