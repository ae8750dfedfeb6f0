"""How the generated tables are written: lines of text, since those are read faster than displays are compiled."""


def by_tag(tags_by_value: dict[str, str]) -> dict[int, str]:
    """The value of each tag, from the tags of each value."""
    return {int(tag, 16): value for value, tags in tags_by_value.items() for tag in tags.split()}


def by_creator(lines_by_creator: dict[str, str]) -> dict[str, dict[tuple[int, int], str]]:
    """The VR of each private element by its creator, then group and low byte, from lines of group, VR, low bytes."""
    return {creator: _private(lines) for creator, lines in lines_by_creator.items()}


def _private(lines: str) -> dict[tuple[int, int], str]:
    split = (line.split() for line in lines.splitlines())
    return {(int(group, 16), int(low, 16)): vr.replace("/", " or ") for group, vr, *lows in split for low in lows}


def vrs_and_keywords(lines: str) -> tuple[dict[int, str], dict[int, str]]:
    """By tag, from lines of tag, keyword or a hyphen, VR."""
    vrs, keywords = {}, {}
    for line in lines.splitlines():
        tag, keyword, vr = line.split(" ", 2)
        number = int(tag, 16)
        vrs[number], keywords[number] = vr, keyword.lstrip("-")
    return vrs, keywords
