"""What Safelight costs: prices with their sources, what requests use, and choices compared."""
