"""What a zip's parts weigh."""

import io
import zipfile

from bench.cold_start.packages import Weight, by_folder, weighed


def packed() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("shared/log.py", b"a" * 1000)
        archive.writestr("shared/moderation/rules.py", b"b" * 10)
        archive.writestr("read_requests/handler.py", bytes(range(256)) * 8)
    return content.getvalue()


def test_the_files_and_their_headers_are_the_zip() -> None:
    content = packed()
    files = weighed(content)
    # The end of the directory has 22 bytes.
    assert sum(weight.zipped for weight in files.values()) + 22 == len(content)
    assert files["shared/log.py"].raw == 1000


def test_folders_are_the_sums_of_their_files_heaviest_first() -> None:
    files = weighed(packed())
    folders = by_folder(files)
    assert list(folders) == ["read_requests", "shared"]
    assert folders["shared"] == files["shared/log.py"] + files["shared/moderation/rules.py"]
    assert Weight(1, 2) + Weight(3, 4) == Weight(4, 6)
