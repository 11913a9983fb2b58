"""Wide 3x3 convolutions on one core: our kernels beside oneDNN's, which PyTorch calls. Billions of operations a second, counted
as those of direct sums."""

import statistics
import subprocess
import time
from pathlib import Path

import torch

PROGRAM = Path(__file__).parent.parent / ".build-bench" / "release" / "KernelBenchmarks"

# name in the kernels' benchmark -> images, channels (in and out), side of the map
LAYERS = {
    "3x3, 64 to 64 at 32x32": (8, 64, 32),
    "3x3, 128 to 128 at 16x16": (16, 128, 16),
    "3x3, 256 to 256 at 8x8": (32, 256, 8),
    "3x3, 512 to 512 at 4x4": (64, 512, 4),
}
PASSES = ("forward", "input gradient", "weight gradient")


def ours(layer):
    """{pass: GFLOP/s} of one run of our kernels, and the processor's limit."""
    text = subprocess.run([PROGRAM, *layer.split(), "Winograd"], capture_output=True, text=True, check=True).stdout
    lines = text.splitlines()
    limit = float(lines[0].split("limit ")[1].split()[0])
    found = {}
    for line in lines:
        for name in PASSES:
            if line.startswith(f"{layer}, Winograd") and name in line:
                found[name] = float(line.split(name)[1].split()[0])
    return found, limit


def theirs(images, channels, side):
    """{pass: GFLOP/s}: medians of nine calls each."""
    x = torch.randn(images, channels, side, side).to(memory_format=torch.channels_last)
    w = torch.randn(channels, channels, 3, 3).to(memory_format=torch.channels_last)
    dy = torch.randn_like(x)

    def backward(mask):
        return torch.ops.aten.convolution_backward(dy, x, w, [0], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask)

    calls = {
        "forward": lambda: torch.nn.functional.conv2d(x, w, padding=1),
        "input gradient": lambda: backward([True, False, False]),
        "weight gradient": lambda: backward([False, True, False]),
    }
    operations = 2 * images * side * side * 9 * channels * channels
    found = {}
    for name, call in calls.items():
        times = []
        for _ in range(10):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
        found[name] = operations / statistics.median(times[1:]) / 1e9
    return found


def lines(repeats):
    """Lines of the table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield "| one core | pass | EviCAM, GFLOP/s | share of the direct limit | oneDNN, GFLOP/s | EviCAM is faster by |"
    yield "|---|---|---|---|---|---|"
    for layer, shape in LAYERS.items():
        runs = [(*ours(layer), theirs(*shape)) for _ in range(repeats)]
        for name in PASSES:
            mine = statistics.median(found[name] for found, _, _ in runs)
            share = statistics.median(found[name] / limit for found, limit, _ in runs)
            other = statistics.median(found[name] for _, _, found in runs)
            ratios = sorted(found[name] / peer[name] for found, _, peer in runs)
            ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            yield f"| {layer} | {name} | {mine:.0f} | {share:.0%} | {other:.0f} | {ratio} |"
    torch.set_num_threads(threads)
