"""Draws docs/images/*.svg: the state machines from their ASL, the system from the template."""
