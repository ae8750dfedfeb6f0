"""Whether a study could show a person's face, from slices in 3D or in a photograph (PS3.15 E.3.2, CID 7050 113102).

What is of no kind that is known to show none is taken for a volume, and a volume whose body part is not stated is
counted in: that it stops below the chin cannot be known. Words in descriptions can only speak for a head; what speaks
against one is BodyPartExamined or a coded region.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Final

from scandrop.processors.dicom._dataset import Dataset, File, charsets, items, said, strings, text
from scandrop.processors.dicom._groups import macro
from scandrop.processors.dicom._tags import (
    BODY_PART_EXAMINED,
    CODE_MEANING,
    CODE_VALUE,
    MODALITY,
    PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
    PHOTOMETRIC_INTERPRETATION,
    RECOGNIZABLE_VISUAL_FEATURES,
    SOP_CLASS_UID,
)

ANATOMIC_REGION_SEQUENCE: Final = 0x00082218
PRIMARY_ANATOMIC_STRUCTURE_SEQUENCE: Final = 0x00082228
FRAME_ANATOMY_SEQUENCE: Final = 0x00209071
REQUEST_ATTRIBUTES_SEQUENCE: Final = 0x00400275
# ProcedureCodeSequence and RequestedProcedureCodeSequence, and what protocols were scheduled and performed
CODED_PROCEDURES: Final = (0x00081032, 0x00321064, 0x00400008, 0x00400260)
# StudyDescription, SeriesDescription, ProtocolName, RequestedProcedureDescription, ScheduledProcedureStepDescription,
# PerformedProcedureStepDescription
DESCRIPTIONS: Final = (0x00081030, 0x0008103E, 0x00181030, 0x00321060, 0x00400007, 0x00400254)

STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
# CT, MR, X-ray 3D (not of the breast), PET, parametric maps, segmentations and structures, which outline a face
VOLUME_CLASSES: Final = frozenset(
    STORAGE + which
    for which in str.split("""
    2 2.1 2.2 4 4.1 4.3 4.4 13.1.1 13.1.2 30 66.4 66.5 66.7 128 128.1 130 481.3
    """)
)
# photographs of a person, an eye or the skin, and scans of the body's surface
PHOTOGRAPH_CLASSES: Final = frozenset(
    STORAGE + which for which in str.split("68.1 68.2 77.1 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2 77.1.7 77.2")
)
PHOTOGRAPHS: Final = frozenset({"DMS", "OP", "OSS", "XC"})
VOLUMES: Final = frozenset({"CT", "MR", "PT", "RTSTRUCT", "SEG"})
# projections, sections of an eye or a vessel, ultrasound, tissue, curves, plans and documents
FACELESS: Final = frozenset(
    str.split("""
    AR AS ASMT AU BDUS BI BMD CF CR CTPROTOCOL DD DF DG DOC DS DX EC ECG EEG EMG EOG EPS FA FID FS HD IO IOL IVOCT
    IVUS KER KO LEN LP MA MG MS NM OAM OCT OPM OPR OPT OPTBSV OPTENF OPV PA PLAN POS PR PX REG RESP RF RG RTDOSE
    RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN SM SMR SR SRF STAIN US VA VF XA XAPROTOCOL
    """)
)
# ultrasound, nuclear medicine, sections of a vessel or an eye and maps of it, tissue: of a head in colour, yet no face
FACELESS_CLASSES: Final = frozenset(
    STORAGE + which
    for which in str.split("""
    3 3.1 5 6 6.1 6.2 6.3 14.1 14.2 20 77.1.2 77.1.2.1 77.1.3 77.1.5.4 77.1.5.7 77.1.5.8 77.1.6 77.1.8 77.1.9 81.1 82.1
    """)
)
FACELESS_IN_GRAY: Final = frozenset({"ES", "GM"})  # an endoscope looks around before it is inside
GRAY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})

# head, neck, both, brain, face, skull, orbit, eye, sinus, jaws, cervical spine, whole body: SNOMED CT and what it was
HEAD_CODES: Final = frozenset(
    str.split("""
    69536005 45048000 774007 12738006 89545001 89546000 363654007 42575006 81745001 2095001 91609006 70925003
    661005 122494005 38266002 T-D1100 T-D1600 T-D1000 T-A0100 T-D1200 T-11100 T-D14AE T-D1460 T-AA000 T-22000
    T-11180 T-11170 T-D1213 T-11501 T-D0010
    """)
)
# without accents, as the words that are held against them; umlauts are written in either way
HEAD_WORDS: Final = frozenset(
    str.split("""
    face midface scalp eye eyes ear ears nose jaw jaws tooth teeth mouth tongue chin vertex iac iam tmj pns nnh
    hno ent hn cspine hws tof stroke cct cmrt cth ncct nchct ncap body wholebody fullbody totalbody wb panscan
    polytrauma hirn ganzkorper ganzkoerper tete crane cou cerveau visage craneo cuello cara cabeca pescoco testa
    collo volto
    """)
)
HEAD_STEMS: Final = (
    *("cran", "cereb", "enceph", "neuro", "maxill", "mandib", "sinus", "pituit", "hypoph", "sella", "carot", "karot"),
    *("cerv", "thyro", "schild", "laryn", "pharyn", "parot", "mastoid", "dental", "tempor", "petrou", "dentit"),
    *(
        "polytraum",
        "auge",
        "hals",
        "kiefer",
        "nacken",
        "nase",
        "nasoph",
        "ocul",
        "zahn",
        "zygom",
        "oreille",
        "supraaort",
        "traumaspiral",
    ),
)
HEAD_PARTS: Final = (
    *("head", "neck", "brain", "skull", "facial", "nasal", "orbit", "auditor", "intraocul", "periocul"),
    *("kopf", "gehirn", "gesicht", "schadel", "schaedel", "cabeza", "hoofd"),
)
# head and neck, and the cervical spine: "H&N", "C-Spine", "C/T Spine"
ABBREVIATED: Final = re.compile(r"(?<![^\W\d_])(h\s*[&+/]\s*n|c([&+/-]t)?[\W_]*spine)(?![^\W\d_])")
ELSEWHERE: Final = frozenset(
    str.split("""
    abd abdomen abdomenpelvis abdopelvis ankle aorta arm bladder bowel breast calcaneus calf chest chestabdomen
    chestabdpelvis clavicle coccyx colon coronary elbow femur fibula finger foot forearm hand heart heel hip
    humerus kidney knee leg liver lspine lsspine lung lungs ovary pancreas patella pelvis prostate radius rectum
    rib ribs sacrum scapula scrotum shoulder sijoint spleen sspine sternum stomach testis thigh thorax thumb tibia
    tlspine toe tspine ulna uterus wrist
    """)
)
QUALIFIERS: Final = frozenset({"and", "left", "lower", "right", "upper"})
WORD: Final = re.compile(r"[^\W\d_]+")


def recognisable(file: File) -> tuple[str, ...]:
    """Why it could be that a person is recognised, as codes; empty where it is excluded.

    RecognizableVisualFeatures can only speak for it: whether who wrote NO there had looked is not known.
    """
    dataset = file.dataset
    stated = ("stated",) if set(said(dataset, RECOGNIZABLE_VISUAL_FEATURES)) - {"NO"} else ()
    return (*stated, *_of_kind(dataset))


def _of_kind(dataset: Dataset) -> tuple[str, ...]:
    modalities, classes = set(said(dataset, MODALITY)), set(said(dataset, SOP_CLASS_UID))
    if modalities & PHOTOGRAPHS or classes & PHOTOGRAPH_CLASSES:
        return ("photograph",)
    if modalities & VOLUMES or classes & VOLUME_CLASSES:
        return tuple(_of_volume(dataset))
    is_faceless = bool(modalities) and modalities <= FACELESS
    if set(said(dataset, PHOTOMETRIC_INTERPRETATION)) - GRAY:
        is_excluded = is_faceless and (classes & FACELESS_CLASSES or not _shows_head(dataset))
        return () if is_excluded else ("photograph_possible",)
    return () if is_faceless or (modalities and modalities <= FACELESS_IN_GRAY) else tuple(_of_volume(dataset))


def _of_volume(dataset: Dataset) -> Iterator[str]:
    part = text(dataset, BODY_PART_EXAMINED, charsets(dataset)) or ""
    regions = list(_regions(dataset))
    if _names_head(part):
        yield "body_part"
    elif any(map(_is_head, regions)):
        yield "anatomic_region"
    elif not _is_elsewhere(part) and not any(map(_is_coded_elsewhere, regions)):
        yield "body_part_unknown"
    if any(map(_names_head, _descriptions(dataset))):
        yield "description"


def _shows_head(dataset: Dataset) -> bool:
    return bool(set(_of_volume(dataset)) - {"body_part_unknown"})


def _regions(dataset: Dataset) -> Iterator[Dataset]:
    frames = max(1, len(items(dataset, PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)))
    for source in (dataset, *(macro(dataset, frame, FRAME_ANATOMY_SEQUENCE) for frame in range(frames))):
        for sequence in (ANATOMIC_REGION_SEQUENCE, PRIMARY_ANATOMIC_STRUCTURE_SEQUENCE):
            yield from items(source, sequence)


def _descriptions(dataset: Dataset) -> Iterator[str]:
    for source in (dataset, *items(dataset, REQUEST_ATTRIBUTES_SEQUENCE)):
        inherited = charsets(source, charsets(dataset))
        for tag in DESCRIPTIONS:
            yield from strings(source, tag, inherited)
        for item in chain.from_iterable(items(source, sequence) for sequence in CODED_PROCEDURES):
            yield from strings(item, CODE_MEANING, charsets(item, inherited))


def _is_head(region: Dataset) -> bool:
    return text(region, CODE_VALUE) in HEAD_CODES or _names_head(text(region, CODE_MEANING) or "")


def _is_coded_elsewhere(region: Dataset) -> bool:
    meaning = _words(text(region, CODE_MEANING) or "")
    return bool(set(meaning) & ELSEWHERE) and not _is_head(region)


def _is_elsewhere(part: str) -> bool:
    words = set(_words(part)) - QUALIFIERS
    return bool(words) and words <= ELSEWHERE


def _names_head(phrase: str) -> bool:
    return bool(ABBREVIATED.search(phrase.casefold())) or any(map(_is_of_head, _words(phrase)))


def _is_of_head(word: str) -> bool:
    return word in HEAD_WORDS or word.startswith(HEAD_STEMS) or any(part in word for part in HEAD_PARTS)


def _words(phrase: str) -> list[str]:
    """In lower case and without accents, which are separate characters once decomposed."""
    decomposed = unicodedata.normalize("NFKD", phrase.casefold())
    return WORD.findall("".join(character for character in decomposed if not unicodedata.combining(character)))
