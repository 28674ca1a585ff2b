"""The stack's own classifier as an operator sees it: its files, its endpoint, what it costs."""
