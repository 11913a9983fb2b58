"""Golden maps for python/tests/test_methods_golden.py: pytorch-grad-cam and Captum on a small network.

    python benchmarks/golden/methods.py > python/tests/methods_golden.json

needs torch, grad-cam and captum. Where a library departs from its method's paper:

- Grad-CAM: pytorch-grad-cam averages gradients over the map, where the paper's sum is Z times that.
- Grad-CAM++: it leaves out exp(y), as we do, and adds 1e-6 to the divisor, which matters where gradients are below 0.01;
  the weights here are large enough for it not to.
- XGrad-CAM: it adds 1e-7 to the divisor.
- Eigen-CAM: it centres the activations before the decomposition, which the paper does not, and leaves the sign to chance.
- Score-CAM: it resizes with aligned corners (`UpsamplingBilinear2d`), where most libraries do not.

The last two are therefore not among these; test_methods.py has them in NumPy.
"""

import json

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion, Saliency
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM

SIDE, CHANNELS, CLASSES, COUNT = 10, 3, 3, 3


def weights():
    """Weights as EviCAM has them, channels last, and images [COUNT, SIDE, SIDE] 0..1; the test makes the same."""
    random = np.random.RandomState(0)
    found = {
        "conv.weight": random.normal(size=(3, 3, 1, CHANNELS)),
        "conv.bias": random.normal(size=CHANNELS),
        "fc.weight": random.normal(size=(48, CLASSES)),
        "fc.bias": random.normal(size=CLASSES),
    }
    images = random.uniform(size=(COUNT, SIDE, SIDE))
    return {name: values.astype(np.float32) for name, values in found.items()}, images.astype(np.float32)


def network():
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, CHANNELS, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(48, CLASSES)
    ).eval()  # fmt: skip
    values = weights()[0]
    linear = values["fc.weight"].reshape(4, 4, CHANNELS, CLASSES).transpose(3, 2, 0, 1).reshape(CLASSES, -1)
    given = values["conv.weight"].transpose(3, 2, 0, 1), values["conv.bias"], linear, values["fc.bias"]
    with torch.no_grad():
        for parameter, array in zip(model.parameters(), given, strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))
    return model


def library_map(kind, model, images, labels):
    """A raw map of pytorch-grad-cam behind the ReLU, before it rectifies and stretches it."""
    cam = kind(model=model, target_layers=[model[2]])
    logits = cam.activations_and_grads(images)
    logits[torch.arange(COUNT), labels].sum().backward()
    activations = cam.activations_and_grads.activations[0].numpy()
    gradients = cam.activations_and_grads.gradients[0].numpy()
    return cam.get_cam_image(images, model[2], None, activations, gradients, False)


def main():
    model, images = network(), torch.from_numpy(weights()[1])[:, None]
    labels = torch.arange(COUNT) % CLASSES
    kinds = {"hirescam": HiResCAM, "layercam": LayerCAM, "grad-cam++": GradCAMPlusPlus, "xgrad-cam": XGradCAM, "mean": GradCAM}
    maps = {name: library_map(kind, model, images.clone().requires_grad_(), labels) for name, kind in kinds.items()}
    maps["captum mean"] = LayerGradCam(model, model[2]).attribute(images, labels, relu_attributions=False)[:, 0]
    maps["occlusion"] = Occlusion(model).attribute(images, (1, 4, 3), target=labels, strides=(1, 2, 3), baselines=0.25)[:, 0]
    maps["integrated-gradients"] = IntegratedGradients(model).attribute(
        images, target=labels, n_steps=20, method="riemann_middle", baselines=0.25
    )[:, 0]
    maps["gradient"] = Saliency(model).attribute(images.requires_grad_(), labels, abs=False)[:, 0]
    maps["logits"] = model(images)
    rounded = {name: np.round(np.asarray(torch.as_tensor(m).detach(), float), 6).tolist() for name, m in maps.items()}
    print(json.dumps(rounded, separators=(",", ":")))


if __name__ == "__main__":
    main()
