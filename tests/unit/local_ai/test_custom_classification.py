"""Comprehend's custom classification over the wire: trainings that learn, and their endpoints."""

import io
import json
import tarfile
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.custom_classification.learning import Document, evaluate, held_back, learn
from local.ai.running import StandIns

Client = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/training"
WORDS = {"sea": "ship wave harbour sail", "town": "street tower bridge tram", "wood": "oak fern"}


def documents(count: int = 60, labels: str = "sea town wood") -> list[Document]:
    """So many texts of each label, with words of its own."""
    return [
        Document(label, f"{' '.join(WORDS[label].split()[at % 2 :])} number {at}")
        for label in labels.split()
        for at in range(count)
    ]


def rows(given: list[Document]) -> bytes:
    return "".join(f'{each.label},"{each.text}"\n' for each in given).encode()


@pytest.fixture
def comprehend(stand_ins: StandIns, client: Client, engine: Any) -> Any:
    """A client; `work/train.csv` holds three labels."""
    del stand_ins
    engine.put("work/train.csv", rows(documents()))
    return client("comprehend")


def creation(**change: Any) -> dict[str, Any]:
    return {
        "DocumentClassifierName": f"ours-{uuid.uuid4().hex[:8]}",
        "VersionName": "v-1",
        "DataAccessRoleArn": ROLE,
        "InputDataConfig": {"S3Uri": "s3://work/train.csv"},
        "OutputDataConfig": {"S3Uri": "s3://work/jobs/output/"},
        "LanguageCode": "en",
        **change,
    }


def ended(comprehend: Any, arn: str) -> dict[str, Any]:
    """The classifier's properties once its training is over."""
    deadline = time.monotonic() + 20
    while True:
        answer = comprehend.describe_document_classifier(DocumentClassifierArn=arn)
        told: dict[str, Any] = answer["DocumentClassifierProperties"]
        if told["Status"] not in ("SUBMITTED", "TRAINING", "STOP_REQUESTED"):
            return told
        assert time.monotonic() < deadline
        time.sleep(0.02)


def trained(comprehend: Any, **change: Any) -> dict[str, Any]:
    request = creation(**change)
    arn = comprehend.create_document_classifier(**request)["DocumentClassifierArn"]
    return ended(comprehend, arn)


def served(comprehend: Any, arn: str) -> dict[str, Any]:
    """The endpoint's properties once it is no longer on its way."""
    deadline = time.monotonic() + 20
    while True:
        told: dict[str, Any] = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
        if told["Status"] not in ("CREATING", "UPDATING"):
            return told
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_learns_any_number_of_labels() -> None:
    train, test = held_back(documents())
    assert (len(train), len(test)) == (162, 18)
    model = learn(train)
    scores = model.scores("an oak and a fern")
    assert max(scores, key=scores.__getitem__) == "wood"
    assert sum(scores.values()) == pytest.approx(1)
    assert evaluate(model, test).metrics()["Accuracy"] == 1


def test_two_labels_mirror_each_other() -> None:
    model = learn(documents(labels="sea town"))
    assert list(model.heads) == ["sea", "town"]
    scores = model.scores("a ship under a bridge")
    assert scores["sea"] == pytest.approx(1 - scores["town"])


def test_metrics_count_what_was_wrong() -> None:
    model = learn(documents(labels="sea town"))
    test = [Document("sea", "ship"), Document("sea", "tram"), Document("town", "tower")]
    evaluation = evaluate(model, test)
    assert evaluation.confusion()["confusion_matrix"] == [[1, 1], [0, 1]]
    metrics = evaluation.metrics()
    assert metrics["Recall"] == pytest.approx(0.75)
    assert metrics["Precision"] == pytest.approx(0.75)
    assert metrics["F1Score"] == pytest.approx(2 / 3)
    assert metrics["HammingLoss"] == pytest.approx(1 / 3)


