"""The policy: what an operator edits, checked, compiled for the functions, tried by their rules."""

import sys
from pathlib import Path

# Lambda imports the functions' modules from their root. So does the command line, which tries a
# policy by the functions' own rules.
sys.path.append(str(Path(__file__).parents[2] / "functions"))
