"""Memory that training takes: the largest resident size of a process of its own, beyond what it had with all modules loaded.

python memory.py EviCAM|PyTorch resnet18|lenet
"""

import subprocess
import sys
from pathlib import Path

STEPS = 3


def line(network):
    """A row of the table: MiB of ours and theirs, and the ratio."""
    ours, theirs = (measured(who, network) for who in ("EviCAM", "PyTorch"))
    return f"| training, batch {network.batch} | {ours:,.0f} | {theirs:,.0f} | {theirs / ours:.2f} |"


def measured(who, network):
    """MiB, by a process of its own."""
    command = [sys.executable, __file__, who, network.architecture]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak():
    """MiB: the largest resident size so far. Not by getrusage, whose figure a process takes over from its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def train(who, architecture):
    from networks import LENET, RESNET18
    from training import PyTorch

    network = {each.architecture: each for each in (LENET, RESNET18)}[architecture]
    images, labels = network.images_and_labels(STEPS * network.batch)
    before = peak()
    if who == "EviCAM":
        network.classifier(epochs=1).fit(images, labels)
    else:
        PyTorch(network, images, labels, list(network.layouts.values())[-1]).epoch()
    return peak() - before


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    print(train(*sys.argv[1:]))
