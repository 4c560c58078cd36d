"""Checkpoints as torch.save writes them, in both layouts, and what is in them as safetensors: goldens for tests/weights.

    python tests/oracle/torch_files.py goldens     writes tests/oracle/goldens/torch/: expected.safetensors, zip-*.pt, older-*.pt
    python tests/oracle/torch_files.py values      writes there what checkpoints hold beside plain tensors (values-*.pt), and
                                                   types that are only listed (values-*.pt, listed.safetensors)
    python tests/oracle/torch_files.py big FILE    a checkpoint of 1 GB with the shapes of a UNet, for timing
"""
import sys
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

GOLDENS = Path(__file__).resolve().parent / "goldens" / "torch"


def example():
    """One object with every element type and every kind of view that the reader must know."""
    torch.manual_seed(0)
    shared = torch.randn(5, 7)
    deep = torch.randn(2, 3, 4, 5)
    special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-40, 65504.0, 1e-7])
    state = OrderedDict(
        {
            "f32": torch.randn(3, 4),
            "f64": torch.randn(3, dtype=torch.float64),
            "f16": torch.randn(4, 3).half(),
            "bf16": torch.randn(4, 3).bfloat16(),
            "i64": torch.tensor([-(2**62), -1, 0, 2**62]),
            "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
            "i16": torch.tensor([-(2**15), 7], dtype=torch.int16),
            "i8": torch.tensor([-128, 127], dtype=torch.int8),
            "u8": torch.tensor([0, 255], dtype=torch.uint8),
            "bool": torch.tensor([True, False, True]),
            "scalar": torch.tensor(0.25),
            "empty": torch.empty(0, 3),
            "special": special,
            "special16": special.half(),
            "parameter": torch.nn.Parameter(torch.randn(2, 2)),
            "shared.whole": shared,
            "shared.transposed": shared.t(),
            "shared.inner": shared[1:4, 2:6],
            "shared.column": shared[:, 3],
            "shared.second": shared[::2, ::3],
            "shared.row": shared[2],
            "deep.permuted": deep.permute(0, 2, 3, 1),
            "deep.turned": deep.permute(3, 1, 0, 2),
            "expanded": torch.arange(3.0).reshape(3, 1).expand(3, 4),
            "wide": torch.randn(3, 2, dtype=torch.float64).t(),
        }
    )
    layer = torch.nn.Linear(3, 2)
    return {
        "state_dict": state,
        "module": layer.state_dict(),
        "epoch": 7,
        "global_step": 2**40,
        "rate": 6e-5,
        "name": "größe",
        "done": False,
        "nothing": None,
        "history": [0.5, (1, 2), {"loss": 0.25, 3: "three"}],
    }


def tensors_of(value, path=()):
    if isinstance(value, torch.Tensor):
        yield ".".join(path), value.detach().clone().contiguous()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors_of(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from tensors_of(item, (*path, str(i)))


def write_goldens():
    GOLDENS.mkdir(parents=True, exist_ok=True)
    value = example()
    save_file(dict(tensors_of(value)), GOLDENS / "expected.safetensors")
    for protocol in (2, 3, 4):
        for is_zip in (True, False):
            name = f"{'zip' if is_zip else 'older'}-{protocol}.pt"
            torch.save(value, GOLDENS / name, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)


def values(with_numpy):
    """Tensors of every type that is only listed, and the values of Python, torch and NumPy that stand beside tensors."""
    bits = torch.arange(6, dtype=torch.uint8)
    value = {
        "weight": torch.tensor([1.0, 2.0]),
        "u16": torch.tensor([1, 65535], dtype=torch.uint16),
        "u64": torch.tensor([2**40], dtype=torch.uint64),
        "f8": {name: bits.view(getattr(torch, name)).reshape(2, 3) for name in FLOAT8},
        "f4": bits.view(torch.float4_e2m1fn_x2),
        "column": bits.reshape(2, 3).view(torch.float8_e4m3fn)[:, 1],
        "complex": torch.zeros(2, dtype=torch.complex64),
        "conjugate": torch.zeros(2, dtype=torch.complex128).conj(),
        "dtype": torch.float16,
        "dtypes": [torch.bfloat16, torch.int64, torch.qint8],
        "size": torch.Size([2, 3]),
        "device": torch.device("cuda", 0),
        "cpu": torch.device("cpu"),
        "set": {7},
        "frozen": frozenset(["a"]),
        "bytes": b"\x00'\xff",
        "none": b"",
        "array": bytearray(b"ab\x80"),
        "z": complex(1, -2.5),
        "state": defaultdict(dict, {0: {"step": 3}}),
        "milestones": Counter({30: 1}),
        "keys": {None: 1, True: 2, 2**70: 3},
        "big": 2**127,
        "/data/clip.wav": 1,
    }
    if with_numpy:
        value["numpy"] = {
            "f64": np.float64(0.25),
            "f32": np.float32(0.5),
            "f16": np.float16(-1.5),
            "i64": np.int64(-(2**62)),
            "u8": np.uint8(255),
            "bool": np.bool_(True),
            "str": np.str_("ö"),
            "c64": np.complex64(1 + 2j),
            "date": np.datetime64("2020-01-01"),
            "swapped": np.dtype(">f4").type(0.5),
            "mean": np.array([[0.5, 0.25]], dtype=np.float32),
            "names": np.array(["a", "b"], dtype=object),
            "dtype": np.dtype("int32"),
        }
    return value


FLOAT8 = ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu")


def write_values():
    for protocol in (2, 3, 4, 5):
        torch.save(values(True), GOLDENS / f"values-zip-{protocol}.pt", pickle_protocol=protocol)
        torch.save(
            values(False),
            GOLDENS / f"values-older-{protocol}.pt",
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
    bits = torch.arange(8, dtype=torch.uint8).reshape(2, 4)
    listed = {name: bits.view(getattr(torch, name)).clone() for name in (*FLOAT8, "float4_e2m1fn_x2")}
    listed |= {"complex": torch.zeros(2, 4, dtype=torch.complex64), "weight": torch.tensor([1.0, 2.0])}
    save_file(listed, GOLDENS / "listed.safetensors", {"format": "pt"})


def write_big(path):
    block = {}
    for i in range(10):
        block[f"{i}.conv.weight"] = torch.randn(1280, 640, 3, 3)
        block[f"{i}.linear.weight"] = torch.randn(10240, 1280)
        block[f"{i}.norm.weight"] = torch.randn(640)
        block[f"{i}.time.weight"] = torch.randn(1280, 4096)
    torch.save({"state_dict": block, "epoch": 1}, path)


if __name__ == "__main__":
    if sys.argv[1:] == ["goldens"]:
        write_goldens()
    elif sys.argv[1:] == ["values"]:
        write_values()
    elif sys.argv[1:2] == ["big"] and len(sys.argv) == 3:
        write_big(sys.argv[2])
    else:
        sys.exit(__doc__)
