"""Whether a study could show a person's face, from slices in 3D or in a photograph (PS3.15 E.3.2, CID 7050 113102).

A volume whose body part is not stated is counted in: that it stops below the chin cannot be known. Words in
descriptions can only speak for a head; what speaks against one is BodyPartExamined or a coded region.
"""

import re
from collections.abc import Iterator
from typing import Final

from scandrop.processors.dicom._dataset import Dataset, File, charsets, items, strings, text, uid
from scandrop.processors.dicom._groups import PER_FRAME, macro

SOP_CLASS_UID: Final = 0x00080016
MODALITY: Final = 0x00080060
CODE_VALUE: Final = 0x00080100
CODE_MEANING: Final = 0x00080104
ANATOMIC_REGION_SEQUENCE: Final = 0x00082218
PRIMARY_ANATOMIC_STRUCTURE_SEQUENCE: Final = 0x00082228
BODY_PART_EXAMINED: Final = 0x00180015
FRAME_ANATOMY_SEQUENCE: Final = 0x00209071
PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
RECOGNIZABLE_VISUAL_FEATURES: Final = 0x00280302
# ProcedureCodeSequence and RequestedProcedureCodeSequence
CODED_PROCEDURES: Final = (0x00081032, 0x00321064)
# StudyDescription, SeriesDescription, ProtocolName, RequestedProcedureDescription, PerformedProcedureStepDescription
DESCRIPTIONS: Final = (0x00081030, 0x0008103E, 0x00181030, 0x00321060, 0x00400254)

VOLUMES: Final = frozenset({"CT", "MR", "PT", "SEG"})
VOLUME_CLASSES: Final = frozenset({"1.2.840.10008.5.1.4.1.1.13.1.1", "1.2.840.10008.5.1.4.1.1.13.1.2"})  # X-ray 3D
PHOTOGRAPHS: Final = frozenset({"DMS", "OP", "XC"})
CAN_BE_PHOTOGRAPHS: Final = frozenset({"", "GM", "OT"})
GRAY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})

# head, neck, both, brain, face, skull, orbit, eye, sinus, jaws, cervical spine, whole body: SNOMED CT and what it was
HEAD_CODES: Final = frozenset(
    str.split("""
    69536005 45048000 774007 12738006 89545001 89546000 363654007 42575006 81745001 2095001 91609006 70925003
    661005 122494005 38266002 T-D1100 T-D1600 T-D1000 T-A0100 T-D1200 T-11100 T-D14AE T-D1460 T-AA000 T-22000
    T-11180 T-11170 T-D1213 T-11501 T-D0010
    """)
)
HEAD_WORDS: Final = frozenset(
    str.split("""
    head neck headneck skull brain wbrain face facial orbit orbits eye eyes ear ears nose jaw jaws teeth mouth
    tongue chin iac iam tmj pns nnh hno ent hn cspine hws tof stroke body wholebody wb kopf schädel schaedel hirn
    gehirn gesicht hals auge kiefer ganzkörper tête tete crâne crane cou cerveau visage cabeza cráneo craneo
    cuello cara cabeça cabeca pescoço pescoco testa collo volto cervello hoofd
    """)
)
HEAD_STEMS: Final = (
    *("cran", "cereb", "enceph", "neuro", "maxill", "mandib", "sinus", "pituit", "hypoph", "sella", "carot", "karot"),
    *("cerv", "thyro", "schild", "laryn", "pharyn", "parot", "mastoid", "dental", "tempor", "petrou", "dentit"),
)
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

    RecognizableVisualFeatures is believed: whoever writes NO there has looked, or taken the face away.
    """
    stated = text(file.dataset, RECOGNIZABLE_VISUAL_FEATURES)
    if stated in ("NO", "YES"):
        return ("stated",) if stated == "YES" else ()
    modality = text(file.dataset, MODALITY) or ""
    if modality in PHOTOGRAPHS:
        return ("photograph",)
    if modality in CAN_BE_PHOTOGRAPHS and text(file.dataset, PHOTOMETRIC_INTERPRETATION) not in GRAY:
        return ("photograph_possible",)
    if modality not in VOLUMES and uid(file.dataset, SOP_CLASS_UID) not in VOLUME_CLASSES:
        return ()
    return tuple(_of_volume(file.dataset))


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


def _regions(dataset: Dataset) -> Iterator[Dataset]:
    frames = max(1, len(items(dataset, PER_FRAME)))
    for source in (dataset, *(macro(dataset, frame, FRAME_ANATOMY_SEQUENCE) for frame in range(frames))):
        for sequence in (ANATOMIC_REGION_SEQUENCE, PRIMARY_ANATOMIC_STRUCTURE_SEQUENCE):
            yield from items(source, sequence)


def _descriptions(dataset: Dataset) -> Iterator[str]:
    for tag in DESCRIPTIONS:
        yield from strings(dataset, tag, charsets(dataset))
    for sequence in CODED_PROCEDURES:
        for item in items(dataset, sequence):
            yield from strings(item, CODE_MEANING, charsets(item, charsets(dataset)))


def _is_head(region: Dataset) -> bool:
    return text(region, CODE_VALUE) in HEAD_CODES or _names_head(text(region, CODE_MEANING) or "")


def _is_coded_elsewhere(region: Dataset) -> bool:
    meaning = _words(text(region, CODE_MEANING) or "")
    return bool(set(meaning) & ELSEWHERE) and not _is_head(region)


def _is_elsewhere(part: str) -> bool:
    words = set(_words(part)) - QUALIFIERS
    return bool(words) and words <= ELSEWHERE


def _names_head(words: str) -> bool:
    return any(word in HEAD_WORDS or word.startswith(HEAD_STEMS) for word in _words(words))


def _words(phrase: str) -> list[str]:
    return WORD.findall(phrase.casefold())
