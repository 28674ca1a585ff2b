"""Requests and jobs that between them take every path on which a role's permission is used."""

import base64
import functools
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workflow.running_jobs import ended
from workflow.running_reviews import ANA, BEN, IN_THE_BAND, LONG_AGO, UNCERTAIN, Desk, publish
from workflow.running_system import Run, Stack
from workflow.running_trainings import begin, learnable, put_texts, version_of

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe
from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from shared.jobs import batch_id, dataset_id, training_id
from shared.policy import ACTIVE_KEY, SHADOW_KEY
from shared.reviews import review_id

Scene = Callable[[Stack], None]


def policies(stack: Stack) -> None:
    """None published yet: AcceptRequest fails, and the machine looks for its claim. Then a sound
    one, and then a broken one over it."""
    _ends(stack.run({"prompt": "a quiet pond"}), "FAILED")
    _publish(stack, ACTIVE_KEY, make_bundle(read_policy()))
    _publish(stack, SHADOW_KEY, make_bundle(read_policy()))
    _ends(stack.run({"prompt": "a quiet lake"}), "COMPLETED")
    _publish(stack, ACTIVE_KEY, b"{}")
    _ends(stack.run({"prompt": "a quiet sea"}), "COMPLETED")


def arrivals(stack: Stack) -> None:
    """A file, an event, and a file that is named without its version."""
    _ends(stack.drop("prompts/one.json", b'{"prompt": "a lighthouse"}'), "COMPLETED")
    _ends(stack.put_event({"prompt": "a windmill on a hill in the morning"}), "COMPLETED")
    bucket = {"name": stack.outputs["PromptsBucket"]}
    unversioned = {"bucket": bucket, "object": {"key": "prompts/one.json"}}
    _ends(stack.run({"source": "aws.s3", "detail": unversioned}), "COMPLETED")
    # Its schedule may be slower than the stack is played.
    _invoke(stack, "WatchEndpoint")


def refusals(stack: Stack) -> None:
    """Where the stack warns, the previews of withheld pictures are published."""
    stack.script("an afternoon", generation=["unsafe"])
    _ends(stack.run({"prompt": "an afternoon"}), "BLOCKED_IMAGE")
    _invoke(stack, "WatchEndpoint")


def again(stack: Stack) -> None:
    """A request that failed is run again; so is one whose execution never started."""
    stack.script("a saucer", generation=["fail"])
    failed = stack.run({"prompt": "a saucer"})
    _ends(failed, "FAILED")
    stack.script("a saucer", generation=["usual"])
    stack.run({"request_id": failed.record["request_id"], "run": 1})

    event = {
        "id": "never-started",
        "time": LONG_AGO,
        "source": "test.shop",
        "detail-type": "ImageRequested",
        "detail": {"prompt": "a cup"},
    }
    _dead_letter(stack, event)
    assert stack.events("event-never-started", within=30)
    stack.run({"request_id": "event-never-started", "run": 0})


def retried(stack: Stack) -> None:
    """GenerateImages is tried again when the endpoint has answered already."""
    function = {"service": "lambda", "operation": "Invoke", "resource": "GenerateImages"}
    with _broken(stack, {**function, "kind": "lost"}, {**function, "kind": "delay", "seconds": 5}):
        _ends(stack.run({"prompt": "a teapot"}), "COMPLETED")


def stopped(stack: Stack) -> None:
    """Executions that are stopped after their claim was told, and before."""
    stack.script("a bread basket", generation=[{"slow": 30}])
    _stop(stack, "stopped-late", "GenerateImages", {"prompt": "a bread basket"})
    claim = {"service": "dynamodb", "operation": "PutItem", "caller": "AcceptRequest"}
    with _broken(stack, {**claim, "kind": "delay", "seconds": 4}):
        _stop(stack, "stopped-early", "AcceptRequest", {"prompt": "a jam jar"})


