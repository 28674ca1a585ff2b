"""Other people's prompt filters, each in a process and an environment of its own."""
