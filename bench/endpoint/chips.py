"""What accelerators can do at most: dense 16-bit matrix arithmetic, in TFLOP a second."""

from __future__ import annotations

# By a part of the name that CUDA gives; the first that fits. NVIDIA's data sheets; most of them
# print the figure with sparsity, twice the dense one. Of the A10G, which only AWS has, NVIDIA has
# no public sheet: a figure that others publish. A T4 has no bf16: its figure is fp16's.
DENSE_TFLOPS = {
    "H200 NVL": 836.0,
    "H200": 989.0,
    "H100 NVL": 836.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L4": 121.0,
    "A10G": 70.0,
    "T4": 65.0,
}
SOURCE = "NVIDIA's data sheets, without sparsity; A10G: as published by others"


def dense_tflops(name: str) -> float | None:
    """None for a chip that is not in the table. An `NVIDIA L40` is none of them."""
    words = f" {name} ".replace("-", " ")
    return next((limit for chip, limit in DENSE_TFLOPS.items() if f" {chip} " in words), None)