def swept(stack: Stack) -> None:
    """Overdue requests and inferences, with an output and without, and an untold end."""
    stack.run({"prompt": "a cake stand", "request_id": "untold"})
    _update(stack, "ResultsTable", {"request_id": "direct/untold"}, open_shard="3")
    _update(stack, "ResultsTable", {"request_id": "direct/untold"}, deadline=LONG_AGO)
    lost = _waiting(stack, "a milk jug", "no-notice")
    hung = _waiting(stack, "a sugar bowl", {"slow": 60})
    overdue = stack.start({"prompt": "a sugar bowl", "request_id": "overdue"})
    _until(lambda: stack.record_of(overdue))
    _update(stack, "ResultsTable", {"request_id": "direct/overdue"}, deadline=LONG_AGO)
    _until(lambda: stack.objects("WorkBucket").keys() & {_output_of(stack, lost)})
    for execution in (lost, hung):
        _update(stack, "InferencesTable", _inference_of(stack, execution), deadline=LONG_AGO)
    _invoke(stack, "SweepRequests")
    _ends(stack.ended(lost), "COMPLETED")
    _ends(stack.ended(hung), "EXPIRED")


def waiting(stack: Stack) -> None:
    """A request that has to wait for the endpoint, which is asleep, is told of."""
    endpoint = f"local-{stack.name}"
    stack.stand_ins.scale(endpoint, minimum=0, maximum=1, wake_seconds=1)
    _until(lambda: not stack.stand_ins.endpoint_state(endpoint)["instances"])
    _invoke(stack, "WatchEndpoint")
    _ends(stack.run({"prompt": "a bell tower"}), "COMPLETED")
    stack.stand_ins.scale(endpoint, minimum=1, maximum=1)


def batches(stack: Stack) -> None:
    """A batch with a bad line and a row that fails, paced on its way; one that is stopped; one that
    names no version; one that could not start."""
    stack.script("a tin box", generation=["fail"])
    stack.script("a copper pot", generation=[{"slow": 20}])
    prompts = ["a copper pot", "a tin box", *(f"a cup, number {n}" for n in range(4))]
    rows = [json.dumps({"prompt": prompt}) for prompt in prompts]
    job = _drop_batch(stack, "batches/one.jsonl", "\n".join([*rows, "{"]))
    execution = _job(stack, job)["execution_arn"]
    _until(lambda: _map_runs(stack, execution))
    # Beyond the stack's bound, so that the next look must change it.
    (run,) = _map_runs(stack, execution)
    stack.client("stepfunctions").update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=500)
    _look_after_jobs(stack)
    _until(lambda: int(_job(stack, job).get("done", 0)) >= 4)
    _look_after_jobs(stack)
    assert "look" in _job(stack, job)
    _until(lambda: "announced_at" in _job(stack, job), within=120)

    stack.script("a wooden spoon", generation=[{"slow": 60}])
    stopped = _drop_batch(stack, "batches/two.csv", "prompt\na wooden spoon\n")
    execution = _job(stack, stopped)["execution_arn"]
    _until(lambda: _rows_under_way(stack, stopped))
    stack.client("stepfunctions").stop_execution(executionArn=execution)
    _look_after_jobs(stack)
    assert "announced_at" in _job(stack, stopped)

    place = {"bucket": {"name": stack.outputs["PromptsBucket"]}}
    unversioned = place | {"object": {"key": "batches/two.csv", "etag": "another"}}
    event = {"source": "aws.s3", "detail": unversioned}
    stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["RunBatchArn"], input=json.dumps(event)
    )
    envelope = {"id": "batch-never-started", "time": LONG_AGO, "detail-type": "Object Created"}
    unstarted = place | {"object": {"key": "batches/three.csv", "etag": "e", "version-id": "v"}}
    _dead_letter(stack, envelope | {"source": "aws.s3", "detail": unstarted})


def _rows_under_way(stack: Stack, job: str) -> list[str]:
    """The executions of a batch's rows that run now."""
    running = stack.client("stepfunctions").list_executions(
        stateMachineArn=stack.outputs["StateMachineArn"], statusFilter="RUNNING"
    )
    return [one["name"] for one in running["executions"] if job in one["name"]]


