"""The picture of the terminal shows what a person would still see at the end, and fails with the command."""

import sys
from xml.etree import ElementTree as ET

import pytest

from scandrop_cli.errors import OperatorError
from tools.terminal_picture import PICTURES, SCREENS, drawn, left_on_screen, recorded


def test_progress_that_was_cleared_is_gone_and_colours_stay():
    written = "start\r\n⠋ 1 of 2\r\x1b[2K⠙ 2 of 2\r\n more\r\x1b[2K\x1b[1A\x1b[2K\x1b[?25h\x1b[32mdone\x1b[0m\r\n"
    assert left_on_screen(written) == "start\n\x1b[32mdone\x1b[0m"


def test_the_picture_holds_the_command_and_its_lines():
    svg = drawn("\x1b[32mdone\x1b[0m & <well>", "./deploy.sh local")
    text = " ".join(ET.fromstring(svg).itertext())  # noqa: S314 - our own picture
    assert "What ./deploy.sh local shows" in text
    assert "done" in text
    assert "<well>" in text


def test_a_command_is_recorded_as_on_a_terminal():
    assert recorded(f"{sys.executable} -c print(__import__('sys').stdout.isatty())") == "True\r\n"


def test_a_command_that_fails_makes_no_picture_but_is_shown(capsys):
    with pytest.raises(OperatorError, match="exit code 3"):
        recorded(f"{sys.executable} -c print('broken');exit(3)")
    assert "broken" in capsys.readouterr().out


def test_each_screen_is_in_the_pages_as_its_command_draws_it():
    for name, shown in SCREENS.items():
        picture = (PICTURES / f"{name}.svg").read_text()
        assert f"<title>What {shown.command} shows</title>" in picture


def test_a_command_of_the_environment_needs_no_path():
    assert "Drop scans into Scandrop" in recorded("scandrop --help")
