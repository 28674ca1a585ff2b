"""Document classifiers: created, trained in a thread of their own, described, stopped, deleted.

Statuses and fields: the API's model in botocore. The training is real, and small: learning.py.
"""

import io
import json
import tarfile
import threading
import time
import uuid
from collections import Counter

from local.ai.classifier.rows import DataError, labelled_lines
from local.ai.custom_classification.learning import (
    Document,
    Evaluation,
    Learned,
    evaluate,
    held_back,
    learn,
)
from local.ai.custom_classification.plan import Plan
from local.ai.custom_classification.requests import check_creation, model_arn
from local.ai.engine_client import EngineClient, EngineError, ObjectMissing, split_s3_uri
from local.ai.wire import Json, ServiceError

NAME = "local-custom-classifier-1"
ACCOUNT = "000000000000"
ARN = f"arn:aws:comprehend:us-east-1:{ACCOUNT}:document-classifier/"
TRAINED = ("TRAINED", "TRAINED_WITH_WARNING")
# Guidelines and quotas of custom classification: of a class, labels, trainings at a time.
_LEAST_DOCUMENTS, _MOST_LABELS, _MOST_TRAININGS = 50, 1000, 10
_MOST_BYTES = 100 * 1024 * 1024
_OPEN = ("SUBMITTED", "TRAINING", "STOP_REQUESTED")
_TOLD = f"{NAME}, a stand-in for Comprehend on one machine, trained this model of its own kind."
_KEPT = (
    "LanguageCode", "InputDataConfig", "OutputDataConfig", "DataAccessRoleArn", "VersionName",
    "Mode", "VolumeKmsKeyId", "ModelKmsKeyId", "VpcConfig",
)  # fmt: skip


class _TrainingFailed(Exception):
    """The training is IN_ERROR; the text is its Message."""


class Classifier:
    """One classifier; `told` is what DescribeDocumentClassifier answers."""

    def __init__(self, request: Json, arn: str) -> None:
        self.request = request
        self.stopped = threading.Event()
        self.model: Learned | None = None
        self.told: Json = {
            "DocumentClassifierArn": arn,
            "Status": "SUBMITTED",
            "SubmitTime": time.time(),
            "Mode": "MULTI_CLASS",
            **{name: request[name] for name in _KEPT if name in request},
        }

    @property
    def status(self) -> str:
        return str(self.told["Status"])

    def end(self, status: str, message: str, **more: object) -> None:
        """Its last status."""
        now = time.time()
        self.told.update(Status=status, Message=message, EndTime=now, **more)
        if "TrainingStartTime" in self.told:
            self.told["TrainingEndTime"] = now