def data_sets(stack: Stack) -> None:
    """A set that is tagged and trained on, and again, its flagged image moved away."""
    prefix = "datasets/boats/"
    bucket, put = stack.outputs["DatasetsBucket"], stack.client("s3").put_object
    unsafe = paint_unsafe(Marker((("Weapons", 96.0),)), 7, (256, 256))
    images = {"1.png": paint("a boat", "", 1, (256, 256)), "2.png": unsafe}
    # Too small for Rekognition, so that a copy is judged.
    images["3.png"] = paint("a boat", "", 3, (256, 256)).resize((40, 40))
    for name, image in images.items():
        content = io.BytesIO()
        image.save(content, "PNG")
        put(Bucket=bucket, Key=prefix + name, Body=content.getvalue())
    info = json.dumps({"instance_prompt": "a photo of a zxw boat"})
    put(Bucket=bucket, Key=f"{prefix}dataset_info.json", Body=info.encode())
    job = dataset_id(bucket, prefix)

    _submit(stack, {"prefix": prefix, "flagged": "tag", "fine_tune": {}})
    while "look" not in (found := _job(stack, job)):
        assert found["status"] == "RUNNING"
        _look_after_jobs(stack)
    _until(lambda: "announced_at" in _job(stack, job), within=120)
    assert _job(stack, job)["status"] == "COMPLETED", _job(stack, job)["reasons"]

    _submit(stack, {"prefix": prefix, "flagged": "quarantine", "clean_copy": True})
    _until(lambda: _job(stack, job)["run"] == "2" and "announced_at" in _job(stack, job), 120)
    assert _job(stack, job)["status"] == "COMPLETED", _job(stack, job)["reasons"]


def trainings(stack: Stack) -> None:
    """One that is looked after and deployed, another after it, and the first one put back."""
    key = put_texts(stack, "boats", learnable())
    bucket = stack.outputs["DatasetsBucket"]
    version = stack.client("s3").head_object(Bucket=bucket, Key=key)["VersionId"]
    stack.stand_ins.direct_classifiers(2.0)
    first = begin(stack, key=key, test_key=put_texts(stack, "held-out", _held_out()))
    _until(lambda: _job(stack, training_id(first.rpartition(":")[2])))
    _look_after_jobs(stack)
    stack.stand_ins.direct_classifiers(0.05)
    model = ended(stack, first).output["report"]["model_arn"]
    assert model.endswith(version_of(first))
    for asked in ({"key": key, "version_id": version}, {"model_arn": model}):
        assert ended(stack, begin(stack, **asked)).output["report"]["deployed"] is True


def callers(stack: Stack) -> None:
    """A request by the API, waited for and repeated, all that shows it, and the layers alone."""
    asked = {"prompt": "a rowing boat"}
    status, _, shown = stack.ask("POST", "/images?wait=25", asked, **{"Idempotency-Key": "one"})
    assert (status, shown["status"]) == (200, "COMPLETED")
    stack.ask("POST", "/images", asked, **{"Idempotency-Key": "one"})
    mine = shown["request_id"]
    unknown = mine[:-4] + ("0000" if mine[-4:] != "0000" else "1111")
    assert stack.ask("GET", f"/images/{unknown}")[0] == 404
    for path in (f"/images/{mine}", f"/images/{mine}/events", "/images", "/health"):
        assert stack.ask("GET", path)[0] == 200, path
    # Long enough for its language to be asked for.
    prompt = {"prompt": "a rowing boat on a lake in the morning"}
    assert stack.ask("POST", "/moderations/prompt", prompt)[0] == 200
    picture = io.BytesIO()
    paint("a rowing boat", "", 1, (256, 256)).save(picture, "PNG")
    image = {"image": base64.b64encode(picture.getvalue()).decode()}
    assert stack.ask("POST", "/moderations/image", image)[0] == 200


