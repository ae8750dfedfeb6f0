"""What must hold of messages: none is lost, none burns its receives, and none is a dead letter that was never tried."""

from collections import Counter, defaultdict
from typing import Any

from kernel import Broken
from view import BEYOND_MARGIN, CURRENT, RIGHT, WITHIN_MARGIN, View, object_of, text

_RECEIVES_PER_LEASE = {RIGHT: 2, WITHIN_MARGIN: 4, BEYOND_MARGIN: 1000}
_WAITED = {"busy", "leased", "out_of_time"}
_OUR_OWN = {"unexpected", "package_broken"}  # nothing that befalls a function has it say so


class Messages:
    """Looks on at each message of one run."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._receives: Counter[str] = Counter()
        self._burnt: defaultdict[tuple[str, str], set[int]] = defaultdict(set)  # receives, by message and lease
        self._object_of: dict[str, tuple[str, str]] = {}
        self._tried: set[tuple[str, str]] = set()

    def received(self, message: dict[str, Any]) -> None:
        """A message goes to a function."""
        self._receives[message["MessageId"]] += 1
        self._object_of[message["MessageId"]] = object_of(message["Body"])

    def failed(self, message_id: str, code: str) -> None:
        """A try of a message ended with a code."""
        key, version = self._object_of[message_id]
        if code in _OUR_OWN:
            self._break(Broken("the code broke", f"{key} {version}: {code}"))
        if code not in _WAITED:
            self._tried.add((key, version))
        holder = ""
        if code == "leased":
            holder = text(self._view.item(self._view.known_as(key), version), "owner")
        elif code == "busy":
            holder = text(self._view.item(self._view.known_as(key), CURRENT), "writer")
        if holder:
            self._waited(message_id, holder)

    def _waited(self, message_id: str, holder: str) -> None:
        burnt = self._burnt[message_id, holder]
        burnt.add(self._receives[message_id])
        if len(burnt) > _RECEIVES_PER_LEASE[self._view.clocks]:
            told = f"{message_id} came back {len(burnt)} times to one lease of {holder}"
            self._break(Broken("receives burnt", told))

    def _break(self, broken: Broken) -> None:
        """End the run: whoever handles a message would take what is raised for a failure of its own."""
        self._view.environment.world.fail(broken)

    def sent(self, queue_url: str, body: str) -> None:
        """A function sends a message."""
        version = object_of(body)
        if queue_url in self._view.environment.dead_queues.values() and version not in self._tried:
            raise Broken("a dead letter untried", f"{version[0]} {version[1]} only waited for its turn")

    def acknowledged(self, message: dict[str, Any]) -> None:
        """A message is about to be deleted: nobody else will care for its version."""
        version = self._object_of[message["MessageId"]]
        if not self._view.drops.has(*version):  # one of many versions was deleted for good, which may not matter
            return
        if (self._view.known_as(version[0]), version[1]) in self._view.settled or self._is_queued(
            version, but=message["MessageId"]
        ):
            return
        raise Broken("message lost", f"{version[0]} {version[1]} is not settled, and its message is deleted")

    def _is_queued(self, version: tuple[str, str], but: str) -> bool:
        queues = self._view.environment.sqs.queues.values()
        messages = (message for queue in queues for message in queue.messages.values())
        return any(message.id != but and object_of(message.body) == version for message in messages)
