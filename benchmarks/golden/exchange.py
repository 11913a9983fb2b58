"""Golden values for python/tests/test_exchange.py: names, shapes and logits of PyTorch's networks.

    python benchmarks/golden/exchange.py > python/tests/exchange_golden.json

needs torch and torchvision. Weights and images come from a formula that the test has too; the logits are computed in float64.
"""

import json

import numpy as np
import torch
import torchvision

nn = torch.nn


def weights(shapes):
    """Weights by name, in PyTorch's layout, drawn in the order of the names."""
    random, found = np.random.RandomState(0), {}
    for name in sorted(name for name in shapes if not name.endswith("num_batches_tracked")):
        shape = shapes[name]
        if len(shape) > 1:
            values = random.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith(("running_var", "weight")):
            values = random.uniform(0.5, 1.5, size=shape)
        else:
            values = random.normal(size=shape) * 0.1
        found[name] = values.astype(np.float32)
    return found


def images(shape):
    """Two images (H, W, C), 0..1."""
    return np.random.RandomState(1).uniform(size=(2, *shape)).astype(np.float32)


class LeNet(nn.Module):
    def __init__(self, channels, features):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(features, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        x = nn.functional.relu(nn.functional.max_pool2d(self.conv1(x), 2))
        x = nn.functional.relu(nn.functional.max_pool2d(self.conv2(x), 2))
        return self.fc2(nn.functional.relu(self.fc1(torch.flatten(x, 1))))


class Small(nn.Module):
    """Normalisation of a flattened map, whose order differs, and of features."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 5, (3, 2), padding=1, bias=False)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm1d(5 * 4 * 5)
        self.fc1 = nn.Linear(5 * 4 * 5, 8, bias=False)
        self.bn2 = nn.BatchNorm1d(8)
        self.fc2 = nn.Linear(8, 3)

    def forward(self, x):
        x = self.bn1(torch.flatten(self.pool(self.conv(x)), 1))
        return self.fc2(nn.functional.relu(self.bn2(self.fc1(nn.functional.relu(x)))))


def cifar_resnet18():
    model = torchvision.models.resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


# Name -> model and image shape.
MODELS = {
    "lenet": (lambda: LeNet(1, 800), (28, 28, 1)),
    "lenet in colour": (lambda: LeNet(3, 50 * 5 * 3), (32, 27, 3)),
    "small": (Small, (7, 8, 2)),
    "resnet18": (cifar_resnet18, (32, 32, 3)),
    "resnet18-imagenet": (lambda: torchvision.models.resnet18(), (65, 70, 3)),
    "resnet34-imagenet": (lambda: torchvision.models.resnet34(num_classes=5), (64, 64, 3)),
}


def main():
    golden = {}
    for name, (make, shape) in MODELS.items():
        model = make().eval()
        shapes = {key: list(values.shape) for key, values in model.state_dict().items()}
        state = {key: torch.from_numpy(values) for key, values in weights(shapes).items()}
        model.load_state_dict(state, strict=False)
        with torch.no_grad():
            logits = model.double()(torch.from_numpy(images(shape)).permute(0, 3, 1, 2).double())
        golden[name] = {"image_shape": shape, "shapes": shapes, "logits": np.round(logits.numpy(), 6).tolist()}
    print(json.dumps(golden, separators=(",", ":")))


if __name__ == "__main__":
    main()
