"""What each lane makes of spoilt files; the makers of whole ones are the unit tests'."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "unit"))
