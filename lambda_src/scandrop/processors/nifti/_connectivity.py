"""How regions go together: mean series, nuisance regression, band-pass and Pearson correlation, equal to nilearn's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scandrop.processors import Json
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._arrays import Matrix, Volume
from scandrop.processors.nifti._butterworth import Sections, Signals, butterworth, filtfilt, padding
from scandrop.processors.nifti._confounds import PARAMETERS, Columns
from scandrop.processors.nifti._regions import Regions
from scandrop.processors.nifti._warnings import Warned

_LEAST_DEGREES: Final = 4  # the variance of Fisher's z is 1 / (degrees - 3)
_ROUNDING: Final = 1e-12  # of a signal's own size: what is left below it is no signal


@dataclass(frozen=True)
class Connectivity:
    """The Pearson correlations of a run's regions.

    pearson, fisher_z: (n, n) float64, NaN where there is none, as on the diagonal of fisher_z.
    volumes: how many the series have. outliers_kept: how many of them moved or changed too much and were not taken out.
    degrees_of_freedom: independent volumes that the band-pass and the regression leave; below 4 all is NaN.
    band_hz: the frequencies that were kept: the upper one is None for a high-pass, both for no filter.
    regressors: the confounds that were taken out.
    """

    pearson: Matrix
    volumes: int
    outliers_kept: int
    degrees_of_freedom: int
    band_hz: tuple[float | None, float | None]
    regressors: tuple[str, ...]

    @property
    def is_given(self) -> bool:
        """Whether any two regions have a correlation."""
        return bool(np.isfinite(self.fisher_z).any())

    @property
    def fisher_z(self) -> Matrix:
        with np.errstate(divide="ignore"):
            z = np.arctanh(self.pearson)
        z[~np.isfinite(z)] = np.nan
        return z


def region_series(volumes: Iterable[Volume], regions: Regions) -> Signals:
    """The mean of each region in each volume: float64 (nt, n), one volume in memory at a time."""
    labels = regions.labels.ravel(order="F")
    places = np.argsort(labels, kind="stable")[np.count_nonzero(labels == 0) :]
    starts = np.cumsum(regions.voxels) - regions.voxels
    sums = [
        np.add.reduceat(volume.ravel(order="F")[places], starts, dtype=np.float64) if regions.count else np.empty(0)
        for volume in volumes
    ]
    return np.array(sums) / regions.voxels


def connectivity(
    series: Signals, confounds: Columns, tr_s: float | None, settings: Settings, warned: Warned
) -> Connectivity:
    """Correlate the regions' series without what the confounds explain, within the band.

    series: float64 (nt, n), from `region_series`. confounds: the columns of the confounds table; those of
    ``settings.nuisance`` are taken out, and the volumes that are not in steady state, each by a column of its own.
    Outliers stay in, as in nilearn without a sample mask, unless the settings name them. What cannot be done is told
    in `warned`.
    """
    names = _chosen(settings.nuisance, confounds)
    nuisance = np.stack([_complete(confounds[name]) for name in names], axis=1) if names else np.empty((len(series), 0))
    band = _band(settings.band_pass_hz, tr_s, warned)
    sections = butterworth(band[0], band[1], 1 / tr_s) if band[0] and tr_s else None
    kept = sum(_is_outlier(name) and name not in names for name in confounds)
    nothing = Connectivity(np.full((series.shape[1],) * 2, np.nan), len(series), kept, 0, band, names)
    if sections is not None and len(series) <= padding(sections):
        warned.add("band_pass_too_short", volumes=len(series), needed=padding(sections) + 1)
        return nothing
    cleaned, taken = clean(series, nuisance, sections)
    degrees = max(0, _volumes_left(len(series), band, tr_s) - taken)
    if degrees < _LEAST_DEGREES:
        warned.add("connectivity_too_short", volumes=len(series), degrees=degrees, least=_LEAST_DEGREES)
        return replace(nothing, degrees_of_freedom=degrees)
    pearson = _correlated(cleaned, np.abs(series).max(axis=0), warned)
    return replace(nothing, pearson=pearson, degrees_of_freedom=degrees)


def clean(signals: Signals, confounds: Signals, sections: Sections | None = None) -> tuple[Signals, int]:
    """Signals without trend, without what is outside the band and without what the confounds explain.

    The steps and their order are those of `nilearn.signal.clean` (Lindquist et al. 2019): signals and confounds are
    both detrended and filtered, then the confounds are regressed out.

    signals: float64 (nt, n). confounds: float64 (nt, m). sections: the filter, None for none.
    Returns (nt, n) float64 and how many independent confounds there were.
    """
    both = _detrended(np.hstack([signals, confounds]))
    if sections is not None:
        both = filtfilt(sections, both)
    left, explained = np.hsplit(both, [signals.shape[1]])
    basis = _basis(explained, np.abs(confounds).max(axis=0, initial=0))
    return left - basis @ (basis.T @ left), basis.shape[1]


def write_connectivity(found: Connectivity, regions: Regions, pearson: Path, fisher_z: Path) -> None:
    """Two tables with the regions' names as header and one row for each region; ``n/a`` where there is no value."""
    for path, matrix in ((pearson, found.pearson), (fisher_z, found.fisher_z)):
        rows = (_row(values) for values in matrix.tolist())
        path.write_text("".join(f"{line}\n" for line in ("\t".join(regions.names), *rows)), encoding="utf-8")


