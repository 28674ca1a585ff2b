"""Breaking things on purpose, and writing down who called what: shared by engine and stand-ins.

Pure: what a call is, which rule takes it, what a broken answer looks like. The engine and the
stand-ins know how to lose a connection or kill a process.
"""
