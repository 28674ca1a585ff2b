"""Judges labelled texts with the filter, the classifier and their peers: `make evaluate`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# The filter and the verdicts are the functions' own code, which imports itself as Lambda does.
if str(ROOT / "functions") not in sys.path:
    sys.path.insert(0, str(ROOT / "functions"))
