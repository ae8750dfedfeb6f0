"""Each part of the ledger's conditions, broken on purpose."""

from mutation import always, condition

CONDITIONS = (
    condition(
        "a settled version may be claimed",
        "settled twice",
        "_OPEN",
        "(#status = :processing AND #lease_until < :now)",
        "#status <> :processing OR #lease_until < :now",
    ),
    condition(
        "a lease is not respected", "written after the commit", "_OPEN", "#lease_until < :now", "#lease_until <> :now"
    ),
    condition("a lease never ends", "receives burnt", "_OPEN", "#lease_until < :now", "#lease_until = :now"),
    condition(
        "a failed version stays closed",
        "receives burnt",
        "_OPEN",
        "#status = :failed",
        "(#status = :failed AND #status = :processing)",
    ),
    condition(
        "a new sidecar reopens nothing",
        "old sidecar",
        "_OUTDATED",
        "#sidecar_etag <> :sidecar_etag",
        "#sidecar_etag <> :sidecar_etag AND #sidecar_etag = :sidecar_etag",
    ),
    condition(
        "a known sidecar reopens",
        "settled twice",
        "_OUTDATED",
        "#sidecar_etag <> :sidecar_etag",
        always("#sidecar_etag", ":sidecar_etag"),
    ),
    condition(
        "an older version becomes current",
        "current goes back",
        "_NOT_NEWER",
        "#sequencer <= :sequencer",
        "#sequencer <= :sequencer OR #sequencer > :sequencer",
    ),
    condition("a current version is claimed once only", "contradiction", "_NOT_NEWER", "<=", "<"),
    condition(
        "current moves from wherever it is",
        "current goes back",
        "_UNMOVED",
        "#current_version = :observed",
        always("#current_version", ":observed"),
    ),
    condition(
        "the owner is not asked for", "written after the commit", "_OWNED", "#owner = :me", always("#owner", ":me")
    ),
    condition(
        "an overtaken version commits",
        ("committed too early", "older after newer"),
        "_STILL_CURRENT",
        "#current_version = :version",
        always("#current_version", ":version"),
    ),
    condition(
        "the claimer is not asked for",
        "written after the commit",
        "_MAY_WRITE",
        "#claimer = :me",
        always("#claimer", ":me"),
    ),
    condition(
        "the write lock is not respected",
        "another's lock",
        "_MAY_WRITE",
        "#writer_until < :now",
        always("#writer_until", ":now"),
    ),
    condition(
        "the write lock never ends",
        "receives burnt",
        "_MAY_WRITE",
        "#writer_until < :now",
        "#writer_until = :now",
    ),
    condition(
        "a version's own lock keeps it out",
        "kept out by its own lock",
        "_MAY_WRITE",
        "#writing_version = :version",
        "(#writing_version = :version AND #writer = :me)",
    ),
    condition(
        "a try cuts its heir's lock short",
        "cut short",
        "_MAY_WRITE",
        "#writer_until <= :set_writer_until",
        always("#writer_until", ":set_writer_until"),
    ),
    condition("anybody unlocks", "another's lock", "_WRITING", "#writer = :me", "(#writer = :me OR #writer <> :me)"),
    condition(
        "a deletion takes the place of any version",
        "current goes back",
        "_IN_ITS_PLACE",
        "#current_version = :gone",
        always("#current_version", ":gone"),
    ),
    condition(
        "an overtaken deletion forgets",
        "forgotten",
        "_CLAIMED_STILL",
        "#claimer = :me AND #current_version = :version",
        f"{always('#claimer', ':me')} AND {always('#current_version', ':version')}",
    ),
)
