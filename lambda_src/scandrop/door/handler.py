"""What Lambda calls: `PUT /{key+}` is sent on to S3, `GET /{key+}` tells what became of an object.

API Gateway has checked who asks before anything here runs. No byte of a file is read here: a PUT is answered by a
link to the raw bucket that is good for that very key, size and checksum.
"""

import json
import os
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.config

from scandrop import aws
from scandrop.door.asking import BODY_SHA256, DIGEST_BYTES, SIZE, Event, header, key_in, parameter, upload_in
from scandrop.door.config import Config
from scandrop.door.refusals import REFUSALS, RefusedError
from scandrop.door.results import Results
from scandrop.errors import ScandropError
from scandrop.ledger import Ledger
from scandrop.provisions import Names
from scandrop.storage import Storage
from scandrop.telemetry import Telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from scandrop.handler import Context

# Links by the signature that binds headers, to the bucket's own name in its region (botocore's default for links is one
# for all regions, which redirects), and without a checksum of a body that is not there yet.
_LINKS = botocore.config.Config(
    request_checksum_calculation="when_required", s3={"addressing_style": "virtual"}, signature_version="s3v4"
)

LINK_S = 900  # how long a link can be begun to be used
_AGAIN_S = 5  # how long to wait before asking again
_HEADERS_TOLD = "location, retry-after, x-amzn-requestid"
_HEADERS_ANY = ("authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-api-key")
_HEADERS_TAKEN = ", ".join((*_HEADERS_ANY, *DIGEST_BYTES, BODY_SHA256, SIZE))

type Answer = dict[str, Any]


class Door:
    """The door of one environment; built once per function instance."""

    def __init__(
        self, config: Config, s3: aws.Client, results: Results, known_as: Callable[[str], str], log: "Logger"
    ) -> None:
        self._config = config
        self._s3 = s3
        self._results = results
        self._known_as = known_as
        self._log = log

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Door":
        """Clients as Terraform laid them down. Raises KeyError for a missing variable."""
        config = Config.from_environ(environ)
        s3 = aws.client("s3", _LINKS)
        storage = Storage(s3, config.processed_bucket)
        names = Names(config, lambda: aws.client("secretsmanager"))
        results = Results(config, s3, storage, Ledger(aws.client("dynamodb"), config.table), LINK_S)
        return cls(config, s3, results, names.known_as, Telemetry("door").log)

    def handle(self, event: Event, context: "Context") -> Answer:
        """Answer one request as API Gateway's Lambda proxy integration wants it."""
        self._log.append_keys(request_id=context.aws_request_id)
        method = event["httpMethod"]
        code = "ok"
        try:
            answer = self._answered(method, event)
        except RefusedError as error:
            code, answer = error.code, _refused(error.code, error.message)
        except ScandropError as failure:  # its sentence is the operator's, not the caller's
            self._log.warning("unavailable", extra={"error_code": failure.code, **failure.facts})
            code, answer = failure.code, _refused("unavailable")
        except Exception as error:  # noqa: BLE001  a caller is always told
            where = traceback.extract_tb(error.__traceback__)[-1]  # the error's own words may hold a key
            facts = {"exception": type(error).__name__, "where": f"{where.name}:{where.lineno}"}
            self._log.error("broken", extra=facts)
            code, answer = "broken", _refused("broken")
        self._log.info("answered", extra={"method": method, "code": code, "http_status": answer["statusCode"]})
        answer["headers"] |= self._cors(event)
        return answer

    def _answered(self, method: str, event: Event) -> Answer:
        match method:
            case "PUT":
                return self._sent_on(event)
            case "GET":
                return self._told(event)
            case "OPTIONS":
                return {"statusCode": 204, "headers": {}, "body": ""}
        raise RefusedError("bad_method")

    def _sent_on(self, event: Event) -> Answer:
        """Where to put the file: 307, or 200 for a browser, which cannot see where it is sent."""
        upload = upload_in(event)
        with aws.translated("PutObject"):
            url = aws.presigned_put(self._s3, self._config.raw_bucket, upload.key, upload.headers, LINK_S)
        body = {"url": url, "headers": dict(upload.headers), "expires_in_s": LINK_S}
        if parameter(event, "redirect") == "false":
            return _json(200, body)
        return _json(307, body, Location=url)

    def _told(self, event: Event) -> Answer:
        key = key_in(event)
        result = self._results.of(key, self._known_as(key), parameter(event, "version"))
        if result is None:
            raise RefusedError("not_found")
        if result["settled"]:
            return _json(200, result)
        return _json(202, result, **{"Retry-After": str(_AGAIN_S)})

    def _cors(self, event: Event) -> dict[str, str]:
        """What lets a page of an allowed origin see the answer; nothing for everybody else."""
        origin = header(event, "origin")
        if origin is None or origin not in self._config.cors_origins:
            return {}
        return {
            "Access-Control-Allow-Headers": _HEADERS_TAKEN,
            "Access-Control-Allow-Methods": "GET, PUT",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _HEADERS_TOLD,
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        }


def _refused(code: str, message: str = "") -> Answer:
    refusal = REFUSALS[code]
    again = {"Retry-After": str(_AGAIN_S)} if refusal.status == 503 else {}
    return _json(refusal.status, {"code": code, "message": message or refusal.message, "mend": refusal.mend}, **again)


def _json(status: int, body: Mapping[str, Any], **headers: str) -> Answer:
    told = {"Cache-Control": "no-store", "Content-Type": "application/json", **headers}
    return {"statusCode": status, "headers": told, "body": json.dumps(body, ensure_ascii=False)}


@cache
def _door() -> Door:
    return Door.from_environ(os.environ)


def handle(event: Event, context: "Context") -> Answer:
    """What Lambda calls."""
    return _door().handle(event, context)
