"""What the sample events speak of, made real on an engine that containers can reach.

The events name example resources. Those with fixed names are made under those names; what a service
names itself (a version of an object, an execution) is put into a copy of the event.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from sam_local.ended_executions import end_as
from sam_local.sam import ROOT
from samtranslator.yaml_helper import yaml_parse

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe
from local.ai.running import StandIns
from local.engine.settings import AI_SERVICES
from local.running import Engine

Event = dict[str, Any]
EVENTS = ROOT / "events"
EXAMPLE_ENV: dict[str, dict[str, str]] = json.loads((EVENTS / "local-env.json").read_text("utf-8"))
PROMPTS, WORK, IMAGES, DATASETS = (
    f"safelight-{name}-example" for name in ("prompts", "work", "images", "datasets")
)
RESOURCES: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
TABLES = {
    "ResultsTable": EXAMPLE_ENV["AcceptRequestFunction"]["RESULTS_TABLE"],
    "InferencesTable": EXAMPLE_ENV["GenerateImagesFunction"]["INFERENCES_TABLE"],
    "JobsTable": EXAMPLE_ENV["FollowJobsFunction"]["JOBS_TABLE"],
    "ReviewsTable": EXAMPLE_ENV["ReviewRequestFunction"]["REVIEWS_TABLE"],
    "QuotasTable": EXAMPLE_ENV["RequestImagesFunction"]["QUOTAS_TABLE"],
}
TABLE_SHAPE = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
_SCORES = {"unsafe": "unsafe", "insult": {"label": "INSULT", "score": 0.95}}
UNSAFE = Marker((("Explicit Nudity", 96.0),))


class Stage:
    """The engine and the stand-ins with the example resources."""

    def __init__(self, engine: Engine, stand_ins: StandIns) -> None:
        self.engine, self._stand_ins = engine, stand_ins
        self._prepare: dict[str, Callable[[Event, str], None]] = {
            "accept_request": self._prompt_file,
            "classify_prompt": self._prompt,
            "store_images": self._reply,
            "moderate_images": self._pictures,
            "publish_images": self._pictures,
            "review_request": self._record,
            "close_execution": self._execution,
            "prepare_batch": self._batch,
            "prepare_dataset": self._data_set,
            "report_dataset": self._data_set_info,
            "prepare_training": self._texts,
        }
        s3 = engine.client("s3")
        for bucket in (PROMPTS, WORK, IMAGES, DATASETS):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for resource, table in TABLES.items():
            properties = RESOURCES[resource]["Properties"]
            shape = {name: properties[name] for name in TABLE_SHAPE if name in properties}
            engine.client("dynamodb").create_table(TableName=table, **shape)
        self._machine = _machine(engine)
        engine.client("events").create_event_bus(
            Name=EXAMPLE_ENV["CloseExecutionFunction"]["EVENT_BUS"]
        )
        stand_ins.register_endpoint(
            EXAMPLE_ENV["GenerateImagesFunction"]["ENDPOINT_NAME"],
            output_path=f"s3://{WORK}/inference/output/",
            failure_path=f"s3://{WORK}/inference/failure/",
        )

    def env_vars(self, folder: Path) -> Path:
        """events/local-env.json with the addresses of this stage."""
        ai, engine = self._stand_ins.endpoint, self.engine.endpoint
        here = {
            "AWS_ENDPOINT_URL": engine,
            **{f"AWS_ENDPOINT_URL_{service}": ai for service in AI_SERVICES},
        }
        made = {"STATE_MACHINE_ARN": self._machine}
        variables = {
            name: given | here | {key: arn for key, arn in made.items() if key in given}
            for name, given in EXAMPLE_ENV.items()
        }
        path = folder / "env.json"
        path.write_text(json.dumps(variables), "utf-8")
        return path

    def event(self, function: str, scenario: str, folder: Path) -> Path:
        """The event's file, or a copy of it with what had to be made for it."""
        original = EVENTS / function / f"{scenario}.json"
        if function not in self._prepare:
            return original
        event = json.loads(original.read_text("utf-8"))
        self._prepare[function](event, scenario)
        copy = folder / original.name
        copy.write_text(json.dumps(event), "utf-8")
        return copy

    def _put(self, bucket: str, key: str, body: bytes) -> str:
        put = self.engine.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return str(put["VersionId"])

    def _prompt_file(self, event: Event, scenario: str) -> None:
        if scenario in {"s3_json", "s3_txt"}:
            file = event["input"]["detail"]["object"]
            body = b'{"prompt": "a lighthouse"}' if scenario == "s3_json" else b"a lighthouse"
            file["version-id"] = self._put(PROMPTS, file["key"], body)

    def _reply(self, event: Event, scenario: str) -> None:
        shapes: dict[str, object] = {
            "list_of_jpegs": {"generated_images": [_base64(_safe()), _base64(_safe())]},
            "single_picture": {"generated_image": _base64(_safe())},
        }
        if scenario in shapes:
            self._put(WORK, event["output"]["key"], json.dumps(shapes[scenario]).encode())

    def _pictures(self, event: Event, scenario: str) -> None:
        for image in event["images"]:
            picture = _unsafe() if scenario == "unsafe" else _safe()
            for part in ("", "preview_"):
                version = self._put(image[f"{part}bucket"], image[f"{part}key"], picture)
                # An event about a picture without a version stays one.
                image[f"{part}version_id"] = image[f"{part}version_id"] and version

    def _prompt(self, event: Event, scenario: str) -> None:
        self._stand_ins.script(prompt=event["prompt"], comprehend=[_SCORES.get(scenario, "safe")])

    def _record(self, event: Event, _: str) -> None:
        claimed = {name: event[name] for name in ("request_id", "execution_arn")}
        item = {name: {"S": value} for name, value in {**claimed, "status": "RUNNING"}.items()}
        self.engine.client("dynamodb").put_item(TableName=TABLES["ResultsTable"], Item=item)

    def _batch(self, event: Event, _: str) -> None:
        file = event["input"]["detail"]["object"]
        rows = (EVENTS / "batches" / "mixed.jsonl").read_bytes()
        file["version-id"] = self._put(PROMPTS, file["key"], rows)

    def _data_set(self, event: Event, _: str) -> None:
        prefix = event["input"]["prefix"]
        self._put(DATASETS, f"{prefix}1.jpg", _safe())
        self._put(DATASETS, f"{prefix}dataset_info.json", b'{"instance_prompt": "a zxw cat"}')

    def _data_set_info(self, event: Event, _: str) -> None:
        """Of a set whose items nobody has listed."""
        info = event["job"]["info"]
        info["version_id"] = self._put(DATASETS, info["key"], b'{"instance_prompt": "a cat"}')

    def _texts(self, event: Event, scenario: str) -> None:
        if scenario == "prompts":
            rows = [
                f'{label},"number {n}, {label}"' for n in range(50) for label in ("safe", "unsafe")
            ]
            self._put(DATASETS, event["input"]["key"], "\n".join(rows).encode())

    def _execution(self, event: Event, _: str) -> None:
        event["detail"]["executionArn"] = end_as(self.engine, event["detail"])


def _machine(engine: Engine) -> str:
    """The ARN of one that does nothing with a request, and succeeds."""
    name = EXAMPLE_ENV["RequestImagesFunction"]["STATE_MACHINE_ARN"].rpartition(":")[2]
    made = engine.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::000000000000:role/any",
    )
    return str(made["stateMachineArn"])


def _safe() -> bytes:
    return _jpeg(paint("a lighthouse on a cliff", "", 1, (512, 512)))


def _unsafe() -> bytes:
    return _jpeg(paint_unsafe(UNSAFE, 1, (512, 512)))


def _jpeg(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
