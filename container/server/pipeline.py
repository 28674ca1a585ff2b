"""The model: any diffusers text-to-image folder, set up to paint batches.

The one module that imports torch and diffusers.
"""

import inspect
import os
from collections.abc import Sequence
from typing import Any

# Read when they are imported: nothing is looked for outside the model's folder.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from diffusers import AutoPipelineForText2Image, DPMSolverMultistepScheduler
from diffusers.utils import logging as diffusers_log
from transformers.utils import logging as transformers_log

from server.job import DeviceLost, Job, OutOfMemory, Picture, Shape
from server.settings import Settings

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
# Older releases, as AWS's containers have, do not tell it from other errors.
_LOST: Any = getattr(torch, "AcceleratorError", ())
# Guidance and steps of warm-up pictures: the usual path through the model, as short as it goes.
_WARM_GUIDANCE, _WARM_STEPS = 7.5, 2
_INDEX = "model_index.json"


def load(settings: Settings) -> "Pipeline":
    """Reads the model from settings.model_dir (safetensors only) and puts it on the accelerator.

    Raises FileNotFoundError, or whatever diffusers does for a folder that it cannot read. Not
    warmed up.
    """
    # diffusers warns with the end of a prompt that is too long. Who imported these before, as AWS's
    # containers do, may have chosen to hear it.
    for log in (diffusers_log, transformers_log):
        log.set_verbosity_error()
        log.disable_progress_bar()
    if not (settings.model_dir / _INDEX).is_file():
        raise FileNotFoundError(f"{settings.model_dir} has no {_INDEX}, as a diffusers model does")
    cuda = torch.cuda.is_available()
    device = "cuda" if cuda else "cpu"
    torch.set_num_threads(settings.threads or _threads(cuda))
    dtype = _dtype(settings.dtype, cuda)
    pipe = AutoPipelineForText2Image.from_pretrained(
        str(settings.model_dir), dtype=dtype, local_files_only=True, use_safetensors=True
    )
    return Pipeline(pipe.to(device), settings, device, dtype)


class Pipeline:
    """Paints one batch at a time: not for two threads at once."""

    def __init__(self, pipe: Any, settings: Settings, device: str, dtype: torch.dtype) -> None:
        self._pipe, self._settings = pipe, settings
        self.device, self.dtype = device, str(dtype).removeprefix("torch.")
        self._parameters = inspect.signature(pipe.__call__).parameters
        _prepare(pipe, settings.scheduler)
        self._denoiser = "unet" if getattr(pipe, "unet", None) is not None else "transformer"
        self._plain = getattr(pipe, self._denoiser, None)
        self._compiled = None
        if settings.compiled and self._plain is not None:
            self._compiled = torch.compile(self._plain, dynamic=False)
            # Every size and number is a graph of its own; the rest would silently run uncompiled.
            graphs = sum(len(bucket.counts) for bucket in settings.buckets)
            torch._dynamo.config.recompile_limit = max(8, 2 * graphs)

    def warm_up(self) -> None:
        """Paints once in every size that will be compiled, or in the usual one: what torch chooses
        and compiles at the first use is not left to the first request."""
        side = self._settings.limits.side
        sizes = [
            (bucket.width, bucket.height, count)
            for bucket in self._settings.buckets
            for count in bucket.counts
        ] or [(side, side, 1)]
        for width, height, count in sizes:
            shape = Shape(width, height, _WARM_STEPS, _WARM_GUIDANCE)
            self.paint([Job(shape, "a photo of a lake", "", seed) for seed in range(count)])

    def paint(self, jobs: Sequence[Job]) -> list[Picture]:
        """One picture for each job; all of one shape. Each has a generator of its own, so that it
        does not depend on what it is painted with.

        Raises OutOfMemory and DeviceLost.
        """
        shape = jobs[0].shape
        filled = list(jobs)
        if self._compiled is not None:
            bucket = self._settings.bucket_for(shape, len(jobs))
            setattr(self._pipe, self._denoiser, self._compiled if bucket else self._plain)
            filled += [jobs[-1]] * ((bucket or len(jobs)) - len(jobs))
        painted = _run(self._pipe, self._arguments(shape, filled))
        images = painted.images[: len(jobs)]
        flags = getattr(painted, "nsfw_content_detected", None)
        if flags is None:
            return [Picture(image) for image in images]
        return [Picture(image, bool(flag)) for image, flag in zip(images, flags, strict=False)]

    def _arguments(self, shape: Shape, jobs: Sequence[Job]) -> dict[str, Any]:
        arguments = {
            "prompt": [job.prompt for job in jobs],
            "width": shape.width,
            "height": shape.height,
            "num_inference_steps": shape.steps,
            "guidance_scale": shape.guidance,
            # Of the CPU: the same seed is the same noise on every accelerator.
            "generator": [torch.Generator("cpu").manual_seed(job.seed) for job in jobs],
        }
        if shape.guidance and "negative_prompt" in self._parameters:
            arguments["negative_prompt"] = [job.negative_prompt for job in jobs]
        return arguments


def _threads(cuda: bool) -> int:
    """A GPU leaves the CPU little to do. Without one every core paints; more threads than cores
    would wait for one another."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, cores or 1) if cuda else cores or 1


def _dtype(wanted: str, cuda: bool) -> torch.dtype:
    if wanted != "auto":
        return _DTYPES[wanted]
    if not cuda:
        return torch.float32
    # An older GPU than Ampere computes bf16 in software, slower than fp32.
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float16


def _prepare(pipe: Any, scheduler: str) -> None:
    pipe.set_progress_bar_config(disable=True)
    if scheduler == "dpm++" and DPMSolverMultistepScheduler in pipe.scheduler.compatibles:
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(
            pipe.scheduler.config, algorithm_type="dpmsolver++", solver_order=2
        )
    torch.backends.cudnn.benchmark = True
    for name in ("unet", "vae"):
        part = getattr(pipe, name, None)
        # Of pictures alone: the order has no meaning for a video's five dimensions.
        if part is not None and all(weights.dim() < 5 for weights in part.parameters()):
            part.to(memory_format=torch.channels_last)
    # A batch is decoded picture by picture: decoding takes more memory than all that was before.
    if hasattr(getattr(pipe, "vae", None), "enable_slicing"):
        pipe.vae.enable_slicing()


def _run(pipe: Any, arguments: dict[str, Any]) -> Any:
    try:
        with torch.inference_mode():
            return pipe(**arguments)
    except torch.OutOfMemoryError:
        pass
    except _LOST as lost:
        raise DeviceLost(type(lost).__name__) from None
    # Only now: the error's traceback holds the batch's tensors, for which there is no memory.
    torch.cuda.empty_cache()
    raise OutOfMemory
