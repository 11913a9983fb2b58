"""`python -m evicam` is the command `evicam`."""

import sys

from .cli import main

sys.exit(main())
