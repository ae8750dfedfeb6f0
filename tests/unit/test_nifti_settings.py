"""What an environment can choose for its runs, and what is refused with a sentence."""

import math
import re
from pathlib import Path

import pytest

from scandrop.processors import nifti
from scandrop.processors.nifti import BOLD_DTYPES, LIMITS, NUISANCE, WHOLE_LIMITS, Settings

PARTNERS = {
    "fd_strict_mm": "fd_scrub_mm",
    "warn_mean_fd_mm": "fail_mean_fd_mm",
    "warn_kept_percent": "fail_kept_percent",
    "warn_tsnr": "fail_tsnr",
}
BOUNDS = [(name, bound) for name, limits in (LIMITS | WHOLE_LIMITS).items() for bound in limits]


def together(name, value):
    """A setting and, equal to it, the one that it must not contradict."""
    pairs = PARTNERS | {partner: each for each, partner in PARTNERS.items()}
    return {name: value} | ({pairs[name]: value} if name in pairs else {})


@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_each_bound_is_allowed(name, bound):
    assert getattr(Settings(**together(name, bound)), name) == bound


@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_what_is_past_a_bound_is_refused(name, bound):
    least, _ = (LIMITS | WHOLE_LIMITS)[name]
    step = 1 if name in WHOLE_LIMITS else 0.01
    with pytest.raises(ValueError, match=f"nifti.{name} must be a .*number from "):
        Settings(**{name: bound - step if bound == least else bound + step})


@pytest.mark.parametrize("value", [True, "6", None, math.nan, math.inf])
@pytest.mark.parametrize("name", [*LIMITS, *WHOLE_LIMITS])
def test_what_is_no_number_is_refused(name, value):
    with pytest.raises(ValueError, match=f"nifti.{name} must be a .*number from "):
        Settings(**{name: value})


@pytest.mark.parametrize("name", WHOLE_LIMITS)
def test_whole_numbers_have_no_fraction(name):
    with pytest.raises(ValueError, match=f"nifti.{name} must be a whole number"):
        Settings(**{name: 50.5})


@pytest.mark.parametrize(
    ("contradictory", "sentence"),
    [
        ({"fd_strict_mm": 0.6}, "nifti.fd_strict_mm must be at most nifti.fd_scrub_mm, not 0.6 and 0.5."),
        ({"fail_mean_fd_mm": 0.1}, "nifti.warn_mean_fd_mm must be at most nifti.fail_mean_fd_mm, not 0.2 and 0.1."),
        ({"warn_kept_percent": 40}, "nifti.fail_kept_percent must be at most nifti.warn_kept_percent, not 50 and 40."),
        ({"fail_tsnr": 41}, "nifti.fail_tsnr must be at most nifti.warn_tsnr, not 41 and 40."),
    ],
)
def test_thresholds_that_contradict_each_other_are_refused(contradictory, sentence):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the whole sentence is compared
        Settings(**contradictory)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("width", [0, 0.5, 30])
def test_a_width_is_none_or_can_be_told(width):
    assert Settings(smoothing_fwhm_mm=width).smoothing_fwhm_mm == width


@pytest.mark.parametrize("width", [1e-9, 0.49])
def test_a_width_too_small_to_do_anything_is_refused(width):
    with pytest.raises(ValueError, match=r"must be 0, or at least 0\.5"):
        Settings(smoothing_fwhm_mm=width)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("reference_volume", value) for value in (-1, 1.5, "0", True)],
        *[("bold_dtype", value) for value in ("float64", "")],
        *[("nuisance", value) for value in ("motion24", ["motion12"])],
        *[
            ("band_pass_hz", value)
            for value in ([0.1], [0.1, 0.008], [0, 0.1], [0.1, 0.1], [0.1, math.inf], ["a", "b"])
        ],
        *[("parcellation", value) for value in (None, 3)],
    ],
)
def test_bad_choices_are_refused(name, value):
    with pytest.raises(ValueError, match=f"nifti.{name} must "):
        Settings(**{name: value})


@pytest.mark.parametrize(
    "good",
    [
        *[{"bold_dtype": kind} for kind in BOLD_DTYPES],
        {"nuisance": NUISANCE},
        {"nuisance": []},
        {"band_pass_hz": []},
        {"reference_volume": 0},
        {"parcellation": "atlas/labels.nii.gz"},
    ],
)
def test_good_choices_are_kept(good):
    assert vars(Settings(**good)).items() >= good.items()


def test_the_package_lists_each_of_its_modules():
    listed = re.findall(r"^    (\w+(?:, \w+)*)  ", nifti.__doc__, re.MULTILINE)
    modules = {path.stem for path in Path(nifti.__file__).parent.iterdir()} - {"__pycache__"}
    assert sorted(", ".join(listed).split(", ")) == sorted(modules)
