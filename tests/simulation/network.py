"""What lies between an actor and a service: latency, refusals, lost and late requests, and deaths around them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from kernel import Actor, World
from services import refusal

type Effect = Callable[[], Any]
type Signed = Callable[[], Effect]  # makes the request as it is sent; its effect is when it arrives

_READ_TIMEOUT_S = 30
_TRIES = 3  # as scandrop.aws configures botocore
_BACKOFF_S = 0.5
LATENCIES_S = (0.02, 0.005, 0.05, 0.1, 0.5, 2.0, 8.0)
LATE_S = (31.0, 1.0, 33.0, 36.0, 45.0, 63.0, 120.0, 600.0)
FROZEN_S = (100.0, 5.0, 40.0, 91.0, 359.5, 360.2, 361.0, 365.0, 3600.0)

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
_RACES = {
    "put_object": "ConditionalRequestConflict",
    "transact_write_items": "TransactionCanceledException",
    "update_item": "TransactionConflictException",
}


@dataclass
class Weather:
    """How often something befalls a request in one run, and what. Runs differ: few have everything."""

    fates: tuple[str, ...]
    chance: float
    jitter: float


class Network:
    """Carries requests of actors to services."""

    def __init__(self, world: World, weather: Weather) -> None:
        self._world = world
        self._weather = weather

    def request(self, service: str, operation: str, about: str, signed: Signed) -> Any:
        """What `effect` answers, as botocore would bring it home: tried again where that is what botocore does."""
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(service, operation, about, signed)
            except ReadTimeoutError:
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
        fate = choices.pick(f"{actor.name}/fate", self._weather.fates, self._weather.chance)
        if fate == CRASH_BEFORE:
            self._die(actor, f"{what} -> crash before")
        if fate == FREEZE_BEFORE:
            self._freeze(actor, what)
        latency = choices.pick(f"{actor.name}/latency", LATENCIES_S, self._weather.jitter)
        if fate == REFUSED:
            world.sleep(latency)
            raise self._refusal(actor, service, operation, what)
        answer, effect = _Answer(actor, what), signed()
        if fate == LOST:
            world.tell(f"{what} -> lost, and the client times out")
        else:
            late = choices.pick(f"{actor.name}/late", LATE_S) if fate == LATE else 0.0
            world.at(latency + late, lambda: answer.arrive(effect))
        if fate in {LOST, LATE, ANSWER_LOST}:
            answer.unheard = True
            world.sleep(_READ_TIMEOUT_S)
            raise ReadTimeoutError(endpoint_url=operation)
        if fate == CRASH_SENDING:
            self._die(actor, f"{what} -> crash while it is on its way")
        world.wait()
        if fate == CRASH_AFTER:
            self._die(actor, f"{what} -> crash after")
        if fate == FREEZE_AFTER:
            self._freeze(actor, what)
        return answer.given()

    def _die(self, actor: Actor, why: str) -> None:
        self._world.tell(why)
        self._world.at(0, actor.owner.kill)
        self._world.wait()

    def _freeze(self, actor: Actor, what: str) -> None:
        seconds = self._world.choices.pick(f"{actor.name}/frozen", FROZEN_S)
        self._world.tell(f"{what} -> the function is frozen for {seconds:g} s")
        actor.owner.frozen_until = max(actor.owner.frozen_until, self._world.now + seconds)
        self._world.sleep(seconds)

    def _refusal(self, actor: Actor, service: str, operation: str, what: str) -> ClientError:
        codes = _REFUSALS[service] + ((_RACES[operation],) if operation in _RACES else ())
        code = self._world.choices.pick(f"{actor.name}/refusal", codes)
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
        self._what = what
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
            world.story.append(f"t={world.now:10.2f} s  {self._actor.name:<14} {self._what} -> {said}{unheard}")
        if not self.unheard:
            world.at(0, self._actor.resume)

    def given(self) -> Any:
        if self._error:
            raise self._error
        return self._value
