"""A stand-in for Comprehend's custom classification: it really trains a model of its own kind."""
