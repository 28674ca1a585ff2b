"""The `safelight` command."""


def main() -> None:
    raise SystemExit("not here yet")
