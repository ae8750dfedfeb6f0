"""A Butterworth filter forwards and backwards, equal to scipy's ``butter`` and ``sosfiltfilt``."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Signals = NDArray[np.float64]
type Sections = NDArray[np.float64]

_ORDER: Final = 5  # nilearn's


def butterworth(low_hz: float, high_hz: float | None, rate_hz: float) -> Sections:
    """The second-order sections of a band-pass from `low_hz` to `high_hz`, or of a high-pass where that is None.

    Returns (n, 6) float64: b0, b1, b2, a0, a1, a2 of each, as scipy writes them. Both frequencies are above 0 and
    below half of `rate_hz`. The poles are those of the analogue prototype, moved to the band and then to the z
    plane by the bilinear transform with its frequencies warped beforehand.
    """
    low = math.tan(math.pi * low_hz / rate_hz)
    upper_half = np.exp(1j * np.pi * (0.5 + (np.arange(_ORDER // 2) + 0.5) / _ORDER))
    if high_hz is None:
        pairs = [_conjugates(low / pole) for pole in upper_half]
        return np.array(
            [*(_section(pair, [1, -2, 1], -1) for pair in pairs), _section(np.array([-low]), [1, -1, 0], -1)]
        )
    high = math.tan(math.pi * high_hz / rate_hz)
    centre = math.sqrt(low * high)
    moved = [_to_band(pole, high - low, centre) for pole in upper_half]
    pairs = [*(_conjugates(pole) for both in moved for pole in both), _to_band(-1, high - low, centre)]
    return np.array([_section(pair, [1, 0, -1], (1 + 1j * centre) / (1 - 1j * centre)) for pair in pairs])


def _conjugates(pole: complex) -> NDArray[np.complex128]:
    return np.array([pole, pole.conjugate()])


def _to_band(pole: complex, width: float, centre: float) -> NDArray[np.complex128]:
    """The two poles that one pole of the prototype becomes in a band."""
    half = pole * width / 2
    root = np.sqrt(half**2 - centre**2 + 0j)
    return np.array([half + root, half - root])


def _section(analogue: NDArray[np.complex128], numerator: list[float], passed: complex) -> NDArray[np.float64]:
    """One section with these poles and zeros, whose gain is 1 at the point `passed` of the unit circle."""
    denominator = np.real(np.poly((1 + analogue) / (1 - analogue)))
    denominator = np.pad(denominator, (0, 3 - len(denominator)))
    gain = abs(np.polyval(denominator, passed) / np.polyval(numerator, passed))
    return np.array([*(gain * np.array(numerator)), *denominator])


def filtfilt(sections: Sections, signals: Signals) -> Signals:
    """The columns of (nt, m) filtered forwards and backwards, so that nothing is delayed.

    Both ends are continued by `padding` volumes of the signal turned about its end, and the filter begins as if the
    first value had been there for ever. Raises ValueError where nt is not above `padding`.
    """
    edge = padding(sections)
    if len(signals) <= edge:
        raise ValueError(f"the filter needs more than {edge} volumes, not {len(signals)}")
    before = 2 * signals[0] - signals[edge:0:-1]
    after = 2 * signals[-1] - signals[-2 : -edge - 2 : -1]
    forwards = _filtered(sections, np.concatenate([before, signals, after]))
    return _filtered(sections, forwards[::-1])[::-1][edge:-edge]


def padding(sections: Sections) -> int:
    """Volumes at each end: three times the filter's taps, as in scipy."""
    first_order = int(np.count_nonzero((sections[:, 2] == 0) & (sections[:, 5] == 0)))
    return 3 * (2 * len(sections) + 1 - first_order)


def _filtered(sections: Sections, signals: Signals) -> Signals:
    for b0, b1, b2, _, a1, a2 in sections:
        steady = (b0 + b1 + b2) / (1 + a1 + a2) * signals[:1]
        before = np.concatenate([signals[:1], signals[:1], signals])
        driven = b0 * before[2:] + b1 * before[1:-1] + b2 * before[:-2]
        signals = np.concatenate([steady, steady, driven])
        for t in range(2, len(signals)):
            signals[t] -= a1 * signals[t - 1] + a2 * signals[t - 2]
        signals = signals[2:]
    return signals
