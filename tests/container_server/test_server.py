"""SageMaker's contract with a real pipeline behind it."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from container_server.conftest import Start, write_model
from numpy.typing import NDArray
from PIL import Image

from local.model_server import CONTAINER, PYTHON, ModelServer, ModelServerError, ask, ping
from store_images.placeholder import filtered_because
from store_images.reply import read_reply

pytestmark = [pytest.mark.container, pytest.mark.timeout(300)]
PATIENCE = 120.0
Pixels = NDArray[np.int16]


@dataclass(frozen=True)
class Answer:
    status: int
    batches: str
    kind: str
    body: bytes

    @property
    def reply(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.body)
        return fields

    @property
    def pictures(self) -> list[Pixels]:
        return [pixels(one) for one in self.reply["generated_images"]]


def pixels(encoded: object) -> Pixels:
    if not isinstance(encoded, str):
        return np.asarray(encoded, np.int16)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))), np.int16)


def invoke(
    server: ModelServer, accept: str = "application/json;png", kind: str = "", **fields: Any
) -> Answer:
    body = fields.pop("body", None) or json.dumps({"prompt": "a lake", **fields}).encode()
    headers = {"Accept": accept, "Content-Type": kind or "application/json"}
    status, answered, reply = ask(server.url, "POST", "/invocations", body, headers, PATIENCE)
    return Answer(
        status, answered.get("X-Batch-Images", ""), answered.get("Content-Type", ""), reply
    )


def together(server: ModelServer, requests: list[dict[str, Any]]) -> list[Answer]:
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda fields: invoke(server, **fields), requests))


def test_it_is_ready(server: ModelServer) -> None:
    assert ping(server.url) == 200
    (ready,) = server.events("ready")
    assert (ready["device"], ready["dtype"]) in {("cpu", "float32"), ("cuda", "bfloat16")}


@pytest.mark.parametrize("form", ["", ";jpeg", ";png"])
def test_a_picture_in_every_form(server: ModelServer, form: str) -> None:
    answer = invoke(server, f"application/json{form}", seed=1, height=72)
    assert (answer.status, answer.kind) == (200, f"application/json{form}")
    (picture,) = answer.pictures
    assert picture.shape == (72, 64, 3)
    assert picture.std() > 10
    (read,) = read_reply(answer.body).pictures
    assert read.data


def test_the_same_seed_is_the_same_picture_and_another_is_not(server: ModelServer) -> None:
    first, again, other = (invoke(server, seed=seed).pictures[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_prompt_negative_prompt_steps_and_guidance_matter(server: ModelServer) -> None:
    asked: list[dict[str, Any]] = [
        {}, {"prompt": "a house"}, {"negative_prompt": "blurry"}, {"num_inference_steps": 9},
        {"guidance_scale": 3}, {"guidance_scale": 0},
    ]  # fmt: skip
    painted = [invoke(server, seed=1, **fields).pictures[0] for fields in asked]
    assert len({picture.tobytes() for picture in painted}) == len(asked)
    off = invoke(server, seed=1, guidance_scale=1, negative_prompt="blurry").pictures[0]
    assert np.array_equal(off, painted[-1])


def test_pictures_do_not_depend_on_what_they_are_painted_with(server: ModelServer) -> None:
    requests: list[dict[str, Any]] = [{"prompt": f"a lake {n}", "seed": n} for n in range(8)]
    batched = together(server, requests)
    assert {answer.batches for answer in batched} == {"8"}
    for fields, answer in zip(requests, batched, strict=True):
        alone = invoke(server, **fields)
        assert alone.batches == "1"
        assert np.abs(alone.pictures[0] - answer.pictures[0]).max() <= 1


def test_only_what_has_the_same_shape_is_painted_together(server: ModelServer) -> None:
    sizes = [{"width": 64}] * 3 + [{"width": 128}] * 2 + [{"guidance_scale": 1}]
    assert [answer.batches for answer in together(server, sizes)] == list("333221")


def test_a_large_request_is_split_and_has_the_seeds_of_single_ones(start: Start) -> None:
    server = start(MAX_BATCH="2", BATCH_WAIT_MS="0")
    answer = invoke(server, num_images_per_prompt=5, seed=7)
    assert answer.batches == "2,2,1"
    last = invoke(server, seed=11)
    assert np.abs(last.pictures[0] - answer.pictures[4]).max() <= 1


def test_a_list_of_prompts(server: ModelServer) -> None:
    answer = invoke(server, prompt=["a lake", "a house"], num_images_per_prompt=2, seed=1)
    assert len(answer.pictures) == 4
    assert answer.reply["prompt"] == ["a lake", "a house"]


def test_a_text_request(server: ModelServer) -> None:
    reply = invoke(server, kind="application/x-text", body="ein See, Öl".encode()).reply
    assert reply["prompt"] == "ein See, Öl"
    assert reply["generated_images"] == [reply["generated_image"]]


def test_long_prompts_are_cut_as_the_text_encoder_reads_them(server: ModelServer) -> None:
    assert invoke(server, prompt="a lake " * 500).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"prompt": ""}, 400, "prompt"),
        ({"width": 100}, 400, "width"),
        ({"num_images_per_prompt": 100}, 400, "num_images_per_prompt"),
        ({"accept": "image/png"}, 406, "Accept"),
        ({"kind": "image/png"}, 415, "Content-Type"),
        ({"body": b"{}" * 200_000}, 413, None),
    ],
)
def test_errors_name_the_field(
    server: ModelServer, asked: dict[str, Any], status: int, field: str | None
) -> None:
    answer = invoke(server, **asked)
    assert (answer.status, answer.reply["error"]["field"]) == (status, field)


@pytest.mark.parametrize("word", ["passes", "flags"])
def test_a_safety_checker_has_its_say(start: Start, tmp_path: Path, word: str) -> None:
    server = start(write_model(tmp_path / "model", "--safety-checker", word))
    answer = invoke(server, num_images_per_prompt=2)
    assert answer.reply["nsfw_content_detected"] == [word == "flags"] * 2
    for encoded in answer.reply["generated_images"]:
        image = Image.open(io.BytesIO(base64.b64decode(encoded)))
        assert (filtered_because(image) == "black") == (word == "flags")


def test_without_a_safety_checker_nothing_is_said_of_one(server: ModelServer) -> None:
    assert "nsfw_content_detected" not in invoke(server).reply


def test_compiled_and_filled_up_it_paints_the_same(start: Start, server: ModelServer) -> None:
    settings = {"COMPILE": "1", "BUCKETS": "64x64:2", "MAX_BATCH": "2", "BATCH_WAIT_MS": "0"}
    kept = PYTHON.parents[1] / "compiled"  # a minute's work, which the next run need not do again
    compiled = start(**settings, TORCHINDUCTOR_CACHE_DIR=str(kept))
    asked: list[dict[str, Any]] = [{}, {"width": 72}, {"guidance_scale": 1}]
    for fields in asked:
        plain = invoke(server, seed=3, **fields).pictures[0]
        assert np.abs(invoke(compiled, seed=3, **fields).pictures[0] - plain).max() <= 1


def test_a_folder_that_is_no_model_ends_the_server(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ModelServer(tmp_path, log, FAILURE_SECONDS="0") as server:
        with pytest.raises(ModelServerError, match=r"load_failed.* has no model_index\.json"):
            server.wait()
        assert server.stop() == 1


def test_weights_that_could_hold_code_are_not_read(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    subprocess.run(["cp", "-r", str(model), str(folder)], check=True)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with (
        ModelServer(folder, tmp_path / "log", FAILURE_SECONDS="0") as server,
        pytest.raises(ModelServerError, match="load_failed"),
    ):
        server.wait()


def test_it_ends_when_asked_with_what_it_has_taken(start: Start) -> None:
    server = start(MAX_BATCH="1", BATCH_WAIT_MS="0")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(invoke, server, num_images_per_prompt=8)
        while not any(server.events("batch")):
            time.sleep(0.01)
        assert server.stop() == 0
        assert pending.result(PATIENCE).status == 200
    assert len(list(server.events("batch"))) == 8


def test_the_log_holds_no_prompt(server: ModelServer) -> None:
    # Too long: diffusers would warn with the end of it.
    prompt = "a lake " * 50 + "lighthouse"
    assert invoke(server, prompt=prompt).status == 200
    assert invoke(server, prompt=prompt, width=1).status == 400
    assert "lighthouse" not in server.log_file.read_text("utf-8")


def test_aws_own_containers_call_it_by_their_functions(model: Path) -> None:
    """As their toolkit does: model_fn once, transform_fn for each request."""
    code = (
        "import diffusers, transformers  # as some of these containers do before\n"
        "import inference, json, sys\n"
        "model = inference.model_fn(sys.argv[1])\n"
        "prompt = 'a lake ' * 50 + 'lighthouse'\n"
        "body = json.dumps({'prompt': prompt, 'seed': 1, 'width': 64, 'height': 64})\n"
        "reply = inference.transform_fn(model, body, 'application/json', sys.argv[2])\n"
        "print(len(json.loads(reply)['generated_images']))\n"
        "try:\n"
        "    inference.transform_fn(model, '{}', 'application/json', sys.argv[2])\n"
        "except inference.Refused as refused:\n"
        "    print(refused)\n"
    )
    ran = run_python(code, str(model), "application/json;jpeg")
    first, second = ran.stdout.splitlines()
    assert first == "1"
    assert json.loads(second)["error"]["field"] == "prompt"
    assert "lighthouse" not in ran.stderr


def test_a_batch_too_large_for_the_memory_leaves_nothing_of_it() -> None:
    """What its traceback held would be missing for the smaller batch that is tried next."""
    code = (
        "import torch, weakref\n"
        "from server import job, pipeline\n"
        "class Tensor: pass\n"
        "held = []\n"
        "def pipe():\n"
        "    tensor = Tensor()\n"
        "    held.append(weakref.ref(tensor))\n"
        "    raise torch.OutOfMemoryError\n"
        "try:\n"
        "    pipeline._run(pipe, {})\n"
        "except job.OutOfMemory:\n"
        "    print(held[0]())\n"
    )
    assert run_python(code).stdout == "None\n"


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-c", code, *arguments],
        env={"PYTHONPATH": str(CONTAINER), "OMP_NUM_THREADS": "1", "THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
