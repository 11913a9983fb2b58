"""Write Tests/ExplanationsTests/ResizeGolden.swift: resized maps as PyTorch and SciPy compute them, in double.

    python benchmarks/golden/resize.py > Tests/ExplanationsTests/ResizeGolden.swift

Half-pixel cases are `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`. Aligned cases are
`scipy.ndimage.map_coordinates(order=1, mode="grid-constant", cval=0)` at u = (x - start) / jump: linear
interpolation of the map surrounded by zeros. Maps hold small integers, so both sides start from the same numbers.
"""

import numpy as np
import torch
from scipy.ndimage import map_coordinates

# (h, w), (height, width)
BILINEAR = [((3, 4), (7, 9)), ((6, 5), (4, 3)), ((2, 5), (6, 5)), ((1, 3), (2, 6))]

# (h, w), (height, width), start_y, start_x, jump
ALIGNED = [
    ((3, 4), (10, 13), 1.5, 2.0, 3.0),
    ((4, 2), (6, 5), -1.5, 0.25, 1.75),
    ((2, 2), (9, 8), 0.0, 0.0, 8.0),
    ((3, 3), (2, 3), 0.5, 0.0, 0.5),
    ((1, 1), (5, 7), 2.0, 3.5, 2.0),
]

HEADER = """\
// Made by benchmarks/golden/resize.py; see there for where the numbers come from.

import Explanations

/// A map and what an independent library makes of it.
struct ResizeGolden: Sendable {
    let resize: Resize
    let h: Int, w: Int, height: Int, width: Int
    /// [h, w]
    let map: [Float]
    /// [height, width]
    let resized: [Float]

    static let all = ["""


def integers(h: int, w: int) -> np.ndarray:
    """A map [h, w] of small integers of both signs, without symmetry."""
    return (7.0 * np.arange(h * w) % 11 - 4).reshape(h, w)


def swift_array(values: np.ndarray) -> str:
    """A Swift array literal, wrapped to the line length of the sources."""
    lines, line = [], ""
    for value in values.ravel():
        word = f"{round(value, 12) + 0.0:.9g}, "  # no -0, no 1e-16
        if len(line) + len(word) > 100:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines.append(line.rstrip(", "))
    return "[\n" + "\n".join(" " * 16 + line for line in lines) + "\n            ]"


def swift_case(resize: str, map_: np.ndarray, resized: np.ndarray) -> str:
    """One element of `ResizeGolden.all`."""
    (h, w), (height, width) = map_.shape, resized.shape
    return (
        f"        ResizeGolden(\n            resize: {resize}, h: {h}, w: {w}, height: {height}, width: {width},\n"
        f"            map: {swift_array(map_)},\n            resized: {swift_array(resized)}\n        ),"
    )


def main() -> None:
    """Print the Swift file."""
    print(HEADER)
    for (h, w), size in BILINEAR:
        map_ = integers(h, w)
        batch = torch.from_numpy(map_)[None, None]
        resized = torch.nn.functional.interpolate(batch, size=size, mode="bilinear", align_corners=False)
        print(swift_case(".bilinear", map_, resized[0, 0].numpy()))
    for (h, w), (height, width), start_y, start_x, jump in ALIGNED:
        map_ = integers(h, w)
        rows, columns = (np.arange(height) - start_y) / jump, (np.arange(width) - start_x) / jump
        positions = np.meshgrid(rows, columns, indexing="ij")
        resized = map_coordinates(map_, positions, order=1, mode="grid-constant", cval=0.0)
        print(swift_case(f".aligned(startY: {start_y}, startX: {start_x}, jump: {jump})", map_, resized))
    print("    ]\n}")


if __name__ == "__main__":
    main()
