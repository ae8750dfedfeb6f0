"""What an environment has ready for a lane beside the object: files that settings name, and the pseudonym key.

Each is fetched when it is first asked for and kept as long as the function lives, so that no cold start pays for what
its lane does not use. A fetch that failed is tried anew by the next object.
"""

import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scandrop.aws import Client, translated
from scandrop.errors import Failed, Gone
from scandrop.storage import Storage

if TYPE_CHECKING:
    from scandrop.pseudonyms import Pseudonyms


class Naming(Protocol):
    """What a function's configuration says of names."""

    @property
    def pseudonym_secret_arn(self) -> str: ...

    @property
    def pseudonymous_keys(self) -> bool: ...


class Provided(Naming, Protocol):
    """What is used of a lane's configuration."""

    @property
    def assets(self) -> Mapping[str, Mapping[str, str]]: ...


class Names:
    """The pseudonym key of an environment, and what keys are called by it. Raises `Failed` where it is not there."""

    def __init__(self, config: Naming, secrets: Callable[[], Client]) -> None:
        self._naming = config
        self._secrets = secrets

    @cached_property
    def pseudonym_key(self) -> bytes | None:
        """The environment's key, or None where the lane makes no pseudonyms."""
        if not self._naming.pseudonym_secret_arn:
            return None
        from scandrop.pseudonyms import key_of  # noqa: PLC0415 (most lanes never ask)

        secrets = self._secrets()
        with translated("GetSecretValue"):
            try:
                answer = secrets.get_secret_value(SecretId=self._naming.pseudonym_secret_arn)
            except (
                secrets.exceptions.InvalidRequestException,  # it is marked for deletion
                secrets.exceptions.ResourceNotFoundException,  # Terraform makes the secret without a value
            ) as error:
                raise Failed("no_pseudonym_key") from error
        try:
            return key_of(answer["SecretString"])
        except (KeyError, ValueError) as error:
            raise Failed("no_pseudonym_key") from error

    def known_as(self, key: str) -> str:
        """What a raw key is called everywhere but in the raw bucket: its pseudonym where the environment says so."""
        return self._pseudonyms.object_key(key) if self._naming.pseudonymous_keys else key

    @cached_property
    def _pseudonyms(self) -> "Pseudonyms":
        from scandrop.pseudonyms import Pseudonyms  # noqa: PLC0415 (most lanes never ask)

        if self.pseudonym_key is None:
            raise Failed("no_pseudonym_key")
        return Pseudonyms(self.pseudonym_key)


class Provisions(Names):
    """Those of one lane in one environment. Raises `Failed` where what Terraform promised is not there."""

    def __init__(self, config: Provided, storage: Storage, secrets: Callable[[], Client]) -> None:
        super().__init__(config, secrets)
        self._config = config
        self._storage = storage

    def assets(self) -> dict[str, Path]:
        """The files that the lane's settings name, by setting, on this machine's disk."""
        return {setting: self._asset(**where) for setting, where in self._config.assets.items()}

    def _asset(self, bucket: str, key: str) -> Path:
        """A key of an asset holds its hash, so that a copy never grows old."""
        path = Path(tempfile.gettempdir(), key.replace("/", "-"))
        if not path.exists():
            try:
                self._storage.fetch(bucket, key, path)
            except Gone as gone:  # no object is to be blamed for it
                raise Failed("asset_gone") from gone
        return path
