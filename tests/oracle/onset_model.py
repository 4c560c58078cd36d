"""The `onset` model written a second time, in PyTorch, from the same weights files: goldens for the parity test, and the time
of the same training step on PyTorch's CPU.

    python tests/oracle/onset_model.py goldens     writes tests/oracle/goldens/onset.safetensors
    python tests/oracle/onset_model.py time        seconds of a training step of the generator stage, minimum and median
"""
import json, math, statistics, struct, sys, time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "weights" / "onset"


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    meta = header.pop("__metadata__", {})
    kinds = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        flat = np.frombuffer(data[8 + size + start : 8 + size + end], kinds[entry["dtype"]])
        tensors[name] = torch.from_numpy(flat.astype(np.float32).reshape(entry["shape"]))
    return tensors, meta


def write_safetensors(path, tensors):
    header, chunks, at = {}, [], 0
    for name in sorted(tensors):
        flat = np.ascontiguousarray(tensors[name].detach().numpy().astype(np.float32))
        header[name] = {"dtype": "F32", "shape": list(flat.shape), "data_offsets": [at, at + flat.nbytes]}
        chunks.append(flat.tobytes())
        at += flat.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


class Weights:
    """Parameters by name; `at` adds a prefix."""

    def __init__(self, tensors, prefix=""):
        self.tensors, self.prefix = tensors, prefix

    def at(self, name):
        return Weights(self.tensors, f"{self.prefix}{name}.")

    def __call__(self, name):
        return self.tensors[self.prefix + name]


def linear(w, x):
    return x @ w("weight") + w("bias")


def conv1d(w, x, stride=1, dilation=1, groups=1, padding=None):
    k = w("weight").permute(0, 2, 1)
    padding = dilation * (k.shape[2] - 1) // 2 if padding is None else padding
    return F.conv1d(x.transpose(1, 2), k, w("bias"), stride, padding, dilation, groups).transpose(1, 2)


