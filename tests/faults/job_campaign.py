"""All chosen jobs at the same time on one stack; then those that have failed again, unbroken."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from faults.campaign import ResultsSeen, World, plain, settled
from faults.job_case import FLAGGED, PROMPTS, JobCase, pictures
from faults.scene import LONG_AGO, Scene
from workflow.running_system import Stack

from shared.dynamodb import Item

Json = dict[str, Any]
TOGETHER = 6
# Each case that kills FollowJobs ends one look of it; on AWS the next follows in a minute.
_MOST_LOOKS = 60
_MACHINES = {"batch": "RunBatch", "dataset": "ModerateDataset", "classifier": "TrainClassifier"}


@dataclass(frozen=True)
class Jobs:
    """What is there when nobody is at work any more: `world` is what the jobs' rows have left,
    `paid` how often the endpoint was asked for a prompt's pictures, by the case's name."""

    world: World
    items: dict[str, Item]
    objects: dict[str, bytes]
    ended: dict[str, str]
    paid: dict[str, int]

    def job(self, case: JobCase) -> Json:
        """The case's job, its documents parsed."""
        item = self.items[case.job_id(self.world.stack)]
        documents = ("source", "reasons", "report")
        return {
            name: json.loads(str(value)) if name in documents else value
            for name, value in item.items()
        }

    def ends_of(self, job: Json) -> list[Json]:
        """The events of the end of a job's run."""
        return [
            event
            for event in self.world.events
            if event["detail"].get("job_id") == job["job_id"]
            and event["detail"]["run"] == job["run"]
            and event["detail"]["status"] != "RUNNING"
        ]

    def records(self, case: JobCase) -> dict[int, Json]:
        """The records of a batch's lines."""
        job_id = case.job_id(self.world.stack)
        mine = (one for one in self.world.records if one["source"].get("job_id") == job_id)
        return {int(record["source"]["line"]): record for record in mine}


