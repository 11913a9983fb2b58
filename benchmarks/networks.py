"""The networks of the benchmarks, in EviCAM and, with the same weights, in the libraries it is compared with."""

import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

import evicam

CLASSES = 10


@dataclass(frozen=True)
class Network:
    """One network and the work it is given.

    Parameters
    ----------
    name : str
    architecture : str
        Ours.
    image_shape : tuple of int
        (H, W) or (H, W, 3).
    torch_model : callable
        PyTorch's, with the same names of layers.
    batch : int
        Images in a training step.
    explained : str
        The layer whose maps are drawn.
    torch_optimiser : callable
        Parameters to PyTorch's optimiser, with the same rule.
    layouts : dict of str to torch.memory_format
        The orders of PyTorch's memory to measure, by what they add to a contestant's name.
    settings : dict
        Of our classifier.
    """

    name: str
    architecture: str
    image_shape: tuple
    torch_model: Callable
    batch: int
    explained: str
    torch_optimiser: Callable
    layouts: dict
    settings: dict = field(default_factory=dict)

    def images_and_labels(self, count):
        """Noise and labels: what is in the images has no bearing on the speed."""
        random = np.random.default_rng(0)
        return random.integers(0, 256, (count, *self.image_shape), dtype=np.uint8), np.arange(count) % CLASSES

    def classifier(self, **settings):
        """Our evidential classifier, not fitted."""
        settings = {"architecture": self.architecture, "batch_size": self.batch, **self.settings, **settings}
        return evicam.EvidentialClassifier(kl_annealing=0, random_state=0, verbose=False, **settings)

    def ours(self, **settings):
        """The same after one step."""
        images, labels = self.images_and_labels(self.batch)
        return self.classifier(**settings).partial_fit(images, labels, classes=np.arange(CLASSES))

    def to_torch(self, classifier, layout):
        """PyTorch's model with our weights, for inference."""
        model = self.torch_model()
        state = {name: torch.from_numpy(values.copy()) for name, values in classifier.to_torch_state().items()}
        missing = model.load_state_dict(state, strict=False)
        assert not missing.unexpected_keys and all(name.endswith("num_batches_tracked") for name in missing.missing_keys)
        return model.to(memory_format=layout).eval()

    def as_floats(self, images):
        """Channels first, 0..1, as the others want them."""
        images = images[..., None] if images.ndim == 3 else images
        return (np.ascontiguousarray(images.transpose(0, 3, 1, 2)) / np.float32(255)).astype(np.float32)

    def as_tensor(self, images, layout):
        """`as_floats` for PyTorch."""
        return torch.from_numpy(self.as_floats(images)).contiguous(memory_format=layout)


def to_onnx(classifier):
    """The bytes of an ONNX model: images [N, C, H, W] float32 to logits [N, 10]."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        classifier.to_onnx(path)
        return path.read_bytes()


def torch_lenet(dropout=0.5):
    nn = torch.nn
    return nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 20, 5), pool1=nn.MaxPool2d(2), relu1=nn.ReLU(),
        conv2=nn.Conv2d(20, 50, 5), pool2=nn.MaxPool2d(2), relu2=nn.ReLU(),
        flatten=nn.Flatten(), fc1=nn.Linear(800, 500), relu3=nn.ReLU(), dropout=nn.Dropout(dropout), fc2=nn.Linear(500, CLASSES),
    ))  # fmt: skip


def torch_resnet18():
    """torchvision's, with the stem for small images."""
    from torchvision.models import resnet18

    model = resnet18(num_classes=CLASSES)
    model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = torch.nn.Identity()
    return model


CHANNELS_LAST = {", channels last": torch.channels_last}
LENET = Network(
    "LeNet", "lenet", (28, 28), torch_lenet, batch=128, explained="conv2",
    layouts={"": torch.contiguous_format, **CHANNELS_LAST}, settings={"learning_rate": 1e-3},
    torch_optimiser=lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
)  # fmt: skip
RESNET18 = Network(
    "ResNet-18", "resnet18", (32, 32, 3), torch_resnet18, batch=64, explained="layer3",
    layouts=CHANNELS_LAST, settings={"optimiser": "sgd", "learning_rate": 1e-3},
    torch_optimiser=lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, nesterov=True),
)  # fmt: skip
