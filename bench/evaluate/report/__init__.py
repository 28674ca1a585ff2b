"""What is told of an evaluation: on the terminal, as a page, as JSON."""