def conv2d(w, x):
    k = w("weight").permute(0, 3, 1, 2)
    return F.conv2d(x.permute(0, 3, 1, 2), k, w("bias"), padding=(k.shape[2] // 2, k.shape[3] // 2)).permute(0, 2, 3, 1)


def group_norm(w, x, groups):
    return F.group_norm(x.movedim(-1, 1), groups, w("weight"), w("bias")).movedim(1, -1)


def layer_norm(x, w=None):
    return F.layer_norm(x, x.shape[-1:], w and w("weight"), w and w("bias"))


def conv_next(w, x):
    h = conv1d(w.at("depthwise"), x, groups=x.shape[2])
    h = linear(w.at("narrow"), F.gelu(linear(w.at("widen"), layer_norm(h, w.at("norm")))))
    return x + h * w("scale")


def temporal(w, x, dilation):
    h = conv1d(w.at("wide"), F.silu(group_norm(w.at("norm1"), x, 8)), dilation=dilation)
    return x + conv1d(w.at("narrow"), F.silu(group_norm(w.at("norm2"), h, 8)))


def tokens_of(w, config, visual_features):
    batch, frames = visual_features.shape[:2]
    x = F.silu(group_norm(w.at("before-norm"), conv2d(w.at("first"), visual_features.reshape(batch, frames, 64, -1)), 4))
    around = conv2d(w.at("around"), x.reshape(batch * frames, 8, 8, -1)).reshape(x.shape)
    x = x + F.silu(group_norm(w.at("around-norm"), around, 4))
    x = x + F.silu(group_norm(w.at("after-norm"), conv2d(w.at("after"), x), 4))
    weights = torch.softmax(linear(w.at("attend"), x).transpose(2, 3), -1)
    pooled = torch.cat([(weights @ x).reshape(batch, frames, -1), x.amax(2), x.mean(2)], 2)
    h = linear(w.at("pooled"), pooled)
    for dilation in (1, 2, 4, 8):
        h = temporal(w.at(f"time{dilation}"), h, dilation)
    return linear(w.at("tokens"), h)


def heads_of(w, tokens):
    tracks = linear(w.at("tracks"), tokens)
    return tracks[..., :4], tracks[..., 4:], linear(w.at("class"), tokens.mean(1))


def rope(x):
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[-2])[:, None] * torch.exp(-math.log(1e4) * torch.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


def velocity_of(w, config, noisy_latents, t, tokens, tracks, classes, keep):
    g = config["generator"]
    width, heads = g["width"], g["heads"]
    c = w.at("condition")
    aligned = torch.where(keep[:, None, None] > 0, tokens + linear(c.at("tracks"), tracks), c("null"))
    angles = t[:, None] * 1000 * torch.exp(-math.log(1e4) * torch.arange(128) / 128)
    time_embedding = linear(w.at("time.second"), F.silu(linear(w.at("time.first"), torch.cat([angles.cos(), angles.sin()], 1))))
    condition = F.silu(time_embedding + c("class")[classes])
    modulation = linear(w.at("modulation"), condition)[:, None]
    h = linear(w.at("input"), noisy_latents) + aligned
    batch, length = h.shape[:2]
    for i in range(g["blocks"]):
        b = w.at(f"block{i}")
        shift1, scale1, gate1, shift2, scale2, gate2 = (modulation + b("modulation")).chunk(6, -1)
        x = layer_norm(h) * (1 + scale1) + shift1
        x = x + conv1d(b.at("local"), x, groups=width)
        q, k, v = linear(b.at("qkv"), x).reshape(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        attn_out = F.scaled_dot_product_attention(rope(q), rope(k), v).transpose(1, 2).reshape(batch, length, width)
        h = h + gate1 * linear(b.at("project"), attn_out)
        x = layer_norm(h) * (1 + scale2) + shift2
        h = h + gate2 * linear(b.at("narrow"), F.gelu(linear(b.at("widen"), x)))
    shift, scale = linear(w.at("final-modulation"), condition)[:, None].chunk(2, -1)
    return linear(w.at("output"), layer_norm(h) * (1 + scale) + shift)


def decode(w, config, latents):
    c = config["codec"]
    h = conv1d(w.at("input"), latents)
    for i in range(c["blocks"][2]):
        h = conv_next(w.at(f"coarse{i}"), h)
    up = w.at("up")
    h = F.conv_transpose1d(h.transpose(1, 2), up("weight").permute(0, 2, 1), up("bias"), 4).transpose(1, 2)
    for i in range(c["blocks"][3]):
        h = conv_next(w.at(f"fine{i}"), h)
    n = c["decoderFft"]
    logs, phase = linear(w.at("spectrum"), layer_norm(h, w.at("norm"))).transpose(1, 2).chunk(2, 1)
    magnitude = torch.exp(logs.clamp(max=6)) * 0.1
    window = torch.hann_window(n)
    frames = torch.fft.irfft(torch.polar(magnitude, phase), n=n, dim=1) * window[:, None]
    batch, _, count = frames.shape
    total = (count - 1) * 160 + n
    fold = lambda x: F.fold(x, (1, total), (1, n), stride=(1, 160))[:, 0, 0]
    envelope = fold((window**2)[None, :, None].expand(batch, n, count).contiguous())
    pad = (n - 160) // 2
    return fold(frames)[:, pad:-pad] / envelope[:, pad:-pad].clamp(min=1e-3)


def encode(w, config, sound):
    c = config["codec"]
    spectrum = torch.stft(sound, 1024, 160, window=torch.hann_window(1024), return_complex=True, pad_mode="reflect").abs()
    import librosa

    mel = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=1024, n_mels=c["melBands"], fmin=20, fmax=8000))
    x = torch.log((mel @ spectrum[..., :-1]).clamp(min=1e-4)).transpose(1, 2) / 4 + 1
    h = conv1d(w.at("input"), x)
    for i in range(c["blocks"][0]):
        h = conv_next(w.at(f"fine{i}"), h)
    h = conv1d(w.at("down"), h, stride=4, padding=0)
    for i in range(c["blocks"][1]):
        h = conv_next(w.at(f"coarse{i}"), h)
    return conv1d(w.at("latent"), h)


def load():
    tensors, meta = read_safetensors(WEIGHTS / "generator.safetensors")
    tensors.update(read_safetensors(WEIGHTS / "codec.safetensors")[0])
    return tensors, json.loads(meta["model"])


def random_inputs(config, batch, frames):
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    width, channels = config["generator"]["width"], config["codec"]["latentChannels"]
    return {
        "seen": draw(batch, frames, 8, 8, 16) * 0.5,
        "noisy": draw(batch, frames, channels),
        "tokens": draw(batch, frames, width),
        "tracks": draw(batch, frames, 8),
        "latents": draw(batch, frames, channels),
        "sound": draw(batch, 640 * 20) * 0.1,
    }


def goldens():
    tensors, config = load()
    w = Weights(tensors)
    x = random_inputs(config, 2, 24)
    time_of, classes, keep = torch.tensor([0.25, 0.7]), torch.tensor([3, 7]), torch.tensor([1.0, 0.0])
    with torch.no_grad():
        tokens = tokens_of(w.at("encoder"), config, x["seen"])
        onset, energy, kind = heads_of(w.at("encoder.heads"), tokens)
        out = {
            "out.tokens": tokens,
            "out.tracks": torch.cat([torch.sigmoid(onset), energy], -1),
            "out.classes": kind,
            "out.velocity": velocity_of(w.at("generator"), config, x["noisy"], time_of, x["tokens"], x["tracks"], classes, keep),
            "out.decoded": decode(w.at("codec.decoder"), config, x["latents"]),
            "out.encoded": encode(w.at("codec.encoder"), config, x["sound"]),
        }
    write_safetensors(Path(__file__).parent / "goldens" / "onset.safetensors", {**{f"in.{k}": v for k, v in x.items()}, **out})


def train_step_time(batch, frames, rounds=12):
    torch.set_num_threads(2)
    tensors, config = load()
    names = [n for n in tensors if n.startswith(("encoder.", "generator."))]
    for n in names:
        tensors[n].requires_grad_()
    w = Weights(tensors)
    optimiser = torch.optim.AdamW([tensors[n] for n in names], 1e-4)
    average = [tensors[n].detach().clone() for n in names]
    x = random_inputs(config, batch, frames)
    onset, energy = torch.rand(batch, frames, 4), torch.randn(batch, frames, 4)
    classes = torch.randint(0, 7, (batch,))
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        tokens = tokens_of(w.at("encoder"), config, x["seen"])
        o, e, k = heads_of(w.at("encoder.heads"), tokens)
        aux = 0.5 * F.binary_cross_entropy_with_logits(o, onset, pos_weight=torch.tensor(4.0)) + 0.5 * F.mse_loss(e, energy) + 0.1 * F.cross_entropy(k, classes)
        given = torch.where(torch.rand(batch)[:, None, None] < 0.5, torch.cat([onset, energy], -1), torch.cat([torch.sigmoid(o), e], -1))
        t, noise = torch.sigmoid(torch.randn(batch)), torch.randn_like(x["latents"])
        target_velocity = x["latents"] - noise
        keep = (torch.rand(batch) > 0.1).float()
        v = velocity_of(w.at("generator"), config, noise + t[:, None, None] * target_velocity, t, tokens, given, classes, keep)
        loss = F.mse_loss(v, target_velocity) + aux
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([tensors[n] for n in names], 1.0)
        optimiser.step()
        with torch.no_grad():
            for a, n in zip(average, names):
                a.lerp_(tensors[n], 0.002)
        seconds.append(time.perf_counter() - start)
    return min(seconds), statistics.median(seconds)


if __name__ == "__main__":
    if sys.argv[1:] == ["goldens"]:
        goldens()
    elif sys.argv[1:] == ["time"]:
        least, median = train_step_time(16, 64)
        print(json.dumps({"framework": f"torch {torch.__version__}", "minimum": least, "median": median}))
    else:
        sys.exit(__doc__)
