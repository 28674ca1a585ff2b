"""The procedural painter: deterministic pictures from words, plainly labelled as what they are."""
