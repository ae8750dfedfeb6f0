"""S3, DynamoDB and SQS in memory, by AWS's rules, with botocore's method names, answers and errors.

Deterministic: ids come from counters and the time from the clock that is handed in. Nothing here sleeps, starts a
thread or copies an object's bytes. ``tests/conformance/`` holds them, moto and MiniStack to the same
rules; what no rule there is for is refused with NotImplementedError rather than guessed.
"""

from .dynamodb import DynamoDB
from .refusals import refusal
from .s3 import S3, S3Client
from .sqs import SQS

__all__ = ["S3", "SQS", "DynamoDB", "S3Client", "refusal"]
