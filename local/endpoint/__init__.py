"""The generation endpoint of a stack in an account: adopting a model, looking, taking it down."""
