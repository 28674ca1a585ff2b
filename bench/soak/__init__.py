"""Load with chaos: many requests at once while everything breaks, and the account of them all."""

import local.policy  # noqa: F401 - makes the functions' modules importable
