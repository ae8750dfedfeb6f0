"""How many messages a queue holds, as SQS counts them: about so many, and late by up to a minute."""

from collections.abc import Mapping
from typing import Final

from scandrop.aws import Client

WAITING: Final = "ApproximateNumberOfMessages"
DELAYED: Final = "ApproximateNumberOfMessagesDelayed"
IN_WORK: Final = "ApproximateNumberOfMessagesNotVisible"


def depth(sqs: Client, url: str) -> int:
    """How many messages wait, are put off or are in work."""
    return held(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[WAITING, DELAYED, IN_WORK])["Attributes"])


def held(attributes: Mapping[str, str]) -> int:
    """The same of attributes that were asked for already."""
    return sum(int(attributes.get(name, 0)) for name in (WAITING, DELAYED, IN_WORK))
