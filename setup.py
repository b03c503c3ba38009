"""Build hook: the wheel carries the starter workspace beside the machinery."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CONTENT = ("strategies", "data", "backtests")


class BuildWithStarter(build_py):
    """Copy the content folders to ``kanalo/starter`` in the built package."""

    def run(self) -> None:
        """Build the package, then add the content unless the install is editable."""
        super().run()
        if not self.editable_mode:
            starter = Path(self.build_lib, "kanalo", "starter")
            shutil.rmtree(starter, ignore_errors=True)  # what an earlier build left there
            ignored = shutil.ignore_patterns("__pycache__", "results", "imported", ".*.lock")
            for folder in CONTENT:
                shutil.copytree(folder, starter / folder, ignore=ignored)


setup(cmdclass={"build_py": BuildWithStarter})
