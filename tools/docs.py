"""``./deploy.sh docs``: the pages of ``docs/`` as a site in ``build/docs``, which opens from disk.

A link that leads nowhere, or a page that no other leads to, fails it.
"""

import subprocess

from tools import pinned
from tools.common import BUILD, ROOT, run

SITE = BUILD / "docs"


def main() -> int:
    sphinx = pinned.binary("docs", "sphinx-build")
    strict = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", "--write-all"]
    folders = ["--doctree-dir", str(BUILD / "docs-parsed"), str(ROOT / "docs"), str(SITE)]
    code = subprocess.run([sphinx, "--builder", "html", *strict, *folders], check=False).returncode
    if not code:
        print(f"The site is in {SITE.relative_to(ROOT)}; begin with {SITE.relative_to(ROOT)}/index.html")
    return code


if __name__ == "__main__":
    run(main)
