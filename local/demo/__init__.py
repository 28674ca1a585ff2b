"""`safelight demo`: every way a request can end, shown on this machine."""