def test_the_held_back_tenth_does_not_depend_on_the_order() -> None:
    given = documents()
    assert set(held_back(reversed(given))[1]) == set(held_back(given)[1])


def test_a_training_tells_what_it_found(comprehend: Any, engine: Any) -> None:
    told = trained(comprehend)
    assert told["Status"] == "TRAINED"
    assert "local-custom-classifier-1, a stand-in" in told["Message"]
    metadata = told["ClassifierMetadata"]
    assert (metadata["NumberOfLabels"], metadata["NumberOfTestDocuments"]) == (3, 18)
    assert metadata["EvaluationMetrics"]["F1Score"] == 1
    place = told["OutputDataConfig"]["S3Uri"].removeprefix("s3://")
    assert place.startswith("work/jobs/output/000000000000-CLR-")
    with tarfile.open(fileobj=io.BytesIO(engine.objects[place][0])) as archive:
        stored = archive.extractfile("output/confusion_matrix.json")
        assert stored is not None
        matrix = json.load(stored)
    assert matrix["labels"] == ["sea", "town", "wood"]
    assert matrix["confusion_matrix"] == [[6, 0, 0], [0, 6, 0], [0, 0, 6]]


def test_a_test_file_and_a_folder_of_files(comprehend: Any, engine: Any) -> None:
    engine.put("work/parts/1.csv", rows(documents(labels="sea")))
    engine.put("work/parts/2.csv", rows(documents(labels="town")))
    engine.put("work/test.csv", b"sea,a ship\nsea,a tram\n")
    data = {"S3Uri": "s3://work/parts/", "TestS3Uri": "s3://work/test.csv"}
    metadata = trained(comprehend, InputDataConfig=data)["ClassifierMetadata"]
    assert metadata["NumberOfTrainedDocuments"] == 120
    assert metadata["EvaluationMetrics"]["Accuracy"] == 0.5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No objects"),
        (b"sea,one,two\n", "3 columns"),
        (b"\xff", "cannot be read"),
        (rows(documents(labels="sea")), "2 to 1000 labels"),
        (rows(documents(49)), "fewer than 50"),
    ],
)
def test_documents_that_cannot_be_learned_from(
    comprehend: Any, engine: Any, content: bytes | None, says: str
) -> None:
    if content is not None:
        engine.put("work/odd.csv", content)
    told = trained(comprehend, InputDataConfig={"S3Uri": "s3://work/odd.csv"})
    assert told["Status"] == "IN_ERROR"
    assert says in told["Message"]


def test_a_label_of_the_test_file_alone_is_an_error(comprehend: Any, engine: Any) -> None:
    engine.put("work/test.csv", b"sky,a cloud\n")
    data = {"S3Uri": "s3://work/train.csv", "TestS3Uri": "s3://work/test.csv"}
    assert trained(comprehend, InputDataConfig=data)["Status"] == "IN_ERROR"


@pytest.mark.parametrize(
    ("told", "status", "measured"),
    [
        ("fail", "IN_ERROR", False),
        ("warn", "TRAINED_WITH_WARNING", True),
        ("no-metrics", "TRAINED", False),
    ],
)
def test_a_training_goes_as_it_is_told(
    comprehend: Any, stand_ins: StandIns, told: str, status: str, measured: bool
) -> None:
    stand_ins.direct_classifiers(phase_seconds=0, training=told)
    properties = trained(comprehend)
    assert properties["Status"] == status
    assert ("ClassifierMetadata" in properties) == measured
    with pytest.raises(RuntimeError, match="training is one of"):
        stand_ins.direct_classifiers(training="badly")


def test_output_that_cannot_be_stored_is_an_error(comprehend: Any, engine: Any) -> None:
    engine.refuse_objects = True
    try:
        assert trained(comprehend)["Status"] == "IN_ERROR"
    finally:
        engine.refuse_objects = False


