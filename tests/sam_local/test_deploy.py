"""`sam deploy` of the built template to the local engine, and one prompt through it."""

from __future__ import annotations

import sys

import pytest
from sam_local.sam import RUNTIME, sam

from local.ai.running import StandIns
from local.deployed_stack import DeployedStack
from local.engine.settings import REGION
from local.executions import wait_for_end
from local.running import Engine
from local.stack import CLASSIFIER_ARN, ENDPOINT_NAME, STACK_NAME

HERE = "python{}.{}".format(*sys.version_info)


@pytest.mark.sam_local
@pytest.mark.engine
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("built")
@pytest.mark.skipif(
    RUNTIME != HERE,
    reason=f"the engine runs functions on this interpreter, {HERE}, and Pillow's layer is built for"
    f" {RUNTIME}: make PYTHON={RUNTIME} VENV=.venv-{RUNTIME} test-sam-local",
)
def test_a_prompt_goes_through_the_stack_that_sam_deployed() -> None:
    with StandIns() as stand_ins, Engine(ai_endpoint=stand_ins.endpoint) as engine:
        stand_ins.use_engine(engine.endpoint)
        stack = DeployedStack(STACK_NAME, engine.client, deployed_by_sam(engine))
        work = f"s3://{stack.outputs['WorkBucket']}/inference"
        stand_ins.register_endpoint(
            ENDPOINT_NAME,
            output_path=f"{work}/output/",
            failure_path=f"{work}/failure/",
            success_topic=stack.outputs["SuccessTopic"],
            error_topic=stack.outputs["ErrorTopic"],
        )
        _, request_id = wait_for_end(
            stack, stack.drop(b"a red fox in snow", "prompts/fox.txt"), seconds=60
        )
        assert request_id
        record = stack.record(request_id)
        assert record
        assert record["status"] == "COMPLETED"
        image = record["images"][0]
        assert stack.object(image["bucket"], image["key"], image["version_id"])


def deployed_by_sam(engine: Engine) -> dict[str, str]:
    """The stack's outputs. The flags are those that --guided would ask for."""
    ran = sam(
        *("deploy", "--no-confirm-changeset", "--parameter-overrides"),
        *(f"EndpointName={ENDPOINT_NAME}", "ClassifierBackend=custom"),
        f"ClassifierEndpointArn={CLASSIFIER_ARN}",
        AWS_ENDPOINT_URL=engine.endpoint,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",
        AWS_DEFAULT_REGION=REGION,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    described = engine.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
