"""How Sphinx makes the site of these pages; `./deploy.sh docs` calls it.

The pages are the Markdown that GitHub shows as well, so next to nothing in them is Sphinx's own.
"""

from typing import TYPE_CHECKING

from pygments.lexers.shell import BashLexer
from sphinx.highlighting import lexers

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Scandrop"
html_title = "Scandrop"
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the notebooks are executed by their tests, and shown with the outputs that these left
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # these would come from another's server
myst_heading_anchors = 4  # as on GitHub
suppress_warnings = ["mystnb.unknown_mime_type"]  # what a notebook shows beside a picture or a table

html_theme = "furo"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_js_files = [("copy.js", {"defer": "defer"})]
html_logo = html_favicon = "site/mark.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False  # there is no holder to name
html_theme_options = {"navigation_with_keys": True}


def setup(_app: "Sphinx") -> None:
    """Colour a console block as the shell commands that it is: ours have no prompts and no output."""
    lexers["console"] = BashLexer()
