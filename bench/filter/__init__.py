"""How much the keyword filter finds, what it flags wrongly, how fast it is: `make bench-filter`."""
