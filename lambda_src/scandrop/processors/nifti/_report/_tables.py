"""What the report says in words and numbers."""

from collections.abc import Iterator, Mapping, Sequence

from scandrop.processors import Json
from scandrop.processors.nifti._report import Findings
from scandrop.processors.nifti._report._html import Html, joined, tag
from scandrop.processors.nifti._report._numbers import MISSING, counted, number, ranges
from scandrop.processors.nifti._verdict import Status

_VERDICTS = {"pass": ("✓", "Pass"), "warn": ("!", "Warning"), "fail": ("✕", "Fail")}

_REFERENCES = (
    (
        "Framewise displacement, DVARS, outliers",
        "Power et al. (2012), NeuroImage 59:2142",
        "10.1016/j.neuroimage.2011.10.018",
    ),
    ("rmsd", "Jenkinson et al. (2002), NeuroImage 17:825", "10.1006/nimg.2002.1132"),
    ("Standardised DVARS", "Afyouni and Nichols (2018), NeuroImage 172:291", "10.1016/j.neuroimage.2017.12.098"),
    ("Carpet plot", "Power (2017), NeuroImage 154:150", "10.1016/j.neuroimage.2016.08.009"),
    ("Names of the quality metrics", "Esteban et al. (2017), PLOS ONE 12:e0184661", "10.1371/journal.pone.0184661"),
    ("Names of the confounds", "Esteban et al. (2019), Nature Methods 16:111", "10.1038/s41592-018-0235-4"),
    ("24 motion parameters", "Friston et al. (1996), MRM 35:346", "10.1002/mrm.1910350312"),
    ("Global correlation", "Saad et al. (2013), Brain Connectivity 3:339", "10.1089/brain.2013.0156"),
    ("File names and sidecars", "Gorgolewski et al. (2016), Scientific Data 3:160044", "10.1038/sdata.2016.44"),
)


def verdict(found: Findings) -> Html:
    sign, word = _VERDICTS[found.status]
    return tag(
        "div",
        tag("strong", tag("span", f"{sign} ", aria_hidden="true"), word),
        tag("ul", *(_judged(*each) for each in found.judged)),
        class_=f"verdict {found.status}",
    )


def _judged(status: Status, sentence: str) -> Html:
    sign, _ = _VERDICTS[status]
    return tag(
        "li", tag("span", f"{sign} ", aria_hidden="true"), sentence, class_="for" if status == "pass" else "against"
    )


def facts(found: Findings) -> Html:
    """What one wants to know first."""
    value = found.metrics.get
    seconds = found.tr_s and found.tr_s * found.volumes
    shown = (
        ("Mean framewise displacement", number(value("fd_mean"), 3), "mm"),
        ("Steady volumes, no outliers", number(value("kept_percent"), 3), "%"),
        ("Median temporal SNR", number(value("tsnr"), 3), ""),
        ("Volumes", number(found.volumes), ""),
        ("Repetition time", number(found.tr_s), "s"),
        ("Duration", *((MISSING, "") if not seconds else (f"{seconds // 60:.0f} min {seconds % 60:.0f}", "s"))),
    )
    items = (
        tag("div", tag("dt", name), tag("dd", text, tag("small", unit) if unit and text != MISSING else None))
        for name, text, unit in shown
    )
    return tag("dl", *items, class_="facts")


def warnings(found: Findings) -> Html | None:
    return tag("div", _list(found.warnings), class_="verdict warn") if found.warnings else None


def _list(sentences: Sequence[str]) -> Html | None:
    return tag("ul", *(tag("li", sentence) for sentence in sentences)) if sentences else None


def volumes(found: Findings) -> Html:
    listed = (
        ("Reference", number(found.reference_volume)),
        (f"Before steady state ({len(found.non_steady)})", ranges(found.non_steady)),
        (f"Outliers ({len(found.outliers)}), flagged", ranges(found.outliers)),
    )
    early, steady = found.is_outlier & found.is_non_steady, ~found.is_non_steady
    rule = (
        f"Volumes are counted from 0. Outliers are those with a framewise displacement above {found.fd_scrub_mm:g} mm "
        f"or a std_dvars above {found.std_dvars_scrub:g}: {len(found.outliers)} of {counted(found.volumes, 'volume')}, "
        f"{early.sum()} of them before steady state. All stay in the corrected run; each has a column in the "
        "confounds, for an analysis to leave it out."
    )
    share = f" Of the {steady.sum()} steady volumes {(steady & ~found.is_outlier).sum()} are no outliers."
    rows = (joined(tag("dt", name), tag("dd", text)) for name, text in listed)
    return joined(tag("p", rule, share if found.is_realigned else None), tag("dl", *rows, class_="lists"))


def numbers(found: Findings) -> Html:
    rows = (_row(name, value, *found.definitions.get(name, ("", ""))) for name, value in found.metrics.items())
    head = tag(
        "tr",
        *(
            tag("th", title, scope="col", class_=kind)
            for title, kind in (("Name", None), ("Value", "n"), ("Unit", None))
        ),
        tag("th", "Definition", scope="col"),
    )
    caption = tag("caption", "Quality metrics by the names that qc.json has for them.")
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="numbers")


def _row(name: str, value: float | None, unit: str, definition: str) -> Html:
    return tag(
        "tr", tag("th", name, scope="row"), tag("td", number(value), class_="n"), tag("td", unit), tag("td", definition)
    )


def provenance(found: Findings) -> Html:
    rows = (tag("tr", tag("th", name, scope="row"), tag("td", text)) for name, text in _flat(found.provenance))
    caption = tag("caption", "What made these derivatives, and with which settings.")
    return tag("table", caption, tag("tbody", *rows), class_="plain")


def _flat(values: Mapping[str, Json], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested names joined by dots."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield (
                before + name,
                ", ".join(map(number, value)) or "none" if isinstance(value, list | tuple) else number(value),
            )


def references() -> Html:
    items = (
        tag("li", f"{what}: {paper}, ", tag("a", f"doi:{doi}", href=f"https://doi.org/{doi}", rel="noreferrer"), ".")
        for what, paper, doi in _REFERENCES
    )
    return tag("ul", *items, class_="refs")
