"""What our own code adds to a request, stage by stage, beside the same chain as one Lambda."""
