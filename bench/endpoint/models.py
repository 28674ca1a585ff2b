"""The models that are timed: random weights, as speed does not depend on their values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModel

from tiny_model import byte_tokenizer, write

TINY, SD21 = "tiny", "sd21"
# The latents of a picture have an eighth of its sides; a prompt has 77 tokens.
_LATENT, _TOKENS = 8, 77


def make(architecture: str, folder: Path, device: str) -> None:
    """Writes the model as diffusers reads it: the tiny one of container/, or Stable Diffusion
    2.1-base's architecture in bf16 (2.6 GB)."""
    if architecture == TINY:
        write(folder)
        return
    with torch.device(device):
        torch.set_default_dtype(torch.bfloat16)
        try:
            parts = {"unet": _unet(), "vae": _vae(), "text_encoder": _text_encoder()}
        finally:
            torch.set_default_dtype(torch.float32)
    StableDiffusionPipeline(
        **parts,
        tokenizer=byte_tokenizer(),
        scheduler=PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            steps_offset=1,
            skip_prk_steps=True,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, safe_serialization=True)


@dataclass(frozen=True)
class Flops:
    """FLOP of one picture with guidance, by part. A multiplication and an addition are two."""

    text_encoder: float
    # One look at the picture, with the prompt and without it.
    unet: float
    decoder: float
    parameters: int

    def picture(self, looks: int) -> float:
        return self.text_encoder + looks * self.unet + self.decoder


def count_flops(folder: Path, size: int) -> Flops:
    """By torch, on the meta device, where nothing is computed."""
    side = size // _LATENT
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet"))
        vae = AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae"))
        config = CLIPTextConfig.from_pretrained(folder / "text_encoder")
        text = CLIPTextModel(config)
        latents = torch.empty(2, 4, side, side)
        words = torch.empty(2, _TOKENS, config.hidden_size)
        tokens = torch.zeros(2, _TOKENS, dtype=torch.int64)
    return Flops(
        text_encoder=_flops(text, tokens),
        unet=_flops(unet, latents, torch.tensor(1.0, device="meta"), words),
        decoder=_flops(vae.decode, latents[:1]),
        parameters=sum(p.numel() for part in (unet, vae, text) for p in part.parameters()),
    )


def looks_of_its_own_scheduler(folder: Path, steps: int) -> int:
    """How often the model is asked for a picture: its own scheduler looks twice at first."""
    scheduler = PNDMScheduler.from_pretrained(folder / "scheduler")
    scheduler.set_timesteps(steps)
    return len(scheduler.timesteps)


def _flops(call: Any, *arguments: Any) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call(*arguments)
    return float(counter.get_total_flops())


def _unet() -> Any:
    return UNet2DConditionModel(
        sample_size=64,
        attention_head_dim=(5, 10, 20, 20),
        block_out_channels=(320, 640, 1280, 1280),
        cross_attention_dim=1024,
        use_linear_projection=True,
    )


def _vae() -> Any:
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        layers_per_block=2,
        sample_size=512,
    )


def _text_encoder() -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            # The real vocabulary's size; the tokenizer, which is the tiny model's, uses 514 of it.
            vocab_size=49408,
            bos_token_id=512,
            eos_token_id=513,
            pad_token_id=513,
            hidden_size=1024,
            intermediate_size=4096,
            num_attention_heads=16,
            num_hidden_layers=23,
            hidden_act="gelu",
        )
    )
