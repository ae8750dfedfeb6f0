"""One environment: buckets, ledger, queues, and a function per lane, as Terraform lays them down."""

import json
from collections.abc import Mapping
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import virtual
from cloud import PROCESSED, RAW, TABLE, Client, Watch
from functions import MAX_RECEIVES, VISIBILITY_S, Function, Listener
from kernel import World
from network import WELL, Network, Weather
from services import S3, SQS, DynamoDB, S3Client
from services.buckets import Keyspace, Version

from scandrop import events, handler, lanes
from scandrop.pseudonyms import Pseudonyms, key_of

LANES = ("image", "nifti", "record", "other")
_PSEUDONYM_KEY = "k" * 43
_ARN = "arn:aws:sqs:us-east-1:000000000000:"
_RACED_DELAYS_S = (0.2, 1.0, 3.0, 20.0)
_EVENT_DELAYS_S = (0.2, 1.0, 20.0, 90.0, 400.0, 7200.0)


class _S3(S3):
    """S3 with buckets under a KMS key, as Terraform lays down the processed one: equal bytes have other ETags."""

    def store(self, bucket: Keyspace, key: str, body: bytes, facts: Mapping[str, Any]) -> Version:
        version = super().store(bucket, key, body, facts)
        if bucket.name == PROCESSED:
            version.etag = f'"{version.id}-{version.etag[1:]}'
        return version


class Environment:
    """All that is there beside the functions' own memory."""

    def __init__(
        self,
        world: World,
        weather: Weather,
        *,
        skews_s: tuple[float, ...],
        sequencers: bool,
        deletions: bool,
        pseudonymous: bool,
    ) -> None:
        def now() -> float:
            return virtual.BEGINNING.timestamp() + world.now

        self.world = world
        self.s3 = _S3(now, self._on_event)
        self.raw = S3Client(self.s3)
        self.dynamodb = DynamoDB()
        self.sqs = SQS(now)
        self.queues: dict[str, str] = {}
        self.dead_queues: dict[str, str] = {}
        self.functions: dict[str, Function] = {}
        self._network = Network(world, weather)
        self._weather = weather
        self._skews_s = skews_s
        self._sequencers = sequencers
        self._events = 0
        self.sequencers: list[str] = []  # of all that happened in the raw bucket
        self.follows_deletions = deletions
        self.is_pseudonymous = pseudonymous
        pseudonyms = Pseudonyms(key_of(_PSEUDONYM_KEY))
        self.known_as = cache(pseudonyms.object_key if pseudonymous else str)
        for bucket in (RAW, PROCESSED):
            self.raw.create_bucket(Bucket=bucket)
            self.raw.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.dynamodb.create_table(
            TableName=TABLE, KeySchema=[{"AttributeName": "object_key"}, {"AttributeName": "version_id"}]
        )

    @property
    def is_calm(self) -> bool:
        """Whether nothing befalls a request in this run, and no function took longer than it may."""
        return self._weather.fates == (WELL,) and not any(function.has_run_out for function in self.functions.values())

    def deploy(self, watch: Watch, listener: Listener) -> None:
        """Queues and functions; `watch` looks on at each effect and `listener` at each message."""
        self._watch = watch
        for lane in LANES:
            self.dead_queues[lane] = self.sqs.create_queue(QueueName=f"{lane}-dead")["QueueUrl"]
            attributes = {
                "VisibilityTimeout": str(VISIBILITY_S),
                "RedrivePolicy": json.dumps(
                    {"deadLetterTargetArn": f"{_ARN}{lane}-dead", "maxReceiveCount": MAX_RECEIVES}
                ),
            }
            self.queues[lane] = self.sqs.create_queue(QueueName=lane, Attributes=attributes)["QueueUrl"]
        for lane, url in self.queues.items():
            self.functions[lane] = Function(
                self.world, lane, self.sqs, url, self._handler, listener, skews_s=self._skews_s
            )

    def client(self, service: str) -> Any:
        """What `scandrop.aws.client` gives here."""
        if service == "secretsmanager":
            return SimpleNamespace(get_secret_value=lambda **_: {"SecretString": _PSEUDONYM_KEY})
        inner = {"s3": self.raw, "dynamodb": self.dynamodb, "sqs": self.sqs}[service]
        return Client(service, inner, self._network, self._watch, partial(S3Client, self.s3))

    def stirred(self, url: str, after_s: float) -> None:
        """Have the mapping of a queue look, once there is something to see."""
        for function in self.functions.values():
            if function.queue_url == url:
                self.world.at(after_s + 0.001, function.poll)

    def dead_letters(self) -> dict[str, list[dict[str, Any]]]:
        """What lies in each lane's dead-letter queue."""
        return {lane: [json.loads(message.body) for message in self._dead(lane).values()] for lane in self.queues}

    def redrive(self) -> None:
        """Put every dead letter back, as a person would."""
        for lane, url in self.queues.items():
            dead = self._dead(lane)
            for message in list(dead.values()):
                self.sqs.send_message(QueueUrl=url, MessageBody=message.body)
            dead.clear()
            self.stirred(url, 0)

    def _dead(self, lane: str) -> dict[str, Any]:
        return self.sqs.queues[self.dead_queues[lane]].messages

    def _handler(self, lane: str) -> handler.Handler:
        return handler.Handler.from_environ(
            {
                "SCANDROP_LANE": lane,
                "SCANDROP_TABLE": TABLE,
                "SCANDROP_PROCESSED_BUCKET": PROCESSED,
                "SCANDROP_RAW_BUCKET": RAW,
                "SCANDROP_MAX_OBJECT_BYTES": "1000000",
                "SCANDROP_SETTINGS": "{}",
                "SCANDROP_PSEUDONYM_SECRET_ARN": "key",
                "SCANDROP_PSEUDONYMOUS_KEYS": "true" if self.is_pseudonymous else "false",
                "SCANDROP_ON_DELETE": "delete" if self.follows_deletions else "keep",
                "SCANDROP_QUEUE_URL": self.queues[lane],
                "SCANDROP_QUEUE_URLS": json.dumps(self.queues),
                "SCANDROP_DEAD_LETTER_QUEUE_URL": self.dead_queues[lane],
                "SCANDROP_RECEIVES": str(MAX_RECEIVES),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            }
        )

    def _on_event(self, event: dict[str, Any]) -> None:
        detail = event["detail"]
        if detail["bucket"]["name"] != RAW:
            return
        self.sequencers.append(detail["object"]["sequencer"].ljust(events.SEQUENCER_DIGITS, "0"))
        if event["detail-type"] != "Object Created" and not self.follows_deletions:
            return
        self._events += 1
        choices, place = self.world.choices, f"event#{self._events}"
        if not self._sequencers and choices.pick(f"{place}/without a sequencer", (False, True)):
            del detail["object"]["sequencer"]
        lane = lanes.lane_of(detail["object"]["key"])
        body = json.dumps(event)
        racing = self._weather.racing
        for _ in range(choices.pick(f"{place}/copies", (1, 2, 3), 0.6 if racing else 0.3)):
            delay = choices.pick(f"{place}/delay", _RACED_DELAYS_S if racing else _EVENT_DELAYS_S, 0.7)
            self.world.at(delay, lambda: self._deliver(lane, body))

    def _deliver(self, lane: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queues[lane], MessageBody=body)
        self.stirred(self.queues[lane], 0)
