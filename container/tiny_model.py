"""Writes a tiny Stable Diffusion with random weights: it runs every line that a real one does, in
a tenth of a second on a CPU, and paints noise.

    python container/tiny_model.py FOLDER [--safety-checker none|passes|flags]
"""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
)

_WIDTH = 32
_TOKENS = 77


def write(folder: Path, safety_checker: str = "none") -> None:
    """The model in diffusers' layout: about 400 KB. A checker `passes` or `flags` everything."""
    torch.manual_seed(0)
    tokenizer = byte_tokenizer()
    checker = None if safety_checker == "none" else _checker(flags=safety_checker == "flags")
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(4, 4, 8, 8),  # four, as a pixel in eight is what real ones have
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            norm_num_groups=4,
            sample_size=512,
        ),
        text_encoder=CLIPTextModel(_text_config(len(tokenizer))),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(
            block_out_channels=(8, 16),
            layers_per_block=1,
            sample_size=64,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=_WIDTH,
            attention_head_dim=4,
            norm_num_groups=4,
        ),
        scheduler=PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            steps_offset=1,
            skip_prk_steps=True,
        ),
        safety_checker=checker,
        feature_extractor=_feature_extractor() if checker is not None else None,
        requires_safety_checker=checker is not None,
    )
    pipe.save_pretrained(folder, safe_serialization=True)


def _text_config(words: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=words,
        hidden_size=_WIDTH,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=_TOKENS,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
    )


def byte_tokenizer() -> CLIPTokenizer:
    """CLIP's alphabet of bytes, each a token, inside a word and at its end; no merges."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (chr(256 + n) for n in range(256 - len(printable)))
    symbols = [*map(chr, printable), *others]
    words = [*symbols, *(symbol + "</w>" for symbol in symbols), "<|startoftext|>", "<|endoftext|>"]
    with TemporaryDirectory() as folder:
        vocabulary, merges = Path(folder, "vocab.json"), Path(folder, "merges.txt")
        vocabulary.write_text(json.dumps({word: n for n, word in enumerate(words)}), "utf-8")
        merges.write_text("#version: 0.2\n", "utf-8")
        return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=_TOKENS)


def _checker(flags: bool) -> StableDiffusionSafetyChecker:
    vision = {
        "hidden_size": _WIDTH,
        "intermediate_size": 37,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "image_size": 32,
        "patch_size": 8,
    }
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(text_config=_text_config(514).to_dict(), vision_config=vision, projection_dim=16)
    )
    # A picture is flagged where its likeness to a concept, from -1 to 1, exceeds the concept's.
    for name in ("concept_embeds_weights", "special_care_embeds_weights"):
        getattr(checker, name).data.fill_(-2.0 if flags else 2.0)
    return checker


def _feature_extractor() -> Any:
    side = {"height": 32, "width": 32}
    return CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--safety-checker", choices=("none", "passes", "flags"), default="none",
        help="a checker that flags no picture, or every one (default: %(default)s)",
    )  # fmt: skip
    args = parser.parse_args()
    write(args.folder, args.safety_checker)


if __name__ == "__main__":
    main()
