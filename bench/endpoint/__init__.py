"""How fast the container's server paints and what memory it takes, beside plain diffusers."""

import os
import sys
from pathlib import Path

CONTAINER = Path(__file__).parents[2] / "container"
# The server is no package of the project: it is found where the container finds it.
if str(CONTAINER) not in sys.path:
    sys.path.insert(0, str(CONTAINER))
# Read when the libraries are imported: what they say of what they load is noise here.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
