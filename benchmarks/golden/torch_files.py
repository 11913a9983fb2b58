"""Golden files for python/tests/test_torch_files.py: small ones of both of PyTorch's formats, and what they hold.

    python benchmarks/golden/torch_files.py > python/tests/torch_files_golden.json

needs torch.
"""

import base64
import io
import json

import torch

FORMATS = {"zip": {}, "zip, protocol 4": {"pickle_protocol": 4}, "legacy": {"_use_new_zipfile_serialization": False}}


def states():
    """Name -> what is saved and, of it, the state dict."""
    torch.manual_seed(0)
    block = torch.randn(4, 3)
    model = torch.nn.Sequential()
    model.add_module("conv1", torch.nn.Conv2d(1, 2, 3))
    model.add_module("bn1", torch.nn.BatchNorm2d(2))
    kinds = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8)
    dtypes = {str(kind)[6:]: (torch.randn(2, 2) * 50).to(kind) for kind in kinds}
    dtypes["uint8"] = torch.tensor([0, 7, 255], dtype=torch.uint8)
    dtypes["bool"] = torch.tensor([True, False])
    views = {
        "whole": block, "rows": block[1:3], "columns": block[:, 1:], "transposed": block.T, "every other": block[::2],
        "scalar": block[2, 1], "none": block[:0], "parameter": torch.nn.Parameter(block[3]),
    }  # fmt: skip
    parallel = {f"module.{name}": values for name, values in model.state_dict().items()}
    plain = {"epoch": 3, "rates": [0.1, None, True], "shape": torch.Size([2, 3]), "of": torch.float32}
    checkpoint = {**plain, "state_dict": parallel}
    return {
        "model": (model.state_dict(), model.state_dict()),
        "dtypes": (dtypes, dtypes),
        "views": (views, views),
        "checkpoint": (checkpoint, model.state_dict()),
    }


def saved(content, settings):
    file = io.BytesIO()
    torch.save(content, file, **settings)
    return base64.b64encode(file.getvalue()).decode()


def main():
    golden = {}
    for name, (content, state) in states().items():
        golden[name] = {
            "files": {kind: saved(content, settings) for kind, settings in FORMATS.items()},
            "values": {key: values.detach().double().tolist() for key, values in state.items()},
            "dtypes": {key: str(values.dtype)[6:] for key, values in state.items()},
        }
    whole = torch.nn.Linear(2, 2)
    golden["whole model"] = {"files": {kind: saved(whole, settings) for kind, settings in FORMATS.items()}}
    print(json.dumps(golden, separators=(",", ":")))


if __name__ == "__main__":
    main()
