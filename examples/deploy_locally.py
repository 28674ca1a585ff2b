"""Deploys an example's template beside the stack that `make local` runs.

    python -m examples.deploy_locally TEMPLATE STACK

Parameters that are called as outputs of Safelight's stack get their values.
"""

import argparse
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local import running_instance
from local.deploy import deploy


def main() -> int:
    """Prints the outputs of the example's stack; 1 if no local stack runs."""
    parser = argparse.ArgumentParser(description="Deploy a template to the local engine.")
    parser.add_argument("template", type=Path)
    parser.add_argument("stack")
    given = parser.parse_args()
    running = running_instance.find()
    if running is None:
        sys.stderr.write("no local stack runs; start one with: make local\n")
        return 1
    wanted = yaml_parse(given.template.read_text("utf-8"))["Parameters"]
    shared = {name: running.outputs[name] for name in wanted if name in running.outputs}
    for name, value in deploy(running.endpoint, given.template, given.stack, shared).items():
        sys.stdout.write(f"{name}={value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