def describe(found: Connectivity, regions: Regions) -> Mapping[str, Json]:
    """What the JSON beside the tables says of how they were made."""
    return {
        "Description": "Pearson correlation of the mean series of the regions, rows and columns in the order of the "
        "header; its Fisher z (atanh) stands in the second table, n/a on the diagonal.",
        "Regions": regions.count,
        "RegionsFrom": "parcellation" if regions.from_parcellation else "grid",
        "Steps": "mean per region, linear detrending, Butterworth filter of order 5 forwards and backwards, "
        "regression on equally detrended and filtered confounds (the first of the changes, which has none before it, "
        "counts as the second), Pearson correlation; as nilearn.signal.clean and "
        "ConnectivityMeasure(kind='correlation', cov_estimator=EmpiricalCovariance())",
        "Volumes": found.volumes,
        "OutliersKept": found.outliers_kept,
        "BandPassHz": list(found.band_hz),
        "Regressors": list(found.regressors),
        "DegreesOfFreedom": found.degrees_of_freedom,
    }


def summary(found: Connectivity) -> Mapping[str, Json]:
    """What ``qc.json`` says of the matrix, so that nobody takes it for what it is not."""
    return {
        "is_given": found.is_given,
        "volumes": found.volumes,
        "outliers_kept": found.outliers_kept,
        "regressors": list(found.regressors),
        "band_pass_hz": list(found.band_hz),
        "degrees_of_freedom": found.degrees_of_freedom,
    }


def sentence(found: Connectivity) -> str:
    """The same for a reader."""
    low, high = found.band_hz
    band = "all" if low is None else f"{low:g} to {high:g} Hz" if high else f"{low:g} Hz and above"
    return (
        f"Volumes: {found.volumes}, outliers among them: {found.outliers_kept}. Frequencies: {band}. "
        f"Regressors taken out: {len(found.regressors)}. Degrees of freedom left: {found.degrees_of_freedom}."
    )


def _row(values: Sequence[float]) -> str:
    return "\t".join("n/a" if value != value else f"{value:.8f}" for value in values)  # noqa: PLR0124  # NaN


def _chosen(nuisance: Sequence[str], confounds: Columns) -> tuple[str, ...]:
    """The columns of the table that the settings mean, in the table's order."""
    expansions = ("", "_derivative1", "_power2", "_derivative1_power2")
    wanted = {
        "motion6": set(PARAMETERS),
        "motion24": {name + expansion for name in PARAMETERS for expansion in expansions},
        "global_signal": {"global_signal"},
        "cosines": {name for name in confounds if name.startswith("cosine")},
        "outliers": set(filter(_is_outlier, confounds)),
    }
    names = {name for name in confounds if name.startswith("non_steady_state_outlier")}
    names = names.union(*(wanted[kind] for kind in nuisance))
    return tuple(name for name in confounds if name in names)


def _is_outlier(name: str) -> bool:
    return name.startswith("motion_outlier")


def _complete(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """The column with the first change, which has none before it, like the second: nilearn's `load_confounds`."""
    return np.concatenate([column[1:2], column[1:]]) if np.isnan(column[0]) else column


def _band(band_pass_hz: Sequence[float], tr_s: float | None, warned: Warned) -> tuple[float | None, float | None]:
    """The part of the wanted band that volumes at this distance can hold."""
    if not band_pass_hz:
        return None, None
    if tr_s is None:
        warned.add("band_pass_without_tr")
        return None, None
    low, high = band_pass_hz
    nyquist = 0.5 / tr_s
    facts = {"tr_s": tr_s, "nyquist_hz": round(nyquist, 4)}
    if low >= nyquist:
        warned.add("band_pass_outside", low_hz=low, **facts)
        return None, None
    if high >= nyquist:
        warned.add("band_pass_above_nyquist", high_hz=high, **facts)
        return low, None
    return low, high


def _volumes_left(volumes: int, band: tuple[float | None, float | None], tr_s: float | None) -> int:
    """How many independent volumes the filter leaves of so many; without one, the trend takes two."""
    low, high = band
    if low is None or tr_s is None:
        return volumes - 2
    return int(volumes * 2 * tr_s * ((high or 0.5 / tr_s) - low))


def _detrended(signals: Signals) -> Signals:
    """Without mean and straight line along the first axis."""
    centred = signals - signals.mean(axis=0)
    line = np.arange(len(signals)) - (len(signals) - 1) / 2
    line /= np.linalg.norm(line)
    return centred - np.outer(line, line @ centred)


def _basis(confounds: Signals, sizes: NDArray[np.float64]) -> Signals:
    """Orthonormal columns that span the standardised confounds; those that are only rounding are left out."""
    centred = confounds - confounds.mean(axis=0)
    spread = centred.std(axis=0, ddof=1)
    real = spread > _ROUNDING * sizes
    vectors, strengths, _ = np.linalg.svd(centred[:, real] / spread[real], full_matrices=False)
    return vectors[:, strengths > len(confounds) * np.finfo(float).eps * strengths.max(initial=0)]


def _correlated(series: Signals, sizes: NDArray[np.float64], warned: Warned) -> Matrix:
    """Pearson's r of all pairs of columns, exactly symmetric and 1 on the diagonal; NaN where a column is no signal."""
    centred = series - series.mean(axis=0)
    spread = np.linalg.norm(centred, axis=0)
    silent = spread <= _ROUNDING * sizes * np.sqrt(len(series))
    if silent.any():
        warned.add("regions_without_signal", regions=int(np.count_nonzero(silent)))
    scaled = centred / np.where(silent, np.nan, spread)
    pearson = np.clip(scaled.T @ scaled, -1, 1)
    pearson = (pearson + pearson.T) / 2
    np.fill_diagonal(pearson, np.where(silent, np.nan, 1))
    return pearson
