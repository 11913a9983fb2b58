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
import torch
import training

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=evicam.num_threads())
    parser.add_argument("--bfloat16", action="store_true", help="PyTorch's autocast too: very slow without AMX or AVX-512 BF16")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    evicam.set_num_threads(options.threads)
    training.check()
    engine = evicam.show_versions()["engine"]
    lines = [
        f"LeNet on {options.threads} threads, engine for {engine['isa']}, PyTorch {torch.__version__.split('+')[0]}:",
        "",
        "| work | by | images/s | EviCAM is faster by |",
        "|---|---|---|---|",
    ]
    print(*lines, sep="\n")
    for workloads in (training.workloads(options.bfloat16), inference.workloads(options.threads), explaining.workloads()):
        for name, images, contestants in workloads:
            for line in rows(name, images, contestants, options.repeats):
                print(line, flush=True)
                lines.append(line)
    lines.append("")
    for line in convolutions.lines(max(3, options.repeats // 2)):
        print(line, flush=True)
        lines.append(line)
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"\nWrote {TARGET.relative_to(Path.cwd()) if TARGET.is_relative_to(Path.cwd()) else TARGET}")


if __name__ == "__main__":
    main()