def reviews(stack: Stack) -> None:
    """What is left to people: approved after it was seen and given back, rejected, painted again,
    forgotten, decided too late, decided and not told, and twice before its Task is done."""
    desk = Desk(stack)
    publish(stack)
    approved = _in_doubt(stack, "a hay wagon")
    identity = desk.opened(approved)["review_id"]
    assert desk.ask("GET", "/reviews", ANA)[0] == 200
    assert desk.claim(identity)[0] == 200
    assert desk.ask("DELETE", f"/reviews/{identity}/claim", ANA)[0] == 204
    desk.end(identity, "approve")
    _ends(stack.ended(approved), "COMPLETED")

    stack.script("a hay barn", generation=[{"pictures": [UNCERTAIN]}])
    painted = stack.start({"prompt": "a hay barn"})
    identity = desk.opened(painted)["review_id"]
    assert desk.claim(identity)[0] == 200
    assert desk.ask("GET", f"/reviews/{identity}?originals=true", ANA)[0] == 200
    assert desk.decide(identity, "reject")[0] == 200
    _ends(stack.ended(painted), "BLOCKED_IMAGE")

    forgotten = _in_doubt(stack, "a hay cart")
    desk.move(desk.opened(forgotten)["review_id"], answer_by=LONG_AGO)
    desk.sweep()
    _ends(stack.ended(forgotten), "BLOCKED_PROMPT")

    stopped = _in_doubt(stack, "a hay loft")
    identity = desk.opened(stopped)["review_id"]
    desk.claim(identity)
    stack.client("stepfunctions").stop_execution(executionArn=stopped)
    _until(lambda: stack.record_of(stopped)["status"] != "IN_REVIEW")
    assert desk.decide(identity, "approve")[0] == 409

    untold = _in_doubt(stack, "a hay fork")
    identity = desk.opened(untold)["review_id"]
    desk.claim(identity)
    answered = {"service": "states", "operation": "SendTaskSuccess", "times": None}
    with _broken(stack, {**answered, "kind": "throttle", "caller": "DecideReview"}):
        assert desk.decide(identity, "reject")[0] == 202
    desk.sweep()
    _ends(stack.ended(untold), "BLOCKED_PROMPT")

    function = {"service": "lambda", "operation": "Invoke", "resource": "ReviewRequest"}
    with _broken(stack, {**function, "kind": "lost"}, {**function, "kind": "delay", "seconds": 5}):
        decided = _in_doubt(stack, "a hay rake")
        desk.claim(identity := desk.opened(decided)["review_id"])
        assert desk.decide(identity, "reject")[0] in (200, 202)
        _ends(stack.ended(decided), "BLOCKED_PROMPT")


def appeals(stack: Stack) -> None:
    """Against a prompt that was blocked and against pictures; one is repeated."""
    desk = Desk(stack)
    publish(stack)
    stack.script("a hay rick", comprehend=["unsafe"])
    stack.script("a hay stack", generation=["unsafe"])
    for prompt in ("a hay rick", "a hay stack"):
        _, _, accepted = stack.ask("POST", "/images", {"prompt": prompt})
        request = f"/images/{accepted['request_id']}"
        _until(functools.partial(_appealable, stack, request))
        path = f"{request}/appeal"
        for _ in range(2):
            assert stack.ask("POST", path, {"message": "it is about hay"})[0] == 202
        identity = review_id(accepted["request_id"], 2, 1)
        _until(functools.partial(desk.row, identity))
        desk.end(identity, "reject", BEN)
        assert stack.ask("POST", path, {"message": "it is about straw"})[0] == 409


def _appealable(stack: Stack, request: str) -> bool:
    return bool(stack.ask("GET", request)[2].get("appealable"))


def _in_doubt(stack: Stack, prompt: str) -> str:
    stack.script(prompt, comprehend=[IN_THE_BAND])
    return stack.start({"prompt": prompt})


def _held_out() -> bytes:
    return learnable().replace(b", number", b", seen on day")