def test_names_and_tokens(comprehend: Any) -> None:
    request = creation(ClientRequestToken="one")
    arn = comprehend.create_document_classifier(**request)["DocumentClassifierArn"]
    name = request["DocumentClassifierName"]
    assert arn.endswith(f":document-classifier/{name}/version/v-1")
    assert comprehend.create_document_classifier(**request)["DocumentClassifierArn"] == arn
    with pytest.raises(comprehend.exceptions.ResourceInUseException):
        comprehend.create_document_classifier(**request | {"ClientRequestToken": "two"})
    ended(comprehend, arn)
    listed = comprehend.list_document_classifiers(Filter={"DocumentClassifierName": name})
    properties = listed["DocumentClassifierPropertiesList"]
    assert [each["DocumentClassifierArn"] for each in properties] == [arn]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"DocumentClassifierName": "a_b"}, "InvalidRequestException"),
        ({"VersionName": "x" * 64}, "InvalidRequestException"),
        ({"DataAccessRoleArn": "role"}, "InvalidRequestException"),
        ({"InputDataConfig": {"S3Uri": "train.csv"}}, "InvalidRequestException"),
        ({"InputDataConfig": {}}, "InvalidRequestException"),
        ({"Mode": "MULTI_LABEL"}, "InvalidRequestException"),
        ({"LanguageCode": "tlh"}, "InvalidRequestException"),
        ({"LanguageCode": "ja"}, "UnsupportedLanguageException"),
        ({"VersionName": 1}, "SerializationException"),
    ],
)
def test_requests_that_are_refused(comprehend: Any, change: dict[str, Any], error: str) -> None:
    with pytest.raises(ClientError) as refused:
        comprehend.create_document_classifier(**creation(**change))
    assert refused.value.response["Error"]["Code"] == error


def test_a_training_is_stopped_and_deleted(comprehend: Any, stand_ins: StandIns) -> None:
    stand_ins.direct_classifiers(phase_seconds=30)
    named = comprehend.create_document_classifier(**creation())
    arn = {"DocumentClassifierArn": named["DocumentClassifierArn"]}
    with pytest.raises(comprehend.exceptions.ResourceInUseException):
        comprehend.delete_document_classifier(**arn)
    comprehend.stop_training_document_classifier(**arn)
    assert ended(comprehend, arn["DocumentClassifierArn"])["Status"] == "STOPPED"
    comprehend.stop_training_document_classifier(**arn)
    with pytest.raises(comprehend.exceptions.ResourceUnavailableException):
        comprehend.create_endpoint(
            EndpointName="ours", ModelArn=named["DocumentClassifierArn"], DesiredInferenceUnits=1
        )
    comprehend.delete_document_classifier(**arn)
    with pytest.raises(comprehend.exceptions.ResourceNotFoundException):
        comprehend.describe_document_classifier(**arn)


def test_ten_trainings_at_a_time(comprehend: Any, stand_ins: StandIns) -> None:
    stand_ins.direct_classifiers(phase_seconds=30)
    made = [comprehend.create_document_classifier(**creation()) for _ in range(10)]
    with pytest.raises(comprehend.exceptions.ResourceLimitExceededException):
        comprehend.create_document_classifier(**creation())
    for each in made:
        comprehend.stop_training_document_classifier(
            DocumentClassifierArn=each["DocumentClassifierArn"]
        )
    for each in made:
        assert ended(comprehend, each["DocumentClassifierArn"])["Status"] == "STOPPED"


