"""Image classifiers that know what they do not know, and show why.

>>> import evicam
>>> evicam.EvidentialClassifier(epochs=3)
EvidentialClassifier(epochs=3)
"""

import importlib

# Public name -> the module it lives in. Modules are imported when a name of theirs is first used.
_HOME = {
    "EvidentialClassifier": "classifiers",
    "SoftmaxClassifier": "classifiers",
    "Augmentation": "augmentation",
    "Opinion": "opinion",
    "CollapseWarning": "training",
    "load": "classifiers",
    "load_torch_state": "exchange",
    "WeightsError": "exchange",
    "CheckpointError": "checkpoint",
    "CheckpointWarning": "resuming",
    "card": "cards",
    "Card": "cards",
    "explain": "explanations",
    "Explanation": "explanations",
    "explain_batches": "streaming",
    "recipe": "recipes",
    "receptive_field": "receptive_fields",
    "ReceptiveField": "receptive_fields",
    "set_num_threads": "_native",
    "num_threads": "_native",
    "set_winograd": "_native",
    "winograd": "_native",
    "show_versions": "versions",
    "__version__": "versions",
}
_MODULES = ("baselines", "datasets", "experiments", "methods", "metrics", "nn", "plot", "statistics")

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'evicam' has no attribute {name!r}")


def __dir__():
    return __all__
