"""The embedded AWS: MiniStack as a process of our own, with its state in one folder.

    with Emulator(Path("aws"), port=4611) as aws:
        subprocess.run(["terraform", "apply"], env=os.environ | aws.variables)

A lock that the server process holds says whether it runs, so that no number of a process is ever trusted after a
restart of the machine. MiniStack writes its state when it is ended. A server that was killed or lost its power
leaves a state of an earlier hour, which is thrown away at the next start, for its owner to fill again.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from scandrop_cli.errors import OperatorError
from tools.common import ROOT

HOST = "127.0.0.1"
STARTS_WITHIN_S = 30
STOPS_WITHIN_S = 30
POLL_S = 0.05


class Emulator:
    """One MiniStack: `folder` holds its state, its log and its lock."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.log = self.folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None  # where this process started it
        self.scratch = self.folder / "tmp"  # what the functions unpack, which nothing else would ever delete
        self._lock = self.folder / "lock"  # held while the server runs; has its pid until it has saved its state

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which any AWS client or Terraform reaches it as the account's root."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    @property
    def running(self) -> bool:
        if not self._lock.exists():
            return False
        with self._lock.open() as lock:
            return not _acquired(lock.fileno())

    @property
    def pid(self) -> int | None:
        """The server's process, until it has saved its state."""
        return int(self._lock.read_text() or 0) or None

    def start(self) -> None:
        """Start it, unless it runs already, and wait until it answers.

        Raises OperatorError where another program has the port or the server ends at once.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as lock:
            if _acquired(lock.fileno()):
                self._refuse_taken_port()
                if self._lock.stat().st_size:
                    self._forget()
                self._launch(lock.fileno())
        self._await_health()

    def stop(self) -> None:
        """End it if it runs, and wait until its state is on the disk."""
        if not self.running:
            return
        server = int(self._lock.read_text())
        os.kill(server, signal.SIGTERM)
        if not _within(STOPS_WITHIN_S, lambda: not self.running):
            os.kill(server, signal.SIGKILL)
        self._reap()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def wipe(self) -> None:
        """End it and delete all that it holds."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _launch(self, lock: int) -> None:
        self._reap()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tools.emulator", str(self._lock)],
                cwd=ROOT,
                env=self._settings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                start_new_session=True,  # a Ctrl-C in the terminal must not end it
            )
        self._lock.write_text(str(self._process.pid))

    def _settings(self) -> dict[str, str]:
        shell = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return shell | {
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": "900",
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(self.folder / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.folder / "state"),
            "TMPDIR": str(self.scratch),
        }

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise OperatorError(
                    f"Port {self.port}, which the embedded AWS needs, cannot be had ({error.strerror}). "
                    "See which program has it and end that, or name another port in env/local.env.",
                    f"lsof -nP -iTCP:{self.port} -sTCP:LISTEN",
                ) from error

    def _forget(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != self._lock:
                path.unlink()

    def _await_health(self) -> None:
        if not _within(STARTS_WITHIN_S, lambda: self._answers() or not self.running) or not self._answers():
            log = self.log.read_text().strip()[-2000:] if self.log.exists() else ""
            raise OperatorError(f"The embedded AWS did not start. Its log ends with:\n{log}", f"less {self.log}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5) as answer:  # noqa: S310  our own
                return bool(answer.status == 200)
        except OSError:
            return False


def free_port() -> int:
    """A port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _acquired(lock: int) -> bool:
    """Take the lock unless a server has it. It is let go when every copy of the descriptor is closed."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    """Wait for `done`, at most so long. Returns whether it came."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def serve(lock: Path) -> None:
    """The server process itself: MiniStack until a signal ends it, and then the mark that its state is saved."""
    from ministack.app import main  # type: ignore[import-untyped]  # noqa: PLC0415  slow, and only the server needs it

    sys.argv = ["ministack"]
    main()
    lock.write_text("")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