def test_an_endpoint_answers_with_its_model(comprehend: Any, stand_ins: StandIns) -> None:
    model = trained(comprehend)["DocumentClassifierArn"]
    name = f"ours-{uuid.uuid4().hex[:8]}"
    wanted = {"EndpointName": name, "ModelArn": model, "DesiredInferenceUnits": 1}
    arn = comprehend.create_endpoint(**wanted, ClientRequestToken="one")["EndpointArn"]
    assert comprehend.create_endpoint(**wanted, ClientRequestToken="one")["EndpointArn"] == arn
    with pytest.raises(comprehend.exceptions.ResourceInUseException):
        comprehend.create_endpoint(**wanted, ClientRequestToken="two")
    assert served(comprehend, arn)["CurrentInferenceUnits"] == 1

    classes = comprehend.classify_document(EndpointArn=arn, Text="a tram on a bridge")["Classes"]
    assert classes[0]["Name"] == "town"
    assert {each["Name"] for each in classes} == {"sea", "town", "wood"}
    with pytest.raises(comprehend.exceptions.ResourceInUseException):
        comprehend.delete_document_classifier(DocumentClassifierArn=model)

    stand_ins.direct_classifiers(phase_seconds=2)
    comprehend.update_endpoint(EndpointArn=arn, DesiredInferenceUnits=2)
    told = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    assert (told["Status"], told["CurrentInferenceUnits"]) == ("UPDATING", 1)
    assert comprehend.classify_document(EndpointArn=arn, Text="an oak")["Classes"]
    with pytest.raises(comprehend.exceptions.ResourceInUseException):
        comprehend.update_endpoint(EndpointArn=arn, DesiredInferenceUnits=3)
    assert served(comprehend, arn)["CurrentInferenceUnits"] == 2
    listed = comprehend.list_endpoints()["EndpointPropertiesList"]
    assert arn in [each["EndpointArn"] for each in listed]

    comprehend.delete_endpoint(EndpointArn=arn)
    with pytest.raises(comprehend.exceptions.ResourceUnavailableException):
        comprehend.classify_document(EndpointArn=arn, Text="an oak")
    with pytest.raises(comprehend.exceptions.ResourceNotFoundException):
        comprehend.delete_endpoint(EndpointArn=arn)


def test_an_endpoint_fails_as_it_is_told(comprehend: Any, stand_ins: StandIns) -> None:
    model = trained(comprehend)["DocumentClassifierArn"]
    stand_ins.direct_classifiers(phase_seconds=0, endpoint="fail")
    name = f"ours-{uuid.uuid4().hex[:8]}"
    wanted = {"EndpointName": name, "ModelArn": model, "DesiredInferenceUnits": 1}
    told = served(comprehend, comprehend.create_endpoint(**wanted)["EndpointArn"])
    assert told["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"EndpointName": "x" * 41}, "InvalidRequestException"),
        ({"DesiredInferenceUnits": 0}, "InvalidRequestException"),
        ({"DesiredInferenceUnits": 51}, "ResourceLimitExceededException"),
        ({"ModelArn": "model"}, "InvalidRequestException"),
        ({}, "ResourceNotFoundException"),
    ],
)
def test_endpoints_that_cannot_be(comprehend: Any, change: dict[str, Any], error: str) -> None:
    wanted = {
        "EndpointName": "ours",
        "ModelArn": "arn:aws:comprehend:us-east-1:000000000000:document-classifier/unknown",
        "DesiredInferenceUnits": 1,
    }
    with pytest.raises(ClientError) as refused:
        comprehend.create_endpoint(**wanted | change)
    assert refused.value.response["Error"]["Code"] == error


def test_a_script_scores_the_unsafe_class(
    comprehend: Any, stand_ins: StandIns, engine: Any
) -> None:
    given = [Document({"sea": "safe", "town": "unsafe"}[label], text)
             for label, text in documents(labels="sea town")]  # fmt: skip
    engine.put("work/train.csv", rows(given))
    model = trained(comprehend)["DocumentClassifierArn"]
    wanted = {"EndpointName": f"ours-{uuid.uuid4().hex[:8]}", "ModelArn": model}
    arn = comprehend.create_endpoint(**wanted, DesiredInferenceUnits=1)["EndpointArn"]
    served(comprehend, arn)
    stand_ins.script(prompt="a ship", comprehend=["unsafe"])
    classes = comprehend.classify_document(EndpointArn=arn, Text="a ship")["Classes"]
    assert {each["Name"]: each["Score"] for each in classes} == pytest.approx(
        {"unsafe": 0.97, "safe": 0.03}
    )
