"""Goldens of the picture preprocessing of the CLIP encoder: Pillow's bicubic resize, to the bit.

    pip install numpy pillow safetensors
    python tests/oracle/frames.py goldens
"""
import os
import sys

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
# Shrinking a lot and a little, growing, one direction alone, and none.
SIZES = [((61, 47), (24, 31)), ((40, 33), (39, 32)), ((17, 20), (24, 28)), ((12, 50), (12, 20)), ((9, 9), (9, 9)), ((1, 5), (3, 2))]


def goldens():
    random = np.random.default_rng(3)
    tensors = {}
    for i, ((rows, columns), (out_rows, out_columns)) in enumerate(SIZES):
        picture = random.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
        picture[: rows // 2, :, 0] = 255 * (random.random((rows // 2, columns)) > 0.5)  # overshoots must clip
        # One direction a call: which one a single call does first depends on Pillow's version.
        wide = Image.fromarray(picture).resize((out_columns, rows), Image.BICUBIC)
        resized = wide.resize((out_columns, out_rows), Image.BICUBIC)
        tensors[f"{i}.picture"] = picture
        tensors[f"{i}.resized"] = np.asarray(resized)
    save_file(tensors, os.path.join(HERE, "goldens", "frames.safetensors"))


if __name__ == "__main__":
    if sys.argv[1:] != ["goldens"]:
        sys.exit(__doc__)
    goldens()
