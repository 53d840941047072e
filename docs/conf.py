"""How Sphinx builds the site: `make docs`, in English and, with `-D language=ko`, in Korean.

Nothing here calls another library or a benchmark: pages read what is committed. Plots and examples
are made while it builds.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib
from docutils import nodes

HERE: Final = Path(__file__).parent
ROOMS: Final = "The rooms of the package, and which imports which: always one below"
sys.path.insert(0, str(HERE))  # for the modules beside this one

matplotlib.use("svg")

import pictures  # noqa: E402
import translated  # noqa: E402

import backprop  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "backprop"
author = "The backprop authors"
project_copyright = "2026, the backprop authors"
release = version = backprop.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "findings/*",
    "door.html",
    "_templates",
    "locale",
    "work/*.ipynb",
    "work/*.py",
    "work/*.md5",
]
templates_path = ["_templates"]
default_role = "literal"  # in docstrings `x` is code, as in Markdown

locale_dirs = ["locale"]
gettext_compact = False
gettext_location = False
gettext_additional_targets = ["image"]  # the alternative texts

myst_heading_anchors = 3
myst_enable_extensions = ["attrs_block", "colon_fence"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {
    name: name for name in ("Array", "Axes", "Operand", "Result", "Shape", "Tree")
}
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "backprop"
pygments_dark_style = "github-dark"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "work",
    "filename_pattern": "",
    "ignore_pattern": "__init__",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("pictures.svg",),
    "reset_modules": ("pictures.style",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "min_reported_time": 3600,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "plot_gallery": True,
}


def skipped(
    _: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Of `backprop.numpy` NumPy's own names are left out: they have a reference of their own."""
    home = getattr(obj, "__module__", None) or ""
    return True if what == "module" and not home.startswith("backprop") else None


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """A picture stands for its text; a page that is in English alone says so in Korean."""
    text = source[0]
    if page == "architecture":
        text = pictures.MERMAID.sub(f"![{ROOMS}](_pictures/rooms.svg)", text)
    if page == "index" and not (HERE / "findings.md").exists():
        text = text.replace("Findings in the peers <findings>\n", "")
        app.env.note_dependency("findings.md")
    if app.config.language == "ko" and page not in translated.PAGES and "# " in text:
        head, title, rest = re.split(r"^(# .*)$", text, maxsplit=1, flags=re.MULTILINE)
        text = f"{head}{title}\n\n:::{{note}}\n{translated.ELSE}\n:::\n{rest}"
    source[0] = text


def trimmed(_: Sphinx, page: nodes.document) -> None:
    """Without the empty line at the end of each example, which doctest wants there."""
    for block in page.findall(nodes.literal_block):
        block.rawsource = block.astext().rstrip()  # of another text Sphinx colours nothing
        block.children = [nodes.Text(block.rawsource)]


def setup(app: Sphinx) -> None:
    """Make the pictures before the pages are read."""
    app.connect("builder-inited", lambda _: pictures.draw_all(HERE / "_pictures"))
    app.connect("source-read", read)
    app.connect("autodoc-skip-member", skipped)
    app.connect("doctree-read", trimmed)
