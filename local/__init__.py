"""Safelight on one machine: the engine, the stand-ins for the AI services, the command line."""
