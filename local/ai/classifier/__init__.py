"""The stand-in for Comprehend: a linear model on hashed words and pieces of words.

Training needs NumPy and the texts; answering needs neither. card.md tells what the model is.
"""
