"""Pseudonyms: the same under a key wherever they are made, known for their own, and unlike under another key."""

import re
import subprocess
import sys
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scandrop.lanes import lane_of
from scandrop.pseudonyms import PATIENT_CHARS, Pseudonyms, key_of, may_be_object_key

KEY = key_of("correct horse battery staple 0123456789")
OURS = Pseudonyms(KEY)
THEIRS = Pseudonyms(key_of("another environment's key, as long as it must be"))
TEXTS = st.text(max_size=80)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(TEXTS)
def test_a_uid_is_a_version_8_uuid_that_fits_its_vr(old):
    new = OURS.uid(old)
    assert re.fullmatch(r"2\.25\.[1-9][0-9]*", new)
    assert len(new) <= 64
    made = uuid.UUID(int=int(new.removeprefix("2.25.")))
    assert (made.version, made.variant) == (8, uuid.RFC_4122)


@given(TEXTS)
def test_a_pseudonym_of_a_pseudonym_is_itself(old):
    assert OURS.uid(OURS.uid(old)) == OURS.uid(old)
    assert OURS.patient_id(OURS.patient_id(old)) == OURS.patient_id(old)
    assert OURS.identifier("StudyID", OURS.patient_id(old)[:16], 16) != OURS.patient_id(old)[:16]


@given(TEXTS)
def test_a_pseudonym_of_another_key_is_an_original(old):
    assert OURS.is_own_uid(OURS.uid(old))
    assert OURS.is_own_identifier(OURS.patient_id(old))
    assert not OURS.is_own_uid(THEIRS.uid(old))
    assert not OURS.is_own_identifier(THEIRS.patient_id(old))
    assert THEIRS.uid(old) != OURS.uid(old) != OURS.uid(THEIRS.uid(old))


@pytest.mark.parametrize("text", ["", "2.25.", "2.25.0", "2.25.1", "2.25." + "9" * 39, "2.25." + "9" * 50, "1.2.3"])
def test_a_uid_from_elsewhere_is_not_taken_for_our_own(text):
    assert not OURS.is_own_uid(text)


def test_every_changed_character_makes_a_pseudonym_a_stranger():
    token = OURS.patient_id("12345")
    changed = [token[:i] + ("7" if token[i] != "7" else "8") + token[i + 1 :] for i in range(len(token))]
    assert not any(map(OURS.is_own_identifier, [*changed, token[:-1], token + "0", token.lower(), f" {token}"]))


def test_a_pseudonym_too_long_for_its_place_is_replaced_by_one_that_fits():
    assert len(OURS.identifier("AccessionNumber", OURS.patient_id("12345"), 16)) == 16


@given(st.sampled_from([12, 16, PATIENT_CHARS, 32]), TEXTS)
def test_an_identifier_has_the_length_asked_for_and_only_capitals_and_digits(chars, old):
    assert re.fullmatch(f"[0-9A-Z]{{{chars}}}", THEIRS.identifier("AccessionNumber", old, chars))


def test_equal_originals_of_different_kinds_cannot_be_linked():
    made = {OURS.identifier(kind, "4711", 16) for kind in ("AccessionNumber", "StudyID", "patient", "folder")}
    assert len(made) == 4


def test_padding_and_the_form_of_an_accent_do_not_make_another_patient_but_letter_case_does():
    assert OURS.patient_id("M\u00fcller ") == OURS.patient_id("Mu\u0308ller\0")
    assert OURS.patient_id("m\u00fcller") != OURS.patient_id("M\u00fcller")


@given(TEXTS)
def test_dates_move_into_the_past_by_at_most_ten_years_and_only_once(patient):
    assert -3652 <= OURS.date_shift_days(patient) <= -1
    assert OURS.date_shift_days(OURS.patient_id(patient)) == 0
    assert OURS.date_shift_days(OURS.uid(patient)) == 0


def test_the_shifts_of_many_patients_spread_over_the_ten_years():
    shifts = {OURS.date_shift_days(str(patient)) for patient in range(2000)}
    assert len(shifts) > 1400
    assert min(shifts) < -3600
    assert max(shifts) > -50


