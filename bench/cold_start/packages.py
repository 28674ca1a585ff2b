"""What is deployed weighs: the functions' package, folder by folder, and the layer.

The zip is the one that local deployment uploads, deflated as `sam package` does it; Pillow's layer
is what is installed here, which on another system is another wheel.
"""

from __future__ import annotations

import compileall
import importlib.metadata
import io
import py_compile
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.cold_start.clients import CLIENTS
from bench.cold_start.graph import reached
from bench.cold_start.measure import ROOT
from local.packaging import package

# Lambda quotas (AWS Lambda Developer Guide): a package's zip, and all of it with layers, unzipped.
LAMBDA_ZIP, LAMBDA_UNZIPPED = 50_000_000, 250_000_000
# docs/performance.md says where they come from.
OWN_LIMIT, FILTER_LIMIT = 350_000, 200_000
_LAYER = ("pillow",)


@dataclass(frozen=True)
class Weight:
    """Bytes as they are, and in the zip."""

    raw: int = 0
    zipped: int = 0

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.raw + other.raw, self.zipped + other.zipped)


@dataclass(frozen=True)
class Packages:
    """The one package of all functions; its top folders; what each function can reach of it.

    A function reaches its own modules and those of shared/ that they import, now or later, and all
    of compiled/, which is in the package of every function.
    """

    functions: int
    packages: int
    whole: Weight
    with_compiled_files: Weight
    folders: dict[str, Weight]
    reach: dict[str, Weight]
    layer: Weight


def measure() -> Packages:
    """Of the template and the folders as they are."""
    contents: list[bytes] = []

    def take(content: bytes, suffix: str) -> str:
        if suffix == ".zip":
            contents.append(content)
        return f"s3://bench/{len(contents)}"

    document = package(ROOT / "template.yaml", take)
    functions = [
        resource.get("Properties", {})
        for resource in document["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    common = document["Globals"]["Function"].get("CodeUri")
    zips = {properties.get("CodeUri", common) for properties in functions}
    files = weighed(contents[0])
    return Packages(
        functions=len(functions),
        packages=len(zips),
        whole=_sum(files.values()),
        with_compiled_files=_with_compiled_files(),
        folders=by_folder(files),
        reach={name: _reach(files, name) for name in CLIENTS},
        layer=_layer(),
    )


def weighed(content: bytes) -> dict[str, Weight]:
    """A zip's files, each with its two headers in it (APPNOTE.TXT, 4.3.7 and 4.3.12)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            entry.filename: Weight(
                entry.file_size, entry.compress_size + 30 + 46 + 2 * len(entry.filename.encode())
            )
            for entry in archive.infolist()
        }


def by_folder(files: dict[str, Weight]) -> dict[str, Weight]:
    """The top folders, heaviest first."""
    folders: dict[str, Weight] = {}
    for name, weight in files.items():
        top = name.partition("/")[0]
        folders[top] = folders.get(top, Weight()) + weight
    return dict(sorted(folders.items(), key=lambda one: -one[1].zipped))


def _reach(files: dict[str, Weight], function: str) -> Weight:
    modules = {f"{name.replace('.', '/')}.py" for name in reached(f"{function}.handler", True)}
    return _sum(
        weight
        for name, weight in files.items()
        if name in modules
        or name.startswith("compiled/")
        # Beside its modules, such as the API's description.
        or (name.startswith(f"{function}/") and not name.endswith(".py"))
    )


def _with_compiled_files() -> Weight:
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder, "task")
        shutil.copytree(ROOT / "functions", task, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(
            task, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        return _sum(weighed(_zip((path, path.relative_to(task)) for path in _in(task))).values())


def _layer() -> Weight:
    files = [
        (Path(str(file.locate())), Path("python", file))
        for name in _LAYER
        for file in importlib.metadata.files(name) or ()
        if file.suffix != ".pyc" and ".." not in file.parts
    ]
    return _sum(weighed(_zip(files)).values())


def _in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _zip(files: Iterable[tuple[Path, Path]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in files:
            archive.write(path, name)
    return content.getvalue()


def _sum(weights: Iterable[Weight]) -> Weight:
    return sum(weights, Weight())
