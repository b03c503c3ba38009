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
            for folder in CONTENT:
                target = Path(self.build_lib, "kanalo", "starter", folder)
                ignored = shutil.ignore_patterns("__pycache__", "results")
                shutil.copytree(folder, target, ignore=ignored, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithStarter})
