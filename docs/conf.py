"""Settings of the site: `make docs` builds it in build/site."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from kanalo import __version__  # noqa: E402 - the checkout's own package

project = "kanalo"
author = "The kanalo authors"
copyright = "2026, the kanalo authors"  # noqa: A001 - the name that Sphinx reads
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "generated_pages",
]
root_doc = "index"
exclude_patterns = ["README.md", "_ext"]
nitpicky = True
# Docstrings name types of numpy and pandas, whose inventories would need a network.
nitpick_ignore_regex = [("py:.*", "(?s:.*)")]
# A name that several modules export is linked to one of them.
suppress_warnings = ["ref.python"]
default_role = "py:obj"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = f"kanalo {release}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
}