def test_another_process_makes_the_same_pseudonyms():
    code = (
        "from scandrop.pseudonyms import *; p = Pseudonyms(key_of('correct horse battery staple 0123456789'));"
        "print(p.uid('1.2.3'), p.patient_id('4711'), p.date_shift_days('4711'), p.object_key('a/b.dcm'), p.fingerprint)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    there = run.stdout.split()
    here = [OURS.uid("1.2.3"), OURS.patient_id("4711"), str(OURS.date_shift_days("4711"))]
    assert there == [*here, OURS.object_key("a/b.dcm"), OURS.fingerprint]


def test_the_pseudonyms_of_this_version_are_those_of_the_next():
    assert OURS.uid("1.2.840.113619.2.5") == "2.25.129285490124328598378489151245768623400"
    assert OURS.patient_id("4711") == "BSQMV2MXFXY32SSC3G2N"
    assert OURS.identifier("AccessionNumber", "4711", 16) == "4V0E4KDETJZ5601B"
    assert OURS.date_shift_days("4711") == -1856
    assert OURS.object_key("Doe^Jane/1950 knee.DCM") == "AEHS6DR47B72XBHD6EQN/HNXQV4YFK5Q1EDNH1T07.dcm"


def test_the_fingerprint_tells_keys_apart_and_the_key_is_nowhere_shown():
    assert re.fullmatch("[0-9a-f]{8}", OURS.fingerprint)
    assert OURS.fingerprint != THEIRS.fingerprint
    assert repr(OURS) == f"Pseudonyms({OURS.fingerprint})"


def test_a_key_shorter_than_32_characters_is_refused_without_being_repeated():
    with pytest.raises(ValueError, match="has 31 characters and needs at least 32") as refused:
        key_of(f" {'k' * 31}\n")
    assert "kk" not in str(refused.value)
    assert key_of(f" {'k' * 32}\n") == b"k" * 32


def test_an_object_key_keeps_its_folders_apart_its_suffix_and_its_lane():
    first, second = OURS.object_key("ward 7/Doe Jane 1950/IM1.DCM"), OURS.object_key("ward 7/Doe Jane 1950/IM2.nii.gz")
    assert first.split("/")[:2] == second.split("/")[:2]
    assert re.fullmatch(r"([0-9A-Z]{20}/){2}[0-9A-Z]{20}\.nii\.gz", second)
    assert lane_of(second) == "nifti"
    assert "." not in OURS.object_key("ward 7/Doe.Jane")


@given(KEYS)
@example("a/" * 400 + "b.png")
@example("/a//b/")
def test_an_object_key_is_made_pseudonymous_once_and_fits_s3(key):
    made = OURS.object_key(key)
    assert OURS.is_own_object_key(made)
    assert OURS.object_key(made) == made
    assert lane_of(made) == lane_of(key)
    assert len(made) < 900
    assert not {part for part in key.split("/") if part} & set(made.split("/"))


@given(KEYS, KEYS)
@example("a.dcm", "a.DCM")
@example("a", "a ")
@example("\u00fc.png", "u\u0308.png")
def test_different_object_keys_stay_different(key, other):
    assert (OURS.object_key(key) == OURS.object_key(other)) is (key == other)


def test_a_key_of_another_environment_is_no_own_key():
    assert not OURS.is_own_object_key(THEIRS.object_key("a/b.dcm"))
    assert not OURS.is_own_object_key("")
    assert not OURS.is_own_object_key(OURS.object_key("a/b.dcm").replace(".dcm", ".DCM"))


@given(KEYS)
@example("a//b.nii.gz")
def test_the_form_of_an_own_object_key_can_be_told_without_the_key(key):
    assert may_be_object_key(OURS.object_key(key))
    assert may_be_object_key(THEIRS.object_key(key))


@pytest.mark.parametrize("key", ["ward 7/Doe_Jane_1950.dcm", "0123456789ABCDEFGHJK/Doe.dcm", "DOE.dcm"])
def test_a_raw_key_has_another_form(key):
    assert not may_be_object_key(key)
