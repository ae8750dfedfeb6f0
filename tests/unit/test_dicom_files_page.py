"""docs/lanes/dicom-files.md says what becomes of the files in the wheels today."""

from collections import Counter

import pytest

from scandrop.errors import REJECTIONS
from tools.dicom_files_page import FOLDERS, PAGE, page, paths, rows


@pytest.fixture(scope="module")
def found():
    return rows(paths())


def test_the_page_tells_of_this_lane(found):
    assert PAGE.read_text(encoding="utf-8") == page(found)


def test_most_files_become_derivatives_and_the_others_say_why(found):
    outcomes = Counter(row.passed for row in found)
    assert outcomes["processed"] > 150
    assert set(outcomes) - {"processed"} <= set(REJECTIONS) - {"processor_crashed"}
    assert {row.by_default for row in found} <= set(outcomes) | {"dicom_burned_in"}


def test_text_in_pixels_is_let_pass_by_the_setting_only(found):
    assert all(row.passed != "dicom_burned_in" for row in found)
    assert sum(row.by_default == "dicom_burned_in" for row in found) > 50


def test_both_wheels_are_there_with_files_of_many_syntaxes(found):
    assert {row.wheel for row in found} == set(FOLDERS)
    assert len({row.syntax for row in found}) > 10


def test_files_that_only_their_mark_makes_dicom_are_there_too(found):
    unnamed = [row for row in found if not row.name.endswith(".dcm")]
    assert Counter(row.by_default for row in unnamed) == {"processed": 81, "dicom_directory": 7}
