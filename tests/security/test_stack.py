"""The template is filled in as CloudFormation does it."""

from security.iam import Need, allows
from security.stack import Stack

CLASSIFIER = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/ours"
CUSTOM = {"ClassifierBackend": "custom", "ClassifierEndpointArn": CLASSIFIER}


def _classifies(stack: Stack, action: str, resource: str = "*") -> bool:
    (role,) = (name for name in stack.roles() if name.startswith("ClassifyPrompt"))
    return allows(stack.roles()[role], Need(action, resource))


def test_a_statement_is_there_where_its_condition_holds() -> None:
    assert _classifies(Stack(), "comprehend:DetectToxicContent")
    assert not _classifies(Stack(CUSTOM), "comprehend:DetectToxicContent")
    assert _classifies(Stack(CUSTOM), "comprehend:ClassifyDocument", CLASSIFIER)


def test_a_list_in_a_parameter_is_split() -> None:
    profiles = [f"arn:aws:bedrock:{region}:1:guardrail-profile/a" for region in ("x", "y")]
    stack = Stack(
        {
            "GuardrailArn": "arn:aws:bedrock:x:1:guardrail/a",
            "GuardrailProfileArns": ",".join(profiles),
        }
    )
    assert all(_classifies(stack, "bedrock:ApplyGuardrail", profile) for profile in profiles)


def test_physical_names_come_from_where_the_stack_is() -> None:
    names = {
        "WorkBucket": "stack-work-1",
        "NoticesQueue": "http://127.0.0.1:4566/000000000000/stack-notices-1",
        "GenerateSafeImage": "arn:aws:states:us-east-1:000000000000:stateMachine:stack-machine-1",
    }
    stack = Stack(names=names)
    assert stack.arn("WorkBucket") == "arn:aws:s3:::stack-work-1"
    assert stack.arn("NoticesQueue").endswith(":000000000000:stack-notices-1")
    assert stack.arn("GenerateSafeImage") == names["GenerateSafeImage"]


def test_a_part_of_a_parameter_is_taken_out_of_it() -> None:
    place = {"Fn::Select": [1, {"Fn::Split": ["s3://", {"Ref": "FineTuningScript"}]}]}
    stack = Stack({"FineTuningScript": "s3://bucket/sourcedir.tar.gz"})
    sub = {"Fn::Sub": ["arn:${AWS::Partition}:s3:::${Place}", {"Place": place}]}
    assert stack.resolved(sub) == "arn:aws:s3:::bucket/sourcedir.tar.gz"