def _submit(stack: Stack, asked: dict[str, Any]) -> None:
    entry = {
        "EventBusName": stack.outputs["EventBus"],
        "Source": "test.studio",
        "DetailType": "DatasetSubmitted",
        "Detail": json.dumps(asked),
    }
    stack.client("events").put_events(Entries=[entry])
    _until(lambda: _job(stack, dataset_id(stack.outputs["DatasetsBucket"], asked["prefix"])))


def _drop_batch(stack: Stack, key: str, content: str) -> str:
    bucket = stack.outputs["PromptsBucket"]
    put = stack.client("s3").put_object(Bucket=bucket, Key=key, Body=content.encode())
    job = batch_id(bucket, key, put["ETag"].strip('"'))
    _until(lambda: _job(stack, job))
    return job


def _job(stack: Stack, job_id: str) -> dict[str, str]:
    reply = stack.client("dynamodb").get_item(
        TableName=stack.outputs["JobsTable"], Key={"job_id": {"S": job_id}}
    )
    item = reply.get("Item", {})
    return {name: value.get("S") or value["N"] for name, value in item.items()}


def _map_runs(stack: Stack, execution: str) -> list[Any]:
    runs: list[Any] = stack.client("stepfunctions").list_map_runs(executionArn=execution)["mapRuns"]
    return runs


def _look_after_jobs(stack: Stack) -> None:
    _invoke(stack, "FollowJobs")


def _publish(stack: Stack, key: str, bundle: bytes) -> None:
    bucket = stack.outputs["PolicyBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=key, Body=bundle)


def _ends(run: Run, status: str) -> None:
    assert run.record["status"] == status, run.record


@contextmanager
def _broken(stack: Stack, *rules: dict[str, Any]) -> Iterator[None]:
    stack.engine.break_calls(*rules)
    try:
        yield
    finally:
        stack.engine.mend()


def _stop(stack: Stack, name: str, state: str, request: dict[str, str]) -> None:
    arn = stack.start(request, name)
    history = stack.client("stepfunctions").get_execution_history
    _until(lambda: f'"{state}"' in json.dumps(history(executionArn=arn)["events"], default=str))
    stack.client("stepfunctions").stop_execution(executionArn=arn)
    assert stack.events(f"execution-{name}", within=30)


def _waiting(stack: Stack, prompt: str, step: object) -> str:
    """An execution whose endpoint has been asked and does not tell."""
    stack.script(prompt, generation=[step])
    arn = stack.start({"prompt": prompt})
    _until(lambda: _rows_of(stack, arn).get("output_location"))
    return arn


def _rows_of(stack: Stack, arn: str) -> dict[str, Any]:
    record = stack.record_of(arn)
    rows = stack.client("dynamodb").scan(TableName=stack.outputs["InferencesTable"])["Items"]
    # The queue's item is no inference.
    inferences = [row for row in rows if "request_id" in row]
    mine = [row for row in inferences if row["request_id"]["S"] == record.get("request_id")]
    return mine[0] if mine else {}


def _inference_of(stack: Stack, arn: str) -> dict[str, str]:
    return {"inference_id": _rows_of(stack, arn)["inference_id"]["S"]}


def _output_of(stack: Stack, arn: str) -> str:
    place: str = _rows_of(stack, arn)["output_location"]["S"]
    return place.removeprefix(f"s3://{stack.outputs['WorkBucket']}/")


def _update(stack: Stack, table: str, key: dict[str, str], **values: str) -> None:
    stack.client("dynamodb").update_item(
        TableName=stack.outputs[table],
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )


def _dead_letter(stack: Stack, event: dict[str, Any]) -> None:
    """What EventBridge leaves of an event that it could start no execution with."""
    stack.client("sqs").send_message(
        QueueUrl=stack.outputs["IngressDeadLetters"],
        MessageBody=json.dumps(event),
        MessageAttributes={
            "ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"},
        },
    )


def _invoke(stack: Stack, name: str) -> None:
    function = stack.function(name)
    reply = stack.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in reply, reply["Payload"].read()


def _until(holds: Callable[[], Any], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