class JobCampaign:
    """The cases on a stack."""

    def __init__(self, stack: Stack, results: ResultsSeen, cases: list[JobCase]) -> None:
        self.stack, self.results, self.cases = stack, results, cases
        self.problems: dict[str, BaseException] = {}
        self.met: Counter[str] = Counter()

    def run(self) -> tuple[Jobs, Jobs]:
        """(what the broken runs left, what was left when the failed ones had run again)"""
        self._start_nothing_by_events()
        for case in self.cases:
            self._tell(case)
        self._run_all(self.cases, 1)
        broken = self._left()
        self._mend()
        failed = [case for case in self.cases if self._has_failed(case, broken)]
        self._run_all(failed, 2)
        return broken, self._left()

    def _mend(self) -> None:
        """Ends all rules, and keeps how often they have met their calls."""
        for server in (self.stack.engine, self.stack.stand_ins):
            for rule in server.broken_calls():
                self.met[rule["id"]] += rule["injected"]
            server.mend()

    def check(self, case: JobCase) -> None:
        """Raises what went wrong with a case itself; asserts that it has broken something."""
        if problem := self.problems.get(case.name):
            raise problem
        unmet = [number for number in range(len(case.rules)) if not self.met[case.rule_id(number)]]
        assert not unmet, f"rules that met no call: {[case.rules[number] for number in unmet]}"

    def _start_nothing_by_events(self) -> None:
        """Executions are started by name, so that rules can tell them from others."""
        events = self.stack.client("events")
        for rule in events.list_rules(NamePrefix=f"{self.stack.name}-RunBatch")["Rules"]:
            events.disable_rule(Name=rule["Name"])

    def _has_failed(self, case: JobCase, left: Jobs) -> bool:
        item = left.items.get(case.job_id(self.stack), {})
        return item.get("status") == "FAILED"

    def _tell(self, case: JobCase) -> None:
        for server in (self.stack.engine, self.stack.stand_ins):
            server.break_calls(*case.bound_to(self.stack))
        s3 = self.stack.client("s3")
        if case.kind == "batch":
            self.stack.script(case.prompt, generation=["safe"], comprehend=["safe"])
            bucket = self.stack.outputs["PromptsBucket"]
            s3.put_object(Bucket=bucket, Key=case.place, Body=case.rows)
            return
        seen = {"labels": ["Explicit Nudity"], "confidence": 97}
        self.stack.stand_ins.script(key=case.place, rekognition=["safe"])
        self.stack.stand_ins.script(key=case.place + FLAGGED, rekognition=[seen])
        files = {**pictures(), "dataset_info.json": json.dumps(PROMPTS).encode()}
        for name, content in files.items():
            bucket = self.stack.outputs["DatasetsBucket"]
            s3.put_object(Bucket=bucket, Key=case.place + name, Body=content)

    def _run_all(self, cases: Iterable[JobCase], number: int) -> None:
        with ThreadPoolExecutor(TOGETHER) as pool:
            for case in cases:
                pool.submit(self._run, case, number)

    def _run(self, case: JobCase, number: int) -> None:
        try:
            scene = Scene(self.stack, case)
            scene.arn = self._start(case, f"{case.tag}-{number}")
            if case.act and number == 1:
                case.act(scene)
            scene.await_end()
        except BaseException as problem:  # noqa: BLE001 - it is the case's own test that fails
            self.problems[case.name] = problem

    def _start(self, case: JobCase, name: str) -> str:
        started = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs[f"{_MACHINES[case.kind]}Arn"],
            name=name,
            input=json.dumps(self._input(case)),
        )
        return str(started["executionArn"])

    def _input(self, case: JobCase) -> Json:
        if case.kind == "dataset":
            return {"prefix": case.place, "flagged": "quarantine", "fine_tune": {}}
        bucket = self.stack.outputs["PromptsBucket"]
        found = self.stack.client("s3").head_object(Bucket=bucket, Key=case.place)
        about = {"key": case.place, "size": len(case.rows), "etag": found["ETag"].strip('"')}
        return {
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": {
                "bucket": {"name": bucket},
                "object": {**about, "version-id": found["VersionId"]},
            },
        }

    def _left(self) -> Jobs:
        """After all that is overdue was swept and followed."""
        settled(self.stack, self.results)
        self._follow()
        world = settled(self.stack, self.results)
        items = {str(item["job_id"]): item for item in self._jobs()}
        ended = {arn: status for kind in _MACHINES for arn, status in self._executions(kind)}
        counted = self.stack.stand_ins.calls
        paid = {case.name: counted("InvokeEndpointAsync", case.prompt) for case in self.cases}
        return Jobs(world, items, self.stack.objects("DatasetsBucket"), ended, paid)

    def _follow(self) -> None:
        """Has FollowJobs look until it finds nothing to do."""
        for _ in range(_MOST_LOOKS):
            self._make_overdue()
            if self._look() == {}:
                return
        raise AssertionError("FollowJobs never comes to an end")

    def _look(self) -> dict[str, int] | None:
        """What a look of FollowJobs has done; None if it was killed on its way."""
        reply = self.stack.client("lambda").invoke(
            FunctionName=self.stack.function("FollowJobs"), Payload=b"{}"
        )
        told = json.loads(reply["Payload"].read())
        return None if "FunctionError" in reply else dict(told["done"])

    def _make_overdue(self) -> None:
        """Whoever closed a job and died has had time enough to announce it."""
        for item in self._jobs():
            if "open_jobs" in item and item["status"] != "RUNNING":
                self.stack.client("dynamodb").update_item(
                    TableName=self.stack.outputs["JobsTable"],
                    Key={"job_id": {"S": str(item["job_id"])}},
                    UpdateExpression="SET updated_at = :then",
                    ExpressionAttributeValues={":then": {"S": LONG_AGO}},
                )

    def _jobs(self) -> list[Item]:
        pages = self.stack.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.stack.outputs["JobsTable"])
        return [plain(item) for page in found for item in page["Items"]]

    def _executions(self, kind: str) -> Iterable[tuple[str, str]]:
        pages = self.stack.client("stepfunctions").get_paginator("list_executions")
        machine = self.stack.outputs[f"{_MACHINES[kind]}Arn"]
        for page in pages.paginate(stateMachineArn=machine):
            yield from ((one["executionArn"], one["status"]) for one in page["executions"])
