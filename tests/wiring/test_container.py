"""The generation server, its image, its stack and its document agree."""

import re

from wiring.system import ROOT

SERVER = ROOT / "container" / "server"
DOCUMENT = (ROOT / "docs" / "container.md").read_text("utf-8")
SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (SERVER / "settings.py").read_text("utf-8")))


def test_every_setting_is_in_the_document_and_every_named_one_exists() -> None:
    table = DOCUMENT.partition("## Settings")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == SETTINGS
    assert set(re.findall(r"`((?!MMS)[A-Z]+_[A-Z_]+)`", DOCUMENT)) <= SETTINGS


def test_the_stack_sets_only_what_the_server_reads() -> None:
    template = (ROOT / "container" / "endpoint.yaml").read_text("utf-8")
    block = re.search(r"\n {8}Environment:\n((?: {10}.+\n)+)", template)
    assert block is not None
    assert set(re.findall(r"^ {10}([A-Z_]+):", block[1], re.MULTILINE)) <= SETTINGS


def test_torch_is_one_version_and_in_no_lock_file() -> None:
    makefile = re.search(r"^TORCH := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    dockerfile = (ROOT / "container" / "Dockerfile").read_text("utf-8")
    assert makefile is not None
    assert f"ARG TORCH={makefile[1]}\n" in dockerfile
    lock = (ROOT / "locks" / "container.txt").read_text("utf-8")
    assert not re.search(r"^(torch|nvidia-|triton)", lock, re.MULTILINE)


def test_the_command_of_its_tests_finds_them() -> None:
    command = re.search(r"-m container (\S+)", (ROOT / "Makefile").read_text("utf-8"))
    assert command is not None
    assert list((ROOT / command[1]).glob("test_*.py"))


def test_one_module_alone_imports_torch() -> None:
    importing = {
        path.name
        for path in SERVER.glob("*.py")
        if re.search(
            r"^\s*(?:import|from) (torch|diffusers|transformers)", path.read_text("utf-8"), re.M
        )
    }
    assert importing == {"pipeline.py"}


def test_every_error_is_in_the_document() -> None:
    sources = "".join(path.read_text("utf-8") for path in SERVER.glob("*.py"))
    kinds = set(re.findall(r'Rejection\(\s*\d+, "(\w+)"', sources))
    assert kinds
    assert all(kind in DOCUMENT for kind in kinds)
    events = set(re.findall(r'(?:tell|self\._fail)\(\s*"(\w+)"', sources))
    assert all(f"`{event}`" in DOCUMENT for event in events)