class Classifiers:
    """The account's classifiers."""

    def __init__(self, engine: EngineClient, plan: Plan) -> None:
        self._engine, self._plan = engine, plan
        self._lock = threading.Lock()
        self._by_arn: dict[str, Classifier] = {}

    def create(self, request: Json) -> Json:
        """CreateDocumentClassifier; the same token and request again name the same classifier."""
        check_creation(request)
        version = request.get("VersionName")
        arn = ARN + request["DocumentClassifierName"] + (f"/version/{version}" if version else "")
        with self._lock:
            if known := self._by_arn.get(arn):
                _check_repeated(known.request, request, arn)
                return {"DocumentClassifierArn": arn}
            if sum(each.status in _OPEN for each in self._by_arn.values()) >= _MOST_TRAININGS:
                told = f"at most {_MOST_TRAININGS} classifiers are trained at a time"
                raise ServiceError("ResourceLimitExceededException", told)
            classifier = self._by_arn[arn] = Classifier(request, arn)
        threading.Thread(target=self._run, args=(classifier,), daemon=True).start()
        return {"DocumentClassifierArn": arn}

    def describe(self, request: Json) -> Json:
        """DescribeDocumentClassifier."""
        with self._lock:
            return {"DocumentClassifierProperties": dict(self._get(model_arn(request)).told)}

    def list_all(self, request: Json) -> Json:
        """ListDocumentClassifiers, on one page; of the filters, name and status."""
        wanted = request.get("Filter") or {}
        with self._lock:
            listed = [
                dict(each.told)
                for each in self._by_arn.values()
                if wanted.get("Status", each.status) == each.status
                and wanted.get("DocumentClassifierName", name := _name(each)) == name
            ]
        return {"DocumentClassifierPropertiesList": listed}

    def stop(self, request: Json) -> Json:
        """StopTrainingDocumentClassifier: nothing happens to what has ended."""
        with self._lock:
            classifier = self._get(model_arn(request))
            if classifier.status in _OPEN:
                classifier.told["Status"] = "STOP_REQUESTED"
                classifier.stopped.set()
        return {}

    def delete(self, request: Json, used: set[str]) -> Json:
        """DeleteDocumentClassifier; not of one that is in training, or `used` by an endpoint."""
        arn = model_arn(request)
        with self._lock:
            if self._get(arn).status in _OPEN or arn in used:
                told = "The classifier is in training, or an endpoint uses it."
                raise ServiceError("ResourceInUseException", told)
            del self._by_arn[arn]
        return {}

    def trained(self, arn: str) -> Learned:
        """The model that an endpoint may take; ServiceError."""
        with self._lock:
            model = self._get(arn).model
        if model is None:
            raise ServiceError("ResourceUnavailableException", "The classifier is not trained.")
        return model

    def _get(self, arn: str) -> Classifier:
        if arn not in self._by_arn:
            told = "The specified resource is not found."
            raise ServiceError("ResourceNotFoundException", told)
        return self._by_arn[arn]

    def _run(self, classifier: Classifier) -> None:
        classifier.stopped.wait(self._plan.phase_seconds)
        with self._lock:
            if not classifier.stopped.is_set():
                classifier.told.update(Status="TRAINING", TrainingStartTime=time.time())
        try:
            ended = {} if classifier.stopped.is_set() else self._train(classifier)
        except _TrainingFailed as reason:
            return self._end(classifier, "IN_ERROR", f"{reason} ({_TOLD})")
        except EngineError as lost:
            return self._end(classifier, "IN_ERROR", f"The output cannot be written: {lost}")
        except Exception as crash:
            self._end(classifier, "IN_ERROR", f"{NAME} broke: {type(crash).__name__}")
            raise
        status = "TRAINED_WITH_WARNING" if self._plan.training == "warn" else "TRAINED"
        return self._end(classifier, status, _TOLD, **ended)

    def _end(self, classifier: Classifier, status: str, message: str, **more: object) -> None:
        with self._lock:
            if classifier.stopped.is_set():
                classifier.model = None
                classifier.end("STOPPED", f"The training was stopped. ({_TOLD})")
            else:
                classifier.end(status, message, **more)

    def _train(self, classifier: Classifier) -> Json:
        """What the end adds to the description."""
        least = time.monotonic() + self._plan.phase_seconds
        data = classifier.told["InputDataConfig"]
        documents = self._documents(data["S3Uri"])
        _check_labels(Counter(document.label for document in documents))
        if data.get("TestS3Uri"):
            train, test = documents, self._documents(data["TestS3Uri"])
            if unknown := {each.label for each in test} - {each.label for each in train}:
                raise _TrainingFailed(f"{len(unknown)} labels are in the test documents only.")
        else:
            train, test = held_back(documents)
        model = learn(train)
        evaluation = evaluate(model, test)
        classifier.stopped.wait(max(0.0, least - time.monotonic()))
        if self._plan.training == "fail":
            raise _TrainingFailed("Told to fail.")
        if classifier.stopped.is_set():
            return {}
        classifier.model = model
        if self._plan.training == "no-metrics":
            return {}
        metadata = {
            "NumberOfLabels": len(model.heads),
            "NumberOfTrainedDocuments": len(train),
            "NumberOfTestDocuments": len(test),
            "EvaluationMetrics": evaluation.metrics(),
        }
        return {"ClassifierMetadata": metadata, **self._stored(classifier, evaluation)}

    def _documents(self, uri: str) -> list[Document]:
        """The rows of every file that begins with the location."""
        bucket, prefix = split_s3_uri(uri)
        found: list[Document] = []
        try:
            keys = [key for key in self._engine.list_keys(bucket, prefix) if key[-1] != "/"]
            for key in keys:
                content = self._engine.get_object(bucket, key, limit=_MOST_BYTES).decode()
                lines = labelled_lines(content, key)
                found += [Document(label, text) for _, label, text in lines]
        except ObjectMissing:
            keys = []
        except (EngineError, DataError, UnicodeDecodeError) as wrong:
            raise _TrainingFailed(f"The documents cannot be read: {wrong}") from wrong
        if not keys:
            raise _TrainingFailed("No objects are at the location of the documents.")
        return found

    def _stored(self, classifier: Classifier, evaluation: Evaluation) -> Json:
        """OutputDataConfig, which names the archive from now on."""
        output = classifier.request.get("OutputDataConfig") or {}
        if "S3Uri" not in output:
            return {}
        folder = f"{output['S3Uri'].rstrip('/')}/{ACCOUNT}-CLR-{uuid.uuid4().hex}/output"
        uri = f"{folder}/output.tar.gz"
        self._engine.put_object(*split_s3_uri(uri), _archive(evaluation), "application/x-gzip")
        return {"OutputDataConfig": {**output, "S3Uri": uri}}


def _check_repeated(known: Json, request: Json, arn: str) -> None:
    token = request.get("ClientRequestToken")
    if token is None or token != known.get("ClientRequestToken") or known != request:
        told = f"Concurrent modification of resources. Resource already exists: {arn}"
        raise ServiceError("ResourceInUseException", told)


def _check_labels(counts: Counter[str]) -> None:
    if not 2 <= len(counts) <= _MOST_LABELS:
        raise _TrainingFailed(f"2 to {_MOST_LABELS} labels are needed; there are {len(counts)}.")
    if few := [count for count in counts.values() if count < _LEAST_DOCUMENTS]:
        told = f"{len(few)} labels have fewer than {_LEAST_DOCUMENTS} documents"
        raise _TrainingFailed(f"{told}; the least is {min(few)}.")


def _name(classifier: Classifier) -> str:
    return str(classifier.request["DocumentClassifierName"])


def _archive(evaluation: Evaluation) -> bytes:
    files = {
        "output/confusion_matrix.json": json.dumps(evaluation.confusion()),
        "output/STAND-IN.txt": f"{_TOLD}\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()
