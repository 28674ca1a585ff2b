"""What tests and the demo tell the stand-ins to do: outside production code, and outside the
services themselves, which know nothing of it."""
