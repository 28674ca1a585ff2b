"""The evaluator that the least-privilege test trusts."""

import pytest
from security.iam import Need, Statement, allows, used

PICTURES = "arn:aws:s3:::work/pictures/*"
READ = Statement("Read", "Allow", ("s3:GetObject", "s3:GetObjectVersion"), (PICTURES,))
DENY = Statement("Deny", "Deny", ("s3:*",), ("arn:aws:s3:::work/pictures/secret/*",))


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", "arn:aws:s3:::work/pictures/a/1.jpg", True),
        ("S3:getobject", "arn:aws:s3:::work/pictures/a", True),
        ("s3:GetObject", "arn:aws:s3:::work/pictures", False),
        ("s3:GetObject", "arn:aws:s3:::work/Pictures/a", False),
        ("s3:GetObject", "arn:aws:s3:::work2/pictures/a", False),
        ("s3:GetObjectTagging", "arn:aws:s3:::work/pictures/a", False),
        ("s3:PutObject", "arn:aws:s3:::work/pictures/a", False),
        ("s3:GetObject", "arn:aws:s3:::work/pictures/secret/a", False),
        ("s3:GetObject", "*", False),
    ],
)
def test_an_allow_must_match_and_no_deny(action: str, resource: str, allowed: bool) -> None:
    assert allows([READ, DENY], Need(action, resource)) is allowed


def test_nothing_allows_nothing() -> None:
    assert not allows([], Need("s3:GetObject", "arn:aws:s3:::work/pictures/a"))


def test_a_question_mark_is_one_character_and_a_dot_itself() -> None:
    one = Statement("", "Allow", ("s3:Get?bject",), ("arn:aws:s3:::w.rk/*",))
    assert allows([one], Need("s3:GetObject", "arn:aws:s3:::w.rk/a"))
    assert not allows([one], Need("s3:GetObject", "arn:aws:s3:::work/a"))
    assert not allows([one], Need("s3:Getbject", "arn:aws:s3:::w.rk/a"))


def test_a_star_resource_is_asked_for_as_such() -> None:
    anything = Statement("", "Allow", ("rekognition:DetectText",), ("*",))
    assert allows([anything], Need("rekognition:DetectText"))


def test_a_permission_is_used_by_a_call_that_it_covers() -> None:
    needs = [Need("s3:GetObject", "arn:aws:s3:::work/pictures/a")]
    by_permission = {pair.action: used(pair, needs) for pair in READ.pairs()}
    assert by_permission == {"s3:GetObject": True, "s3:GetObjectVersion": False}
    assert used(Need("s3:Get*", "arn:aws:s3:::work/*"), needs)
    assert not used(Need("s3:Get*", "arn:aws:s3:::other/*"), needs)


def test_a_document_gives_lists_whatever_it_writes() -> None:
    document = {"Sid": "A", "Effect": "Allow", "Action": "a:B", "Resource": "*"}
    assert Statement.of(document) == Statement("A", "Allow", ("a:B",), ("*",))


@pytest.mark.parametrize("key", ["Condition", "NotAction", "NotResource"])
def test_a_statement_that_is_not_understood_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=key):
        Statement.of({"Effect": "Allow", "Action": "a:B", "Resource": "*", key: {}})


def test_to_whom_a_role_is_handed_and_which_item_is_read_is_for_others_to_show() -> None:
    document = {"Sid": "A", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:role"}
    to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    item = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["queue"]}}
    for met in (to, item, to | item):
        assert Statement.of(document | {"Condition": met}) == Statement.of(document)
    other = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
    with pytest.raises(ValueError, match="PrincipalTag"):
        Statement.of(document | {"Condition": other})
