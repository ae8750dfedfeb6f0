"""A native decoder in a process of its own: when it dies, hangs or fills the memory, only this try goes with it.

The child is a fork, so that nothing has to be started, imported or sent; what it makes comes back through memory that
both see (Lambda has no /dev/shm). Other threads of the parent do not harm it: it takes no lock that one of them may
have held (modules are imported before, the C library keeps malloc usable across a fork) and leaves by ``os._exit``,
which runs nothing of the parent's.
"""

import faulthandler
import gc
import math
import mmap
import os
import resource
import select
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from scandrop.errors import Rejected

DONE: Final = b"d"
COMPLAINED: Final = b"c"
OUT_OF_MEMORY: Final = b"m"
SPARE_BYTES: Final = 512_000_000  # what a decoder may take besides its result
TIMES_RESULT: Final = 16  # and for each of its bytes: JPEG 2000 works in 32 bits, in several copies
STATM: Final = Path("/proc/self/statm")


def isolated(
    call: Callable[[NDArray[Any]], None], shape: tuple[int, ...], dtype: DTypeLike, seconds: float, decoder: str
) -> NDArray[Any]:
    """The array of `shape` and `dtype` that `call` fills in, zeros where it does not, in a child that has `seconds`.

    `decoder` names it in errors. Raises `Rejected`: ``dicom_pixels_damaged`` where `call` raised,
    ``dicom_decoder_too_slow`` and ``dicom_decoder_died`` (killed by a signal, or out of memory).
    """
    result_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    result: NDArray[Any] = np.frombuffer(mmap.mmap(-1, max(result_bytes, 1)), dtype, math.prod(shape)).reshape(shape)
    told, tell = os.pipe()
    with warnings.catch_warnings():  # threads: see above
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _work(call, result, tell, seconds)
    os.close(tell)
    try:
        word = _word(told, seconds)
    finally:  # also where the wait was interrupted
        os.close(told)
        how = _end(child)
    if word is None:
        raise Rejected("dicom_decoder_too_slow", decoder=decoder, seconds=math.ceil(seconds))
    if word == COMPLAINED:
        raise Rejected("dicom_pixels_damaged", decoder=decoder)
    if word != DONE:
        raise Rejected("dicom_decoder_died", decoder=decoder, how="out of memory" if word == OUT_OF_MEMORY else how)
    return result


def _work(call: Callable[[NDArray[Any]], None], result: NDArray[Any], tell: int, seconds: float) -> NoReturn:
    """All that the child does."""
    word = COMPLAINED
    try:
        gc.disable()  # no finaliser of the parent's objects runs here
        _be_quiet()
        _be_modest(result.nbytes, seconds)
        call(result)
        word = DONE
    except MemoryError:
        word = OUT_OF_MEMORY
    except BaseException:  # noqa: BLE001, S110 (whatever a decoder raises, a panic of Rust's among it)
        pass
    finally:
        try:
            os.write(tell, word)
        finally:
            os._exit(0)


def _be_quiet() -> None:
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _be_modest(result_bytes: int, seconds: float) -> None:
    """Leave no core, end even if the parent is gone, and take no more memory than decoding can need."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    if STATM.exists():
        held = int(STATM.read_text().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, held + SPARE_BYTES + TIMES_RESULT * result_bytes)


def _lower(limit: int, value: int) -> None:
    _, most = resource.getrlimit(limit)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(limit, (value, most))


def _word(told: int, seconds: float) -> bytes | None:
    """What the child said; nothing where it died, None where its time is over."""
    poll = select.poll()
    poll.register(told, select.POLLIN | select.POLLHUP)
    return os.read(told, 1) if poll.poll(math.ceil(seconds * 1000)) else None


def _end(child: int) -> str:
    """Wait for the child, which has said its word or is killed; how it ended."""
    done, status = os.waitpid(child, os.WNOHANG)
    if not done:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
