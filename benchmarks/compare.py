"""EviCAM beside what its users would pick instead: the same work, in turn, in one run.

    make bench

Prints a table, and writes it to benchmarks/results.md. Medians of images per second; each ratio is the median of the
ratios of neighbouring runs, with the smallest and the largest. The contestants' results are compared first.
"""

import argparse
import statistics
import time
from pathlib import Path

import convolutions
import explaining
import inference
import memory
import torch
import training
from networks import LENET, RESNET18

import evicam

TARGET = Path(__file__).parent / "results.md"


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rows(name, images, contestants, repeats):
    """Lines of the table for one workload, ours first."""
    times = {contestant: [] for contestant in contestants}
    for work in contestants.values():
        work()
    for _ in range(repeats):
        for contestant, work in contestants.items():
            times[contestant].append(seconds(work))
    for contestant, row in times.items():
        speed = f"{images / statistics.median(row):,.0f}"
        ratios = sorted(theirs / ours for theirs, ours in zip(row, times["EviCAM"]))
        ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})" if contestant != "EviCAM" else ""
        yield f"| {name} | {contestant} | {speed} | {ratio} |"
        name = ""


def lenet(options):
    """Workloads, each made when it is its turn."""
    yield training.workload(LENET, 50, options.bfloat16)
    yield inference.workload(LENET, 128, 20, options.threads)
    yield inference.workload(LENET, 1, 500, options.threads)
    yield explaining.grad_cam(LENET, 128, 10)
    yield explaining.rise(4, 4000)


def resnet18(options):
    yield training.workload(RESNET18, 6, options.bfloat16)
    yield inference.workload(RESNET18, 64, 2, options.threads)
    yield inference.workload(RESNET18, 1, 30, options.threads)
    yield explaining.grad_cam(RESNET18, 64, 1)


def lines(options):
    """The tables, line by line."""
    engine = evicam.show_versions()["engine"]
    for network, workloads in ((LENET, lenet), (RESNET18, resnet18)):
        versions = f"engine for {engine['isa']}, PyTorch {torch.__version__.split('+')[0]}"
        yield f"{network.name} on {options.threads} threads, {versions}:"
        yield from ("", "| work | by | images/s | EviCAM is faster by |", "|---|---|---|---|")
        for workload in workloads(options):
            yield from rows(*workload, options.repeats)
        yield from ("", "| memory of | EviCAM, MiB | PyTorch, MiB | EviCAM needs less by |", "|---|---|---|---|")
        yield memory.line(network)
        yield ""
    yield from convolutions.lines(max(3, options.repeats // 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=evicam.num_threads())
    parser.add_argument("--bfloat16", action="store_true", help="PyTorch's autocast too: very slow without AMX or AVX-512 BF16")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    evicam.set_num_threads(options.threads)
    training.check(LENET, tolerance=1e-4)
    training.check(RESNET18, tolerance=2e-2)
    written = []
    for line in lines(options):
        print(line, flush=True)
        written.append(line)
    TARGET.write_text("\n".join(written) + "\n")
    print(f"\nWrote {TARGET.relative_to(Path.cwd()) if TARGET.is_relative_to(Path.cwd()) else TARGET}")


if __name__ == "__main__":
    main()
