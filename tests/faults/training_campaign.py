"""Chosen trainings on one stack: those that end before the endpoint at the same time, then those
that put a model in service, one after the other, since there is one endpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from faults.case import bound
from faults.job_campaign import JobCampaign, Jobs
from faults.job_case import JobCase
from workflow.running_jobs import ended
from workflow.running_system import Stack
from workflow.running_trainings import (
    begin,
    classifier_name,
    classifiers,
    endpoint_of,
    learnable,
    put_texts,
    stand_in,
    version_of,
)

from shared.jobs import training_id

Json = dict[str, Any]
# Whose calls name the file or the execution, and neither job nor version.
_BY_NAME = {
    ("PrepareTrainingFunction", "GetObject"),
    ("FollowJobsFunction", "DescribeExecution"),
    ("/PrepareTraining", "Invoke"),
}
_BY_JOB = ("PutItem", "UpdateItem", "PutEvents")


@dataclass(frozen=True)
class TrainingCase(JobCase):
    """A training of its own; or, `on_endpoint`, an earlier model that is put in service.

    `no_endpoint`: there is none before.
    """

    kind: str = "classifier"
    on_endpoint: bool = False
    no_endpoint: bool = False

    @property
    def run_name(self) -> str:
        """The execution's name."""
        return f"{self.tag}-1"

    def job_id(self, stack: Stack) -> str:
        return training_id(self.run_name)

    def bound_to(self, stack: Stack) -> Iterator[Json]:
        for number, unbound in enumerate(self.rules):
            call = (unbound["caller"], unbound["operation"])
            text = self.job_id(stack) if call[1] in _BY_JOB else version_of(self.run_name)
            if call in _BY_NAME:
                text = self.tag
            if self.on_endpoint:
                text = classifier_name(stack)
            yield bound({**unbound, "id": self.rule_id(number)}, text)


@dataclass(frozen=True)
class Trainings:
    """What is there when nobody is at work any more: classifiers by their version's name; and by
    the name of each case on the endpoint, what was asked for and the endpoint after it."""

    jobs: Jobs
    classifiers: dict[str, Json]
    served: dict[str, tuple[str, Json | None]]


class TrainingCampaign(JobCampaign):
    """The cases on a stack."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._models: list[str] = []
        self._served: dict[str, tuple[str, Json | None]] = {}

    def conduct(self) -> Trainings:
        """From the first training to the last look of FollowJobs."""
        together = [case for case in self._trainings() if not case.on_endpoint]
        for case in together:
            self._tell(case)
        key = put_texts(self.stack, "models", learnable())
        models = [begin(self.stack, key=key, deploy=False) for _ in range(2)]
        self._run_all(together, 1)
        ends = [ended(self.stack, arn).output for arn in models]
        self._follow()
        self._mend()
        self._models = [end["report"]["model_arn"] for end in ends]
        one_by_one = [case for case in self._trainings() if case.on_endpoint]
        for case in one_by_one:
            self._make_endpoint(there=not case.no_endpoint)
            self._served[case.name] = self._other_model(), None
            self._tell(case)
            self._run(case, 1)
            self._mend()
            self._served[case.name] = self._served[case.name][0], endpoint_of(self.stack)
        return Trainings(self._left(), classifiers(self.stack), self._served)

    def _trainings(self) -> list[TrainingCase]:
        return [case for case in self.cases if isinstance(case, TrainingCase)]

    def _tell(self, case: JobCase) -> None:
        for server in (self.stack.engine, self.stack.stand_ins):
            server.break_calls(*case.bound_to(self.stack))
        put_texts(self.stack, case.tag, learnable())

    def _input(self, case: JobCase) -> Json:
        if case.name in self._served:
            return {"model_arn": self._served[case.name][0]}
        return {"key": f"classifiers/{case.tag}.csv", "deploy": False}

    def _make_endpoint(self, there: bool) -> None:
        comprehend, found = stand_in(self.stack, "comprehend"), endpoint_of(self.stack)
        if found and not there:
            comprehend.delete_endpoint(EndpointArn=found["EndpointArn"])
        if there and not found:
            name = classifier_name(self.stack)
            comprehend.create_endpoint(
                EndpointName=name, ModelArn=self._models[0], DesiredInferenceUnits=1
            )

    def _other_model(self) -> str:
        """One that is not in service."""
        now = endpoint_of(self.stack) or {}
        return next(model for model in self._models if model != now.get("ModelArn"))
