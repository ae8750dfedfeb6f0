"""One run: a seed's drops and weather in one environment, until all is quiet, then the dead letters once more."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import network
import processors
import virtual
from choices import Choices, Option
from drops import Drops
from endings import Endings
from environment import Environment
from invariants import Invariants
from kernel import Broken, World
from messages import Messages
from network import WELL, Weather
from view import BEYOND_MARGIN, RIGHT, WITHIN_MARGIN, View

_FAULTS = (
    network.REFUSED,
    network.LOST,
    network.ANSWER_LOST,
    network.LATE,
    network.CRASH_BEFORE,
    network.CRASH_SENDING,
    network.CRASH_AFTER,
    network.FREEZE_BEFORE,
    network.FREEZE_AFTER,
)
_CRASHES = tuple(fate for fate in _FAULTS if fate.startswith("crash"))
_FREEZES = tuple(fate for fate in _FAULTS if fate.startswith("freeze"))
_ANSWERS = (network.REFUSED, network.REFUSED, network.LOST, network.ANSWER_LOST, network.LATE, network.LATE)
_RACING = {
    "zombies": (*_FREEZES, *_FREEZES, network.REFUSED),
    "writers": (*_FREEZES, *_FREEZES, *_FREEZES, network.LATE, network.REFUSED),
    "late": (network.LATE, network.LATE, network.REFUSED),
}
_BEFALLEN = {"writers": ("put_object", "delete_object", "transact_write_items"), "late": ("put_object",)}  # no others
_KINDS = {
    "all": _FAULTS,
    "crashes": _CRASHES,
    "freezes": _FREEZES,
    "answers": _ANSWERS,
    "none": (),
    **_RACING,
}
_CHANCES = (0.02, 0.05, 0.15)
_RACING_CHANCES = {"zombies": (0.1, 0.05, 0.2), "writers": (0.3, 0.1, 0.5), "late": (0.3, 0.1, 0.5)}
_CLOCKS = {RIGHT: (0.0,), WITHIN_MARGIN: (0.0, -14.0, 14.0), BEYOND_MARGIN: (0.0, -120.0, 120.0)}
_WORK_S = (0.3, 2.0, 20.0, 50.0, 200.0)


@dataclass
class Run:
    """What became of one run: the broken invariant, or None; the choices that led there; its story if it was told."""

    broken: str | None
    message: str
    taken: Mapping[str, Option] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    requests: int = 0


def simulate(seed: int | None = None, given: Mapping[str, Option] | None = None, *, telling: bool = False) -> Run:
    """Carry out one run, by a seed or by the choices of a former one. Within `virtual.handler_code()`."""
    choices = Choices(seed, given)
    world = World(choices, telling=telling)
    broken, message = None, ""
    try:
        _live(world)
    except Broken as error:
        broken, message = error.name, str(error)
    finally:
        world.close()
    return Run(broken, message, dict(choices.taken), world.story)


def _live(world: World) -> None:
    choices = world.choices
    kind = choices.pick("weather/kind", (*_KINDS, *_RACING))
    weather = Weather(
        fates=(WELL, *_KINDS[kind]),
        chance=choices.pick("weather/chance", _RACING_CHANCES.get(kind, _CHANCES)),
        jitter=choices.pick("weather/jitter", (0.2, 0.9)),
        racing=kind in _RACING,
        befallen=_BEFALLEN.get(kind, ("",)),
    )
    sequencers = choices.pick("weather/sequencers", ("always", "sometimes"), 0.6 if weather.racing else 0.2) == "always"
    clocks = choices.pick("weather/clocks", tuple(_CLOCKS), 0.3)
    deletions = sequencers and choices.pick("weather/deletions are followed", (False, True), 0.6)
    environment = Environment(
        world,
        weather,
        skews_s=_CLOCKS[clocks],
        sequencers=sequencers,
        deletions=deletions,
        pseudonymous=choices.pick("weather/keys are pseudonymous", (False, True), 0.4),
    )
    drops = Drops(environment, deletes=sequencers, racing=weather.racing)
    view = View(environment, drops, clocks)
    messages, endings = Messages(view), Endings(view)
    environment.deploy(Invariants(view, messages), messages)

    def work() -> None:
        actor = world.actor()
        assert actor is not None
        world.sleep(choices.pick(f"{actor.name}/work", _WORK_S, weather.chance * 4))

    processors.working[:] = [work]
    with virtual.inside(world, environment.client, messages.failed):
        world.start("people", drops.make)
        world.run()
        endings.before_redrive()
        choices.calm = True
        world.tell("all is quiet; the dead letters are put back, and nothing fails any more")
        environment.redrive()
        world.run()
        endings.after_redrive()
