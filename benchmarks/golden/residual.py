"""Golden values for python/tests/test_residual_golden.py: torchvision's ResNets, and a training step of a small one.

    python benchmarks/golden/residual.py > python/tests/residual_golden.json

needs torch and torchvision. All is computed in float64; weights and images come from a formula that the test has too.
"""

import json

import numpy as np
import torch
import torchvision

CLASSES = 10


def values_for(name, shape, random):
    """Values of a parameter, in EviCAM's layout."""
    if len(shape) > 1:
        values = random.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
    elif name.endswith(("running_var", "weight")):
        values = random.uniform(0.5, 1.5, size=shape)
    else:
        values = random.normal(size=shape) * 0.1
    return values.astype(np.float32)


def images(count, side, channels):
    return np.random.RandomState(1).uniform(size=(count, side, side, channels)).astype(np.float32)


def evicam_shape(shape):
    """[out, in, h, w] as [h, w, in, out], [out, in] as [in, out]."""
    return tuple(shape[2:]) + (shape[1], shape[0]) if len(shape) > 1 else tuple(shape)


def fill(model):
    """Give a model the weights of the formula, drawn in the order of the names."""
    random = np.random.RandomState(0)
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    with torch.no_grad():
        for name in sorted(state):
            values = values_for(name, evicam_shape(state[name].shape), random)
            back = values.transpose((3, 2, 0, 1) if values.ndim == 4 else (1, 0)) if values.ndim > 1 else values
            state[name].copy_(torch.from_numpy(np.ascontiguousarray(back)))
    return model


def batch(count, side, channels):
    return torch.from_numpy(images(count, side, channels)).permute(0, 3, 1, 2).double()


def resnet18(stem):
    model = torchvision.models.resnet18(num_classes=CLASSES)
    if stem == "cifar":
        model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = torch.nn.Identity()
    return fill(model.double()).eval()


def forward(model, x):
    """Logits, and each stage's output averaged over the map, for every sixteenth channel."""
    found = {}
    for stage in range(1, 5):
        layer = getattr(model, f"layer{stage}")
        layer.register_forward_hook(
            lambda _, __, y, stage=stage: found.update({f"layer{stage}": y.mean(dim=(2, 3))[:, ::16].tolist()})
        )
    with torch.no_grad():
        found["logits"] = model(x).tolist()
    return found


def shapes(model):
    state = model.state_dict().items()
    return {name: evicam_shape(tensor.shape) for name, tensor in state if not name.endswith("num_batches_tracked")}


class Block(torch.nn.Module):
    """Two convolutions and a shortcut, with batch normalisation."""

    def __init__(self, inputs, channels, stride):
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.3)
        self.short = nn.Conv2d(inputs, channels, 1, stride, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.bn3(self.short(x)))


def step():
    """Gradients of the mean cross-entropy of six images, and the running statistics after them."""
    nn = torch.nn
    model = nn.Sequential()
    model.add_module("stem", nn.Conv2d(2, 9, 3, padding=1))
    model.add_module("bn", nn.BatchNorm2d(9))
    model.add_module("block", Block(9, 12, 2))
    model.add_module("fc", nn.Linear(12, 3))
    fill(model.double()).train()
    x = batch(6, 7, 2)
    maps = model.block(torch.relu(model.bn(model.stem(x))))
    loss = nn.functional.cross_entropy(model.fc(maps.mean(dim=(2, 3))), torch.arange(6) % 3)
    loss.backward()
    found = {"loss": loss.item()}
    for name, parameter in model.named_parameters():
        gradient = parameter.grad.numpy()
        found[name] = (gradient.transpose(2, 3, 1, 0) if gradient.ndim == 4 else gradient.T).ravel().tolist()
    found.update({name: buffer.tolist() for name, buffer in model.named_buffers() if "running" in name})
    return found


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(entry) for name, entry in value.items()}
    return [rounded(entry) for entry in value] if isinstance(value, (list, tuple)) else float(f"{value:.7g}")


def main():
    golden = {
        "resnet18": forward(resnet18("cifar"), batch(2, 32, 3)),
        "resnet18-imagenet": forward(resnet18("imagenet"), batch(2, 70, 3)),
        "step": step(),
    }
    names = {name: shapes(getattr(torchvision.models, name)(num_classes=CLASSES)) for name in ("resnet18", "resnet34")}
    print(json.dumps({**rounded(golden), "shapes": names}, indent=None))


if __name__ == "__main__":
    main()
