"""The chain as one Lambda, with a stack of its own, to compare with."""
