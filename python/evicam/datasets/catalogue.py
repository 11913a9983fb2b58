"""The data sets known by name: their files, where those come from, and what the classes are called."""

from __future__ import annotations

from dataclasses import dataclass, field

DIGITS = tuple("0123456789")
# As in the README of Fashion-MNIST (Xiao, Rasul & Vollgraf 2017).
CLOTHES = (
    "t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
# As in batches.meta.txt of CIFAR-10 (Krizhevsky 2009).
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# As they are written in a sentence.
WRITTEN = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "cifar-10": "CIFAR-10"}


@dataclass(frozen=True)
class Entry:
    """One data set."""

    name: str
    class_names: tuple[str, ...]
    # Base address of the original files.
    address: str
    # MD5 of each original file, as torchvision lists them.
    checksums: dict[str, str] = field(repr=False)
    # Folder of the Debian package that holds it.
    debian: str | None = None


IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

# CRC-32 of the label files, unpacked: tells a file that was put under another's name.
LABEL_CHECKSUMS = {
    0xE0CB4AD2: ("mnist", "train"),
    0x4AB9EFF9: ("mnist", "test"),
    0x741A4657: ("fashion-mnist", "train"),
    0x80142C1F: ("fashion-mnist", "test"),
}

CIFAR_FOLDER = "cifar-10-batches-bin"
CIFAR_FILES = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
CIFAR_ARCHIVES = ("cifar-10-binary.tar.gz", "cifar-10-binary.tar.xz", "cifar-10-binary.tar")

ENTRIES = {
    entry.name: entry
    for entry in (
        Entry(
            "mnist",
            DIGITS,
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            {
                "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
                "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
                "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
            },
        ),
        Entry(
            "fashion-mnist",
            CLOTHES,
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            {
                "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
                "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
                "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
            },
            debian="/usr/share/datasets/fashion-mnist",
        ),
        Entry(
            "cifar-10",
            OBJECTS,
            "https://www.cs.toronto.edu/~kriz/",
            {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        ),
    )
}
