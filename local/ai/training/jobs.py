"""SageMaker's training jobs: CreateTrainingJob, DescribeTrainingJob, StopTrainingJob, AddTags.

A job goes through the statuses that SageMaker's do, reads its channel `training`, and ends with a
model.tar.gz that holds nothing but a note; each change of its status is sent as EventBridge's
"SageMaker Training Job State Change". Fields and errors: the API's model in botocore; that an
unknown name is a ValidationException: what DescribeTrainingJob answers on AWS.
"""

import io
import sys
import tarfile
import threading
import time
from collections.abc import Iterator

from local.ai.engine_client import EngineClient, EngineError, split_s3_uri
from local.ai.training import dreambooth
from local.ai.training.requests import checked
from local.ai.wire import Json, Reply, ServiceError, json_reply

NAME = "local-trains-nothing-1"
_NOTE = (
    f"This is no model. {NAME}, a stand-in for SageMaker's training on one machine, checked the "
    "{images} instance images and their dataset_info.json, and trained nothing.\n"
)
_ARN = "arn:aws:sagemaker:us-east-1:000000000000:training-job/"
_EVENT = "SageMaker Training Job State Change"
_KEPT = (
    "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig", "StoppingCondition", "VpcConfig", "Environment", "EnableNetworkIsolation",
)  # fmt: skip
_OVER = ("Completed", "Failed", "Stopped")
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")


class _Job:
    """One job; `told` is what DescribeTrainingJob answers."""

    def __init__(self, request: Json) -> None:
        now = time.time()
        self.stopped = threading.Event()
        self.tags: dict[str, str] = {}
        self.told: Json = {
            "TrainingJobName": request["TrainingJobName"],
            "TrainingJobArn": _ARN + request["TrainingJobName"],
            **{name: request[name] for name in _KEPT if name in request},
            "CreationTime": now,
            "SecondaryStatusTransitions": [],
        }
        self.enter("InProgress", "Starting", "Starting the training job")

    def enter(self, status: str, secondary: str, message: str) -> None:
        """Its next status."""
        now = time.time()
        transitions = self.told["SecondaryStatusTransitions"]
        if transitions:
            transitions[-1]["EndTime"] = now
        entered = {"Status": secondary, "StartTime": now, "StatusMessage": message}
        if status in _OVER:
            entered["EndTime"] = self.told["TrainingEndTime"] = now
            began = self.told.setdefault("TrainingStartTime", now)
            seconds = max(1, round(now - began))
            self.told.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
        self.told.update(
            TrainingJobStatus=status,
            SecondaryStatus=secondary,
            LastModifiedTime=now,
            SecondaryStatusTransitions=[*transitions, entered],
        )

    @property
    def over(self) -> bool:
        return self.told["TrainingJobStatus"] in _OVER


class TrainingJobs:
    """The account's jobs; `phase_seconds` is how long each of a job's four phases takes."""

    name = NAME

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self.phase_seconds = 0.3

    def handle(self, operation: str, request: Json) -> Reply:
        """The reply; ServiceError."""
        operations = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "StopTrainingJob": self._stop,
            "AddTags": self._add_tags,
        }
        if operation not in operations:
            raise ServiceError("UnknownOperationException", f"{operation} is not served here", 404)
        return json_reply(operations[operation](request))

    def _create(self, request: Json) -> Json:
        name = checked(request)["TrainingJobName"]
        with self._lock:
            if name in self._jobs:
                raise ServiceError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({_ARN}{name})",
                )
            job = self._jobs[name] = _Job(request)
        job.tags.update({tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
        threading.Thread(target=self._run, args=(job,), daemon=True, name=f"job-{name}").start()
        return {"TrainingJobArn": _ARN + name}

    def _describe(self, request: Json) -> Json:
        with self._lock:
            return dict(self._job(request).told)

    def _stop(self, request: Json) -> Json:
        with self._lock:
            job = self._job(request)
            if job.over:
                status = job.told["TrainingJobStatus"]
                message = (
                    f"The request was rejected because the training job is in status {status}."
                )
                raise ServiceError("ValidationException", message)
            if not job.stopped.is_set():
                job.enter("Stopping", "Stopping", "Stopping the training job")
                job.stopped.set()
        self._announce(job)
        return {}

    def _add_tags(self, request: Json) -> Json:
        name = str(request.get("ResourceArn", "")).removeprefix(_ARN)
        with self._lock:
            tags = self._job({"TrainingJobName": name}).tags
            tags.update({tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
            return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _job(self, request: Json) -> _Job:
        job = self._jobs.get(str(request.get("TrainingJobName")))
        if job is None:
            raise ServiceError("ValidationException", "Requested resource not found.")
        return job

    def _run(self, job: _Job) -> None:
        self._announce(job)
        try:
            for status, secondary, message in self._phases(job):
                with self._lock:
                    if job.stopped.is_set():
                        break
                    job.enter(status, secondary, message)
                if job.stopped.wait(0 if job.over else self.phase_seconds):
                    break
        except dreambooth.TrainingFailed as reason:
            with self._lock:
                job.told["FailureReason"] = str(reason)
                job.enter("Failed", "Failed", "Training job failed")
        except EngineError as lost:
            with self._lock:
                job.told["FailureReason"] = f"ClientError: Failed to upload the model: {lost}"
                job.enter("Failed", "Failed", "Training job failed")
        with self._lock:
            if not job.over:
                job.enter("Stopped", "Stopped", "Training job stopped")
        self._announce(job)

    def _phases(self, job: _Job) -> Iterator[tuple[str, str, str]]:
        """The statuses, with what is done in each done before the next is entered."""
        told = job.told
        job.stopped.wait(self.phase_seconds)
        yield "InProgress", "Downloading", "Downloading input data"
        uri = _training_uri(told["InputDataConfig"])
        images = dreambooth.check(
            self._engine, uri, told["RoleArn"], told.get("HyperParameters", {})
        )
        told["TrainingStartTime"] = time.time()
        yield "InProgress", "Training", f"{NAME} trains nothing"
        yield "InProgress", "Uploading", "Uploading the note that stands for a model"
        path = told["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        model = f"{path}/{told['TrainingJobName']}/output/model.tar.gz"
        self._engine.put_object(*split_s3_uri(model), _archive(images), "application/x-gzip")
        told["ModelArtifacts"] = {"S3ModelArtifacts": model}
        yield "Completed", "Completed", "Training job completed"

    def _announce(self, job: _Job) -> None:
        with self._lock:
            detail = dict(job.told)
        for name in _TIMES:
            if name in detail:
                detail[name] = int(detail[name] * 1000)
        try:
            self._engine.announce("aws.sagemaker", _EVENT, detail, [detail["TrainingJobArn"]])
        except EngineError as lost:
            print(f"training job {detail['TrainingJobName']}: {lost}", file=sys.stderr, flush=True)


def _training_uri(channels: list[Json]) -> str:
    for channel in channels:
        if channel["ChannelName"] == "training":
            return str(channel["DataSource"]["S3DataSource"]["S3Uri"])
    raise dreambooth.TrainingFailed(
        "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
        "ErrorMessage \"KeyError: 'SM_CHANNEL_TRAINING'\""
    )


def _archive(images: int) -> bytes:
    note = _NOTE.format(images=images).encode()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("STAND-IN.txt")
        entry.size = len(note)
        archive.addfile(entry, io.BytesIO(note))
    return content.getvalue()
