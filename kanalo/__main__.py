"""Run the command line as ``python -m kanalo``."""

import sys

from kanalo.cli import main

sys.exit(main())
