"""The policy: what an operator edits, checked, and compiled for the functions."""
