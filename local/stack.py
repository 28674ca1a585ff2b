"""The whole of Safelight on one machine: AI stand-ins, engine and the deployed template.

`with LocalStack() as stack:` brings it up; then stack.drop(content, key) or stack.put_event(detail)
give a token, stack.wait(token) the execution and its record's key, and stack.record(key) the rest.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import local.policy  # noqa: F401 - makes the functions' modules importable
from local.ai.running import StandIns
from local.deploy import deploy
from local.deployed_stack import DeployedStack
from local.executions import Execution, wait_for_end
from local.page.server import PageServer
from local.running import Engine
from shared.policy import ACTIVE_KEY, SHADOW_KEY

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
STACK_NAME = "safelight"
# Records name who painted by the endpoint, where a model server does not tell its own version.
ENDPOINT_NAME, _SERVED_NAME = "local-painter", "local-generator"
CLASSIFIER_ARN = (
    "arn:aws:comprehend:us-east-1:000000000000:"
    "document-classifier-endpoint/local-hashed-linear-classifier-1"
)
# One for each function of a stack, and one more while two requests meet.
MAX_PROCESSES = 30
# What the template asks for before it lets fine-tune; the stand-in reads none of the three.
FINE_TUNING = {
    "FineTuningImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/local-stand-in:1",
    "FineTuningScript": "s3://local-stand-in/sourcedir.tar.gz",
    "FineTuningModel": "s3://local-stand-in/model.tar.gz",
}
# For people who decide what the policy leaves to them; on one machine, whoever names themself.
REVIEWS = {"Reviews": "true"}
# Pictures that a generator's server is asked for at a time: as many as it paints together.
_GENERATOR_WORKERS = 8
Progress = Callable[[str], None]


class LocalStack(DeployedStack):
    """Starts everything, deploys the template as it is on disk, and ends with the block.

    `parameters` are more of the template's, such as REVIEWS.
    `policies` are bundles by their keys in the policy bucket; without them what ships judges.
    `generator` is the address of a model server, which paints instead of the stand-in.
    The page is served at the first of `page_ports` that is not taken; 0 is a free one.
    """

    def __init__(
        self,
        *,
        on_flagged_prompt: str = "reject",
        parameters: dict[str, str] | None = None,
        policies: dict[str, bytes] | None = None,
        generator: str | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
        page_ports: Sequence[int] = (),
        time_scale: float = 1.0,
        max_processes: int = MAX_PROCESSES,
        progress: Progress = lambda _: None,
    ) -> None:
        self.stand_ins = StandIns(host=host)
        self._make_engine = functools.partial(
            Engine, host=host, port=port, time_scale=time_scale, max_processes=max_processes
        )
        self._on_flagged_prompt, self._progress = on_flagged_prompt, progress
        self._parameters, self._policies = parameters or {}, policies or {}
        self.generator = generator
        self._host, self._page_ports, self.page_url = host, page_ports, ""
        self._endpoint_name = _SERVED_NAME if generator else ENDPOINT_NAME
        self._running = contextlib.ExitStack()
        super().__init__(STACK_NAME, lambda service: self.engine.client(service), {})

    def __enter__(self) -> LocalStack:
        with contextlib.ExitStack() as starting:
            self._progress("starting the AI stand-ins")
            starting.enter_context(self.stand_ins)
            self._progress("starting the engine")
            engine = self._make_engine(ai_endpoint=self.stand_ins.endpoint)
            self.engine = starting.enter_context(engine)
            self.stand_ins.use_engine(self.engine.endpoint)
            deployed = self._deploy(STACK_NAME, self._endpoint_name, self._on_flagged_prompt)
            self.outputs.update(deployed)
            if self._page_ports:
                self.page_url = starting.enter_context(self._page()).url
            self._running = starting.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    @property
    def endpoint(self) -> str:
        """Where every AWS service of the stack answers."""
        return self.engine.endpoint

    def deploy_another(self, suffix: str, on_flagged_prompt: str) -> DeployedStack:
        """A second stack of the same template, with an endpoint of its own, on this engine."""
        name = f"{STACK_NAME}-{suffix}"
        outputs = self._deploy(name, f"{self._endpoint_name}-{suffix}", on_flagged_prompt)
        return DeployedStack(name, self.client, outputs)

    def wait(self, token: str, seconds: float = 60.0) -> tuple[Execution, str | None]:
        """Wait for the end of what drop() or put_event() started: (execution, record's key)."""
        return wait_for_end(self, token, seconds=seconds)

    def _page(self) -> PageServer:
        *preferred, last = self._page_ports
        serve = functools.partial(
            PageServer,
            self.endpoint,
            self.outputs["ApiId"],
            host=self._host,
            reviews=self._parameters.get("Reviews") == "true",
        )
        for port in preferred:
            try:
                return serve(port=port)
            except OSError:
                self._progress(f"port {port} is taken: the page has another")
        return serve(port=last)

    def _deploy(self, name: str, endpoint_name: str, on_flagged_prompt: str) -> dict[str, str]:
        parameters = {
            "EndpointName": endpoint_name,
            "ClassifierBackend": "custom",
            "ClassifierEndpointArn": CLASSIFIER_ARN,
            "OnFlaggedPrompt": on_flagged_prompt,
            "PolicyRefreshSeconds": "0",
            "ApiAuth": "none",
            **FINE_TUNING,
            **self._parameters,
        }
        if ACTIVE_KEY in self._policies:
            parameters["PolicySource"] = "bucket"
        if SHADOW_KEY in self._policies:
            parameters["ShadowPolicy"] = "true"
        outputs = deploy(self.engine.endpoint, TEMPLATE, name, parameters, self._progress)
        for key, bundle in self._policies.items():
            DeployedStack(name, self.client, outputs).publish_policy(key, bundle)
        make_endpoint(self.stand_ins, endpoint_name, outputs, self.generator)
        return outputs


def make_endpoint(
    stand_ins: StandIns, name: str, outputs: dict[str, str], generator: str | None = None
) -> None:
    """The asynchronous endpoint that a stack with these outputs expects under its name."""
    work = f"s3://{outputs['WorkBucket']}/inference"
    stand_ins.register_endpoint(
        name,
        output_path=f"{work}/output/",
        failure_path=f"{work}/failure/",
        success_topic=outputs["SuccessTopic"],
        error_topic=outputs["ErrorTopic"],
        workers=_GENERATOR_WORKERS if generator else 2,
        container=generator,
    )
