"""Markup that cannot forget to escape: a plain string is text, and only what `tag` made goes in as it is."""

from html import escape


class Html(str):
    """Markup that is ready to stand in a page."""

    __slots__ = ()


type Content = str | Html | None

_VOID = {"col", "img", "meta", "path", "rect"}


def tag(name: str, /, *content: Content, **attributes: str | float | None) -> Html:
    """One element; what is None is left out.

    attributes: ``class_`` and ``aria_label`` become ``class`` and ``aria-label``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(*content)}</{name}>")


def joined(*content: Content) -> Html:
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in content if part is not None))
