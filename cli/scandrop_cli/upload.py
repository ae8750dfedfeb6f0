"""Putting files into the raw bucket: several at once, in parts, and not what is already there.

Each object carries its file's SHA-256 as user metadata. S3's own checksums would not do for the comparison: of an
object sent in parts they depend on where the parts were cut, or need a library to be computed.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import S3Transfer, TransferConfig
from botocore.exceptions import ClientError

from scandrop.processing import file_sha256
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.errors import is_gone
from scandrop_cli.files import LocalFile

MULTIPART_BYTES = 32 << 20
_PART_BYTES = 16 << 20  # S3 takes 10,000 parts; boto3 doubles the part where a file needs more
_FILES_AT_ONCE = 8
_SHA256 = "sha256"


@dataclass(frozen=True)
class Upload:
    """What became of one file: ``uploaded``, ``skipped`` because it is there, or ``failed`` with the reason."""

    file: LocalFile
    status: str
    error: str | None = None


def upload_files(
    environment: Environment,
    files: Sequence[LocalFile],
    on_bytes: Callable[[int], object] = lambda _: None,
    *,
    force: bool = False,
) -> list[Upload]:
    """Upload files to their keys; `on_bytes` hears of all bytes that are done with, from the threads that send them.

    With `force` even what is there is sent, as a new version, so that it is processed again.
    A file that cannot be read does not stop the others. What AWS refuses does: calling again goes on from there.
    """
    config = TransferConfig(
        multipart_threshold=MULTIPART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=CONNECTIONS
    )
    with (
        ThreadPoolExecutor(_FILES_AT_ONCE) as pool,
        S3Transfer(environment.s3, config) as transfer,  # type: ignore[arg-type]  # the stubs name another Config
    ):

        def upload(file: LocalFile) -> Upload:
            try:
                sha256 = file_sha256(file.path)
                if not force and _is_there(environment, file, sha256):
                    on_bytes(file.size_bytes)
                    return Upload(file, "skipped")
                extra = {"Metadata": {_SHA256: sha256}}
                transfer.upload_file(str(file.path), environment.raw_bucket, file.key, on_bytes, extra)
            except OSError as error:
                return Upload(file, "failed", error.strerror)
            except S3UploadFailedError as error:
                raise error.__context__ or error from None
            return Upload(file, "uploaded")

        uploads = [pool.submit(upload, file) for file in files]
        try:
            return [upload.result() for upload in uploads]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _is_there(environment: Environment, file: LocalFile, sha256: str) -> bool:
    try:
        head = environment.s3.head_object(Bucket=environment.raw_bucket, Key=file.key)
    except ClientError as error:
        if is_gone(error):
            return False
        raise
    return head["Metadata"].get(_SHA256) == sha256
