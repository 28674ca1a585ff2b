"""A stand-in for SageMaker's training jobs: it checks what it is given, and trains nothing."""
