"""`safelight demo endpoint`: the generation server, asked by itself and through the whole stack."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from local.deployed_stack import Record
from local.model_server import ModelServer, ask, write_tiny_model
from local.record_text import total_ms
from local.stack import LocalStack

_JPEG, _ARRAYS = "application/json;jpeg", "application/json"
_PATIENCE_SECONDS = 300.0
_AT_ONCE = 8
_SIZE = {"width": 256, "height": 256}
_EVENT = {
    "request_id": "demo-endpoint",
    "prompt": "a lighthouse at dusk, oil painting",
    "num_images": 2,
    "seed": 7,
    **_SIZE,
}
_PURPOSE = (
    "The server is the one that a SageMaker endpoint runs. Its model here is [bold]tiny and "
    "random[/bold]: it is no Stable Diffusion, and what it paints is noise."
)


@dataclass(frozen=True)
class Ask:
    """One request, and the status that it must be answered with."""

    fields: dict[str, Any] | str
    accept: str = _JPEG
    status: int = 200
    kind: str = ""

    @property
    def body(self) -> bytes:
        return (self.fields if isinstance(self.fields, str) else json.dumps(self.fields)).encode()

    @property
    def content_type(self) -> str:
        return self.kind or (
            "application/x-text" if isinstance(self.fields, str) else "application/json"
        )


@dataclass(frozen=True)
class Step:
    """Some requests, one after the other or at the same time."""

    title: str
    asks: Sequence[Ask]
    together: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of one: `batches` are the sizes of those that its pictures were painted in."""

    status: int
    batches: str
    reply: dict[str, Any]


@dataclass
class Shown:
    """What came of a step."""

    step: Step
    seconds: float
    answers: list[Answer]
    files: list[Path] = field(default_factory=list)

    @property
    def surprise(self) -> str:
        for wanted, got in zip(self.step.asks, self.answers, strict=True):
            if got.status != wanted.status:
                return f"answered {got.status}, expected {wanted.status}"
        if self.step.together and all(answer.batches == "1" for answer in self.answers):
            return "no two requests were painted together"
        return ""


def show(console: Console, out: Path) -> bool:
    """Run it all, end it all; False if something surprised."""
    console.print(_PURPOSE, highlight=False)
    pictures = out / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    model = out / "model"
    console.print(f"  writing the model to {model}", style="dim")
    write_tiny_model(model)
    log = out / "server.log"
    with ModelServer(model, log, MODEL_VERSION="local-tiny-random") as server:
        _wait(console, server)
        shown = [_run(server, step, pictures) for step in _steps()]
        _print_answers(console, shown)
        record, seconds, files = _through_the_stack(console, server, pictures)
        _print_batches(console, server)
    surprises = [f"{one.step.title}: {one.surprise}" for one in shown if one.surprise]
    if record["status"] != "COMPLETED":
        surprises.append(f"through the stack: {record['status']}")
    for surprise in surprises:
        console.print(surprise, style="red", highlight=False)
    _print_stack(console, record, seconds)
    count = sum(len(one.files) for one in shown) + len(files)
    console.print(
        f"{count} pictures of noise lie in {pictures}, the server's log is {log}.",
        soft_wrap=True,
        highlight=False,
    )
    return not surprises


def _wait(console: Console, server: ModelServer) -> None:
    began = time.monotonic()
    with console.status("starting the server") as status:
        server.wait(lambda told: status.update(f"{told}, {time.monotonic() - began:.0f} s"))
    ready = next(server.events("ready"))
    console.print(
        f"  /ping answers 200 after {time.monotonic() - began:.1f} s: torch and the model "
        f"{ready['load_seconds']} s, a first picture {ready['warm_up_seconds']} s, on the "
        f"{ready['device']} in {ready['dtype']}",
        style="dim",
        highlight=False,
    )


