"""Virtual time, and actors that take turns: each is a greenlet that gives way at every wait and every request.

Nothing runs at once: the loop takes the next due action, so one seed is one run, to the last call.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from choices import Choices
from greenlet import GreenletExit, getcurrent, greenlet

type Action = Callable[[], None]

_ENDLESS = 200_000  # actions of one run; one that needs more goes round in circles


class Broken(AssertionError):
    """Something that must hold did not; `name` is its short name."""

    def __init__(self, name: str, told: str) -> None:
        super().__init__(f"{name}: {told}")
        self.name = name


class Actor:
    """Whoever acts: an invocation, one of its threads, or somebody outside. Threads share their owner's fate."""

    def __init__(self, world: "World", name: str, work: Callable[[], Any], owner: "Actor | None" = None) -> None:
        self.world = world
        self.name = name
        self.owner = owner or self
        self.alive = True
        self.killed = False
        self.frozen = False
        self.skew_s = owner.skew_s if owner else 0.0
        self.threads: list[Actor] = []
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended: Action | None = None
        self._work = work
        self._held: list[Actor] = []
        self._greenlet = greenlet(self._run, parent=world.hub)
        self._greenlet.actor = self

    def resume(self) -> None:
        """Go on, unless dead; once it is thawed, where frozen."""
        if not self.alive or self._greenlet.dead:
            return
        if self.owner.frozen:
            self.owner._held.append(self)  # noqa: SLF001 (its own kind)
            return
        self._greenlet.switch()

    def thaw(self) -> None:
        """Let whoever wanted to go on while the owner was frozen do so."""
        held, self._held, self.frozen = self._held, [], False
        for actor in held:
            self.world.at(0, actor.resume)

    def kill(self) -> None:
        """End it and all its threads, wherever they wait. What they have sent still arrives."""
        if not self.alive:
            return
        for actor in (*self.threads, self):
            actor.alive = False
            if actor._greenlet:  # noqa: SLF001 (its own kind); a greenlet is true from its start to its end
                actor._greenlet.throw(GreenletExit)  # noqa: SLF001
        self.killed = True
        if self.ended:
            self.ended()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except GreenletExit:
            return
        except Exception as error:  # noqa: BLE001 (whoever waits for it raises it again)
            self.error = error
        self.alive = False
        if self.ended:
            self.world.at(0, self.ended)


@dataclass
class _Patience:
    """What waits for so many turns of others."""

    turns: int
    action: Action | None

    def end(self) -> None:
        """Do it, once."""
        action, self.action = self.action, None
        if action:
            action()


class World:
    """The clock and what is due. `tell` keeps the story of the run, for people."""

    def __init__(self, choices: Choices, *, telling: bool = False) -> None:
        self.choices = choices
        self.now = 0.0
        self.hub = getcurrent()
        self.story: list[str] = []
        self.telling = telling
        self._due: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._actors: list[Actor] = []
        self._waiting: list[_Patience] = []

    def at(self, delay_s: float, action: Action) -> None:
        """Have something happen later."""
        heapq.heappush(self._due, (self.now + delay_s, next(self._order), action))

    def after(self, turns: int, at_most_s: float, action: Action) -> None:
        """Have something happen once so many more requests took effect, or so much time has passed."""
        patience = _Patience(turns, action)
        self._waiting.append(patience)
        self.at(at_most_s, patience.end)

    def turn(self) -> None:
        """A request took effect."""
        for patience in self._waiting:
            patience.turns -= 1
            if patience.turns == 0:
                self.at(0, patience.end)
        self._waiting = [patience for patience in self._waiting if patience.turns > 0]

    def start(self, name: str, work: Callable[[], Any], owner: Actor | None = None) -> Actor:
        """A new actor, which begins as soon as the loop comes to it."""
        actor = Actor(self, name, work, owner)
        if owner:
            owner.threads.append(actor)
        self._actors.append(actor)
        self.at(0, actor.resume)
        return actor

    def run(self) -> None:
        """Go on until nothing is due."""
        for _ in range(_ENDLESS):
            if not self._due:
                return
            self.now, _, action = heapq.heappop(self._due)
            action()
        raise Broken("endless", "the run does not come to rest")

    def fail(self, broken: Broken) -> None:
        """End the run: from an actor, whose own code might catch what is raised."""

        def end() -> None:
            raise broken

        self.at(0, end)

    def close(self) -> None:
        """End whoever still waits."""
        for actor in self._actors:
            actor.ended = None
            actor.kill()

    def actor(self) -> Actor | None:
        """Whose turn it is; None between turns."""
        return getattr(getcurrent(), "actor", None)

    def wait(self) -> None:
        """Give way until somebody calls the actor's `resume`."""
        self.hub.switch()

    def sleep(self, seconds: float) -> None:
        """Let the actor whose turn it is rest."""
        actor = self.actor()
        if actor is None:
            raise RuntimeError("Only an actor sleeps.")
        self.at(seconds, actor.resume)
        self.wait()

    def tell(self, line: str) -> None:
        """One line of the story."""
        if self.telling:
            actor = self.actor()
            self.story.append(f"t={self.now:10.2f} s  {actor.name if actor else '-':<14} {line}")
