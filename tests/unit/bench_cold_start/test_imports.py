"""What imports cost, by whose modules they are."""

import pytest

from bench.cold_start.imports import Spent, best, group_of


@pytest.mark.parametrize(
    ("module", "group"),
    [
        ("shared.log", "ours"),
        ("shared", "ours"),
        ("compiled", "ours"),
        ("read_requests.read", "ours"),
        ("read_requests", "ours"),
        ("botocore.session", "boto3"),
        ("urllib3", "boto3"),
        ("PIL.Image", "Pillow"),
        ("unicodedata", "standard library"),
        ("email.message", "standard library"),
    ],
)
def test_a_module_is_somebodys(module: str, group: str) -> None:
    assert group_of(module) == group


def test_each_module_counts_with_its_best_start() -> None:
    first = [("shared.log", 0.5, 3.0), ("gc", 0.2, 0.2)]
    second = [("shared.log", 0.7, 2.0), ("gc", 0.1, 0.1)]
    found = best([first, second], bare={"json"}, in_vain={"shared.log"})
    assert [(one.module, one.own, one.whole) for one in found] == [
        ("shared.log", 0.5, 2.0),
        ("gc", 0.1, 0.1),
    ]
    assert [one.in_vain for one in found] == [True, False]
    spent = Spent(found, runtime=10.0, ms=100.0)
    assert spent.of("ours") == (1, 0.5)
    assert [one.module for one in spent.more] == ["gc"]