def _steps() -> list[Step]:
    some = [{"prompt": f"a lake, view {n}", "seed": n, **_SIZE} for n in range(_AT_ONCE)]
    return [
        Step("one picture, 512 x 512", [Ask({"prompt": "a lake", "seed": 1})]),
        Step("eight, one after the other", [Ask(one) for one in some]),
        Step("the same eight at the same time", [Ask(one) for one in some], together=True),
        Step(
            "two prompts, three pictures each",
            [Ask({"prompt": ["a lake", "a house"], "num_images_per_prompt": 3, **_SIZE})],
        ),
        Step("a prompt as plain text", [Ask("a lake")]),
        Step("arrays instead of JPEG", [Ask({"prompt": "a lake", **_SIZE}, _ARRAYS)]),
        Step("a width of 500", [Ask({"prompt": "a lake", "width": 500}, status=400)]),
        Step("100 pictures", [Ask({"prompt": "a", "num_images_per_prompt": 100}, status=400)]),
        Step("a reply as image/png", [Ask({"prompt": "a lake"}, "image/png", 406)]),
        Step("a request as text/plain", [Ask("a lake", status=415, kind="text/plain")]),
    ]


def _run(server: ModelServer, step: Step, folder: Path) -> Shown:
    began = time.monotonic()
    with ThreadPoolExecutor(len(step.asks) if step.together else 1) as pool:
        answers = list(pool.map(lambda one: _invoke(server, one), step.asks))
    shown = Shown(step, time.monotonic() - began, answers)
    name = step.title.replace(" ", "-").replace(",", "")
    encoded = [one for answer in answers for one in answer.reply.get("generated_images", ())]
    for number, picture in enumerate(encoded):
        shown.files.append(folder / f"{name}-{number}.jpg")
        shown.files[-1].write_bytes(_jpeg(picture))
    return shown


def _invoke(server: ModelServer, wanted: Ask) -> Answer:
    headers = {"Content-Type": wanted.content_type, "Accept": wanted.accept}
    status, answered, body = ask(
        server.url, "POST", "/invocations", wanted.body, headers, _PATIENCE_SECONDS
    )
    return Answer(status, answered.get("X-Batch-Images", ""), json.loads(body))


def _jpeg(picture: Any) -> bytes:
    if isinstance(picture, str):
        return base64.b64decode(picture)
    import numpy as np

    out = io.BytesIO()
    Image.fromarray(np.asarray(picture, np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def _print_answers(console: Console, shown: list[Shown]) -> None:
    table = Table(title="The server, asked directly", box=SIMPLE_HEAD, title_justify="left")
    for name in ("asked", "status", "pictures", "batches of", "seconds"):
        table.add_column(name, justify="left" if name == "asked" else "right")
    for one in shown:
        table.add_row(
            one.step.title,
            ", ".join(sorted({str(answer.status) for answer in one.answers})),
            str(len(one.files) or ""),
            ", ".join(sorted({answer.batches for answer in one.answers})),
            f"{one.seconds:.2f}",
        )
    console.print(table)
    for one in shown:
        for answer in one.answers:
            if "error" in answer.reply:
                told = f"  {one.step.title}: {_error_text(answer.reply)}"
                console.print(told, style="dim", highlight=False, soft_wrap=True)


def _error_text(reply: dict[str, Any]) -> str:
    error = reply["error"]
    return f"{error['type']}: {error['message']}"


def _through_the_stack(
    console: Console, server: ModelServer, folder: Path
) -> tuple[Record, float, list[Path]]:
    """(the record, seconds, the delivered pictures)"""
    console.print("The whole stack, with this server as its generator:")
    with LocalStack(
        generator=server.url, progress=lambda text: console.print(f"  {text}", style="dim")
    ) as stack:
        began = time.monotonic()
        _, key = stack.wait(stack.put_event(_EVENT), _PATIENCE_SECONDS)
        seconds = time.monotonic() - began
        record = stack.record(str(key))
        if record is None:
            return {"status": "without a record"}, seconds, []
        files = []
        for number, image in enumerate(record.get("images") or ()):
            files.append(folder / f"through-the-stack-{number}.{image['format']}")
            files[-1].write_bytes(stack.object(image["bucket"], image["key"]))
        return record, seconds, files


def _print_batches(console: Console, server: ModelServer) -> None:
    batches = list(server.events("batch"))
    images = sum(batch["images"] for batch in batches)
    seconds = sum(batch["seconds"] for batch in batches)
    console.print(
        f"The server painted {images} pictures in {len(batches)} batches, {seconds:.1f} s in all; "
        f"the largest batch had {max(batch['images'] for batch in batches)}.",
        highlight=False,
    )


def _print_stack(console: Console, record: Record, seconds: float) -> None:
    took = f", {total_ms(record)} ms by its record" if "images" in record else ""
    console.print(
        f"Through the stack: {record['status']} in {seconds:.1f} s with cold starts{took}.",
        highlight=False,
    )
