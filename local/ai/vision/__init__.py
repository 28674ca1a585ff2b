"""What the moderator sees with: a published network for sexual content, run in NumPy."""
