"""What a deleted raw object means, by the environment's policy.

Where a key is gone (S3 made a delete marker), a tombstone takes its place in the ledger: as a version of the key, by
the deletion's own sequencer, so that an older event that comes late is superseded by it. Where one version was deleted
for good, that matters only if the derivatives are of that version; the tombstone then stands right after that version
in the order, so that whatever came after the version is newer than the tombstone too, and the version itself is older.
"""

from dataclasses import replace

from scandrop.events import UNSEQUENCED, VERSION_DELETED, RawObject
from scandrop.ledger import Ledger
from scandrop.storage import Storage


class Deletions:
    """Tells the deletions that matter from the rest; none does where they are not `followed`."""

    def __init__(self, storage: Storage, ledger: Ledger, *, followed: bool) -> None:
        self._storage = storage
        self._ledger = ledger
        self._followed = followed

    def placed(self, raw: RawObject) -> RawObject | None:
        """A version, or a deletion with its place in the order of the key's versions; None where nothing follows."""
        if raw.deletion and not self._followed:
            return None
        if raw.deletion != VERSION_DELETED:
            return raw
        newest = self._ledger.newest(raw.bucket, raw.key, raw.known_as)
        gone = newest is not None and not self._storage.holds(newest.raw)
        begun = self._ledger.facts(raw.known_as, raw.version_id)  # by an earlier try
        if newest is not None and gone:
            return replace(raw, sequencer=_right_after(newest.raw.sequencer), instead_of=newest.raw.version_id)
        if begun:  # it stands already, or was overtaken since
            return replace(raw, sequencer=begun["sequencer"], instead_of=raw.version_id)
        return None


def _right_after(sequencer: str) -> str:
    """Before all that S3 calls later, since it is no longer than its sequencers are padded to."""
    return sequencer if sequencer == UNSEQUENCED else sequencer + "1"
