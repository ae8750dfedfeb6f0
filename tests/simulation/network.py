"""What lies between an actor and a service: latency, refusals, lost and late requests, and deaths around them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from kernel import Actor, World
from services import refusal

type Effect = Callable[[], Any]
type Signed = Callable[[], Effect]  # makes the request as it is sent; its effect is when it arrives

_READ_TIMEOUT_S = 30.0
_TRIES = 3  # as scandrop.aws configures botocore
_BACKOFF_S = 0.5
LATENCIES_S = (0.02, 0.005, 0.05, 0.1, 0.5, 2.0, 8.0)
LATE_S = (31.0, 1.0, 33.0, 36.0, 45.0, 63.0, 120.0, 600.0)
FROZEN_S = (100.0, 5.0, 40.0, 91.0, 359.5, 360.2, 361.0, 365.0, 3600.0)

RACED_S = (3600.0, 20.0, 70.0, 110.0, 361.0)
TURNS = (10, 1, 2, 3, 4, 6, 8, 12, 15, 20, 25, 30, 40)

# What may befall one request, besides that it goes well.
WELL = ""
REFUSED = "refused"
LOST = "lost"
ANSWER_LOST = "answer lost"
LATE = "late"
CRASH_BEFORE = "crash before"
CRASH_SENDING = "crash while it is on its way"
CRASH_AFTER = "crash after"
FREEZE_BEFORE = "freeze before"
FREEZE_AFTER = "freeze after"

_TRANSIENT = (  # what botocore tries again by itself
    "InternalError",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
)
_REFUSALS = {
    "s3": ("SlowDown", "ServiceUnavailable", "InternalError"),
    "dynamodb": ("ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError"),
    "sqs": ("ThrottlingException", "ServiceUnavailable"),
}
_CONFLICT = "ConditionalRequestConflict"
_RACES = {
    "put_object": _CONFLICT,
    "transact_write_items": "TransactionCanceledException",
    "update_item": "TransactionConflictException",
}


@dataclass
class Weather:
    """How often something befalls a request in one run, and what. Runs differ: few have everything.

    racing: whether pauses last until others have made so many steps, rather than so many seconds. What needs one step
    between two of another's is rare by the clock.
    befallen: how the operations begin that anything befalls.
    """

    fates: tuple[str, ...]
    chance: float
    jitter: float
    racing: bool = False
    befallen: tuple[str, ...] = ("",)


class Network:
    """Carries requests of actors to services."""

    def __init__(self, world: World, weather: Weather) -> None:
        self._world = world
        self._weather = weather
        self._on_their_way: Counter[str] = Counter()

    def request(self, service: str, operation: str, about: str, signed: Signed) -> Any:
        """What `effect` answers, as botocore would bring it home: tried again where that is what botocore does."""
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._once(service, operation, about, signed)
                return {**answer, "ResponseMetadata": {"RetryAttempts": attempt - 1}}
            except (ReadTimeoutError, ConnectionClosedError):
                if attempt == _TRIES:
                    raise
            except ClientError as error:
                if attempt == _TRIES or error.response["Error"]["Code"] not in _TRANSIENT:
                    raise
            self._world.sleep(_BACKOFF_S * attempt)
        raise AssertionError

    def _once(self, service: str, operation: str, about: str, signed: Signed) -> Any:
        world, actor = self._world, self._world.actor()
        assert actor is not None
        choices = world.choices
        what = f"{operation} {about}"
        where = f"{actor.name}/{what}"
        chance = self._weather.chance if operation.startswith(self._weather.befallen) else 0.0
        fate = choices.pick(where, self._weather.fates, chance)
        if fate == CRASH_BEFORE:
            self._die(actor, f"{what} -> crash before")
        if fate == FREEZE_BEFORE:
            self._freeze(actor, what)
        latency = choices.pick(f"{where}/latency", LATENCIES_S, self._weather.jitter)
        if fate == REFUSED:
            world.sleep(latency)
            raise self._refusal(actor, service, operation, what)
        if self._collides(actor, what):
            world.sleep(latency)
            raise self._refused(operation, what, _CONFLICT)
        answer, effect = _Answer(actor, what), signed()
        if fate == LOST:
            world.tell(f"{what} -> lost, and the client gives it up")
        else:
            self._on_their_way[what] += 1
            self._send(where, latency, partial(self._arrive, answer, effect), late=fate == LATE)
        if fate in {LOST, LATE, ANSWER_LOST}:
            answer.unheard = True
            self._give_up(where, operation)
        if fate == CRASH_SENDING:
            self._die(actor, f"{what} -> crash while it is on its way")
        world.wait()
        if fate == CRASH_AFTER:
            self._die(actor, f"{what} -> crash after")
        if fate == FREEZE_AFTER:
            self._freeze(actor, what)
        return answer.given()

    def _send(self, where: str, latency: float, arrive: Callable[[], None], *, late: bool) -> None:
        if late:
            self._later(f"{where}/late", LATE_S, arrive)
        else:
            self._world.at(latency, arrive)

    def _give_up(self, where: str, operation: str) -> None:
        """The client hears no more of a request: its time is over, or the connection broke."""
        waited = self._world.choices.pick(f"{where}/gives up after", (_READ_TIMEOUT_S, 0.2, 0.2))
        self._world.sleep(waited)
        if waited < _READ_TIMEOUT_S:
            raise ConnectionClosedError(endpoint_url=operation)
        raise ReadTimeoutError(endpoint_url=operation)

    def _later(self, place: str, pauses_s: tuple[float, ...], action: Callable[[], None]) -> None:
        """After some time; in a race, as soon as others have made some steps."""
        choices, seconds = self._world.choices, self._world.choices.pick(place, pauses_s)
        if self._weather.racing:
            self._world.after(choices.pick(f"{place} until", TURNS), seconds, action)
        else:
            self._world.at(seconds, action)

    def _die(self, actor: Actor, why: str) -> None:
        self._world.tell(why)
        self._world.at(0, actor.owner.kill)
        self._world.wait()

    def _freeze(self, actor: Actor, what: str) -> None:
        self._world.tell(f"{what} -> the function is frozen")
        actor.owner.frozen = True
        actor.resume()  # as soon as it thaws
        self._later(f"{actor.name}/{what}/frozen", FROZEN_S if not self._weather.racing else RACED_S, actor.owner.thaw)
        self._world.wait()

    def _refusal(self, actor: Actor, service: str, operation: str, what: str) -> ClientError:
        codes = _REFUSALS[service] + ((_RACES[operation],) if operation in _RACES else ())
        code = self._world.choices.pick(f"{actor.name}/{what}/refusal", codes)
        return self._refused(operation, what, code)

    def _collides(self, actor: Actor, what: str) -> bool:
        """Whether S3 says 409 to an object that another request still on its way is for, as it may."""
        if not what.startswith("put_object") or not self._on_their_way[what]:
            return False
        return bool(self._world.choices.pick(f"{actor.name}/{what}/conflict", (False, True, True)))

    def _arrive(self, answer: "_Answer", effect: Effect) -> None:
        self._on_their_way[answer.what] -= 1
        answer.arrive(effect)

    def _refused(self, operation: str, what: str, code: str) -> ClientError:
        self._world.tell(f"{what} -> {code}")
        reasons: dict[str, Any] = {}
        if code == "TransactionCanceledException":
            reasons["CancellationReasons"] = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        return refusal(operation, code, 503, **reasons)


class _Answer:
    """What comes back of one request, to whoever still waits for it."""

    def __init__(self, actor: Actor, what: str) -> None:
        self.unheard = False
        self._actor = actor
        self.what = what
        self._value: Any = None
        self._error: Exception | None = None

    def arrive(self, effect: Effect) -> None:
        world = self._actor.world
        try:
            self._value = effect()
            said = "ok"
        except ClientError as error:
            self._error = error
            said = error.response["Error"]["Code"]
        if world.telling:
            unheard = " (nobody hears it)" if self.unheard or not self._actor.alive else ""
            world.story.append(f"t={world.now:10.2f} s  {self._actor.name:<14} {self.what} -> {said}{unheard}")
        if said == "ok":  # who is refused may ask over and over
            world.turn()
        if not self.unheard:
            world.at(0, self._actor.resume)

    def given(self) -> Any:
        if self._error:
            raise self._error
        return self._value
