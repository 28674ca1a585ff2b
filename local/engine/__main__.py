"""`python -m local.engine`: start the engine and serve until it is told to stop."""

from __future__ import annotations

from local.engine import server, settings

if __name__ == "__main__":
    server.run(settings.parse())
