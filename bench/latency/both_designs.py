"""The two designs on one engine, with the same canned services: a stack each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.latency.canned import WORKERS, Canned
from local.deploy import deploy
from local.stack import CLASSIFIER_ARN, ENDPOINT_NAME, ROOT, LocalStack, Progress

ONE_LAMBDA = Path(__file__).parent / "one_lambda"
# Between two looks for the output: half of it is lost on average, and each costs a call.
LOOK_MILLISECONDS = 500
_NAME = "one-lambda"
# One for each function of a stack, 32 of the one that waits, and some to spare.
_PROCESSES = 72


class BothDesigns(LocalStack):
    """`with BothDesigns() as both:` is Safelight's stack, and beside it the chain as one Lambda.

    `canned` takes the services' times.
    """

    def __init__(self, progress: Progress = lambda _: None) -> None:
        super().__init__(max_processes=_PROCESSES, progress=progress)
        self.stand_ins = self.canned = Canned()
        self.one_lambda = ""

    def __enter__(self) -> BothDesigns:
        super().__enter__()
        try:
            self._deploy_beside()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _deploy_beside(self) -> None:
        topics = {
            "success_topic": self.outputs["SuccessTopic"],
            "error_topic": self.outputs["ErrorTopic"],
        }
        self._register(ENDPOINT_NAME, topics)
        # Nobody waits for this one's notices.
        self._register(_NAME, {})
        parameters = {
            **{name: self.outputs[name] for name in ("WorkBucket", "ImagesBucket")},
            "EndpointName": _NAME,
            "ClassifierEndpointArn": CLASSIFIER_ARN,
            "LookMilliseconds": str(LOOK_MILLISECONDS),
        }
        with _packaged() as template:
            outputs = deploy(self.endpoint, template, _NAME, parameters, self._progress)
        self.one_lambda = outputs["FunctionName"]

    def _register(self, name: str, topics: dict[str, str]) -> None:
        work = f"s3://{self.outputs['WorkBucket']}/inference"
        self.canned.register_endpoint(
            name,
            output_path=f"{work}/output/",
            failure_path=f"{work}/failure/",
            workers=WORKERS,
            container=self.canned.endpoint,
            **topics,  # type: ignore[arg-type]
        )

    def functions(self) -> dict[str, dict[str, Any]]:
        """Each function's configuration, by its name on the engine."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return {one["FunctionName"]: one for page in pages for one in page["Functions"]}

    def end_processes(self, functions: Iterable[str]) -> None:
        """Have the functions start anew: an update of their settings does that, as on AWS."""
        settings = self.functions()
        for name in functions:
            self.client("lambda").update_function_configuration(
                FunctionName=name, Timeout=settings[name]["Timeout"]
            )


@contextmanager
def _packaged() -> Iterator[Path]:
    """The one Lambda's template beside its code: our functions, and its handler."""
    with tempfile.TemporaryDirectory(prefix="safelight-one-lambda-") as folder:
        template = Path(folder, "template.yaml")
        shutil.copy(ONE_LAMBDA / "template.yaml", template)
        shutil.copytree(ROOT / "functions", Path(folder, "code"))
        shutil.copytree(ONE_LAMBDA, Path(folder, "code", "one_lambda"))
        yield template
