"""What the standard itself publishes, which therefore names nobody: UIDs, defined terms, codes that are no numbers.

From ``pydicom`` (MIT): the UIDs of PS3.6, the codes and body parts of PS3.16; from ``standard/ps3.3-defined-terms.txt``
the values of code strings, from ``standard/ps3.3-iods.tsv`` the SOP classes that are newer.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final, cast

import pydicom
from pydicom._uid_dict import UID_dictionary
from pydicom.sr import _concepts_dict

from tools.dicom_standard import STANDARD, rows

ROOT: Final = "1.2.840.10008."
INSTANCES: Final = ("Well-known frame of reference", "Well-known SOP Instance", "Synchronization Frame of Reference")
BODY_PARTS: Final = frozenset({4, 4009, 4016, 4028, 4031, 4040})  # context groups of anatomic regions
LONGEST_TERM: Final = 16  # characters of a CS
NEWER_TERMS: Final = frozenset({"ISO_15444_15", "ISO_18181_1"})  # of LossyImageCompressionMethod
MORE_UNITS: Final = """
    m nm km m2 m3 l L dl dL ml mL ul uL g kg mg ug ng g/l mg/l g/cm3 g/ml kg/m2 kg/m3 mg/dl mg/dL us ns Hz kHz MHz
    kHz/s V uV uA mA A mAs mA.s uA.s keV eV J mJ W mW N Pa T mGy uGy cGy dGy mSv uSv kBq GBq kBq/ml MBq/ml Ci uCi
    mCi/ml dGy.cm2 cGy.cm2 mGy.cm2 uGy.m2 Gy.m2 Gy.cm2 mGy.cm mGy/s mGy/min uGy/s mm/Hz m/s m/s2 mm/min cm/s2 ml/h
    l/min ml/beat ml/m2 ml/cm3 mol/l mmol/l umol/l mmol/kg g/m2 g/m mm2/ms 10*6 10*3 10*-3 10*-6.mm2/s 1/s 1/min
    /mm /ms [degF] K mm[H2O] Ohm ms/s deg/s {events} {pixels} {pixel} {frames} {images} {voxels} {beats}/min {bpm}
"""

MODULE: Final = '''\
"""What the standard itself publishes, and what therefore names nobody: UIDs, defined terms, codes that are no numbers.

Made by ``python -m tools.dicom_tables`` from PS3.3, PS3.6 and PS3.16 {edition}: not to be edited. Lines of text,
because they are read faster than as many entries of a display are compiled.
"""

from typing import Final


def _uids(arcs: str) -> frozenset[str]:
    return frozenset(f"{root}{{arc}}" for arc in arcs.split())


INSTANCE_UIDS: Final = _uids(  # frames of reference, palettes and atlases that everyone shares
    """
{instances}
"""
)
UIDS: Final = INSTANCE_UIDS | _uids(
    """
{uids}
"""
)
TERMS: Final = frozenset(  # whole values of code strings: defined terms, and body parts
    """\\
{terms}
""".replace("\\n", "|").split("|")
) - {{""}}
DCM_CODES: Final = frozenset(  # those of DCM that are no numbers
    str.split("""
{codes}
""")
)
UNITS: Final = frozenset(  # of UCUM, as they are usual in imaging
    str.split("""
{units}
""")
)
'''


def module() -> str:
    """The source of the lane's _published.py."""
    instances = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind in INSTANCES}
    newer = {sop_class for sop_class, *_ in rows("ps3.3-iods.tsv")}
    return MODULE.format(
        edition=pydicom.__dicom_version__,
        root=ROOT,
        instances=_arcs(instances),
        uids=_arcs((newer | UID_dictionary.keys()) - instances),
        terms=_barred({*NEWER_TERMS, *_terms(), *_body_parts()}),
        codes=_filled({code for code, _, _ in _concepts("DCM") if not code.isdigit()}),
        units=_filled({code for code, _, _ in _concepts("UCUM")} | set(MORE_UNITS.split())),
    )


def _arcs(uids: Iterable[str]) -> str:
    return _filled({uid.removeprefix(ROOT) for uid in uids if uid.startswith(ROOT)})


def _filled(words: set[str]) -> str:
    return textwrap.fill(" ".join(sorted(words)), 116, break_long_words=False, break_on_hyphens=False)


def _barred(values: set[str]) -> str:
    """Values with spaces: between bars, none broken."""
    lines, line = [], ""
    for value in sorted(values):
        if len(line) + len(value) > 115:
            lines.append(line)
            line = ""
        line += f"{value}|"
    return "\n".join([*lines, line])


def _terms() -> Iterator[str]:
    lines = (STANDARD / "ps3.3-defined-terms.txt").read_text().splitlines()
    text = " ".join(line for line in lines if not line.startswith("#"))
    return (term.strip() for term in text.split("|"))


def _body_parts() -> Iterator[str]:
    """As PS3.16 Annex L writes them: in capitals, without spaces."""
    terms = (meaning.upper().replace(" ", "") for _, meaning, groups in _concepts("SCT") if BODY_PARTS & set(groups))
    return (term for term in terms if term.isalpha() and len(term) <= LONGEST_TERM)


def _concepts(scheme: str) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    by_keyword = cast("dict[str, dict[str, tuple[str, tuple[int, ...]]]]", _concepts_dict.concepts[scheme])
    for by_code in by_keyword.values():
        yield from ((code, meaning, groups) for code, (meaning, groups) in by_code.items())
