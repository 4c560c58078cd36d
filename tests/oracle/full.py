"""Every stage of VTA-LDM at the released size through `node engine stage`, beside PyTorch.

    python tests/oracle/full.py FOLDER [STAGE...]

Makes checkpoints of random weights under the released names in FOLDER (4.4 GB; those that are there are kept), runs each
stage by PyTorch and by this package with f32 and f16 storage, and prints a table. A stage's seconds and peak memory are those
of its whole process, loading and compiling included; PyTorch's are of loading from the same file and of one forward pass.
Exits with 1 where a bar is missed. A released codec is computed in double precision for its reference, because PyTorch's
group norm cancels in single; its seconds are of a pass in single.
"""
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import vta_ldm
import vta_ldm_codec

ENGINE = Path(__file__).parents[2] / "engine" / "index.js"

# Largest NMSE with f32 and with f16 storage; None: the stage has no weights.
BARS = {
    "frames": (1e-9, None),
    "clip": (1e-9, 1e-5),
    "unet": (1e-9, 1e-5),
    "sample": (1e-6, 1e-5),
    "vae-decode": (1e-9, 1e-5),
    "vae-encode": (1e-9, 1e-5),
    "vocoder": (1e-7, 1e-4),
    "mel": (1e-9, None),
    "stft": (1e-9, None),
}

STEPS, GUIDANCE = 3, 3.0
RATE, SECONDS = 25, 2


def make_checkpoints(folder):
    if not (folder / "pytorch_model_2.bin").exists():
        vta_ldm.full_size(folder)
    if not (folder / "audioldm-s-full.ckpt").exists():
        vta_ldm_codec.full_size(folder)


def part_of(folder, file, prefix, module):
    """The module with the file's weights under the prefix, and the seconds that reading them took."""
    start = time.perf_counter()
    state = torch.load(folder / file, mmap=True)
    module.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}, strict=False)
    return module.eval(), time.perf_counter() - start


def timed(body):
    start = time.perf_counter()
    return body(), time.perf_counter() - start


def unet_of(folder):
    from diffusers import UNet2DConditionModel

    return part_of(folder, "pytorch_model_2.bin", "unet.", UNet2DConditionModel.from_config(vta_ldm.RELEASED))


def velocity_of(unet, x, timestep, tokens, mask):
    return unet(x, timestep, encoder_hidden_states=tokens, encoder_attention_mask=mask.float()).sample


# Each stage: inputs, command-line options, and PyTorch's outputs with the seconds of loading and of the pass.


def frames(folder):
    clip = folder / "clip.mp4"
    source = f"testsrc2=size=320x240:rate={RATE}:duration={SECONDS}"
    ffmpeg = [os.environ.get("FFMPEG", "ffmpeg"), "-loglevel", "error"]
    subprocess.run([*ffmpeg, "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", clip], check=True)

    def reference():
        raw = subprocess.run([*ffmpeg, "-i", clip, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
        images = np.frombuffer(raw.stdout, np.uint8).reshape(-1, 240, 320, 3)
        indices = np.floor(np.arange(0, SECONDS * RATE, RATE / 2)).astype(np.int32)
        left = round((298 - 224) / 2)
        frames = [Image.fromarray(images[i]).resize((298, 224), Image.BICUBIC).crop((left, 0, left + 224, 224)) for i in indices]
        stacked = torch.from_numpy(np.stack([np.asarray(each) for each in frames])).permute(0, 3, 1, 2) / 255
        return {"frames": stacked, "indices": torch.from_numpy(indices)}

    out, seconds = timed(reference)
    return None, ["--clip", str(clip)], out, (0, seconds)


def clip(folder):
    x = {"frames": torch.rand(3, 3, 224, 224)}
    generator = torch.Generator()
    module = vta_ldm.clip_of(vta_ldm.RELEASED_CLIP, 2048, generator)
    parts, loading = part_of(folder, "pytorch_model_2.bin", "vid_fea_extractor.", module)

    def reference():
        embeds = parts.clip_vision(pixel_values=x["frames"]).image_embeds
        return {"image_embeds": embeds, "tokens": parts.linear_layer(embeds)}

    out, seconds = timed(reference)
    return x, [], out, (loading, seconds)


def unet(folder):
    model, loading = unet_of(folder)
    x = {
        "latent": torch.randn(1, 8, 256, 16),
        "timestep": torch.tensor([898], dtype=torch.int32),
        "tokens": torch.randn(1, 22, 2048),
        "mask": (torch.arange(22)[None] < 20).to(torch.uint8),
    }
    out, seconds = timed(lambda: velocity_of(model, x["latent"], x["timestep"][0], x["tokens"], x["mask"]))
    return x, [], {"velocity": out}, (loading, seconds)


def sample(folder):
    from diffusers import DDPMScheduler
    from diffusers.schedulers import scheduling_ddpm

    model, loading = unet_of(folder)
    x = {
        "tokens": torch.randn(20, 2048),
        "noise_init": torch.randn(1, 8, 256, 16),
        "noise_steps": torch.randn(STEPS, 1, 8, 256, 16),
    }

    def reference():
        scheduler = DDPMScheduler(**vta_ldm_codec.SD21, clip_sample=False)
        scheduler.set_timesteps(STEPS)
        latent, tokens, mask = x["noise_init"], x["tokens"][None], torch.ones(1, 20)
        for i, t in enumerate(scheduler.timesteps):
            conditional = velocity_of(model, latent, t, tokens, mask)
            unconditional = velocity_of(model, latent, t, torch.zeros_like(tokens), mask)
            guided = unconditional + GUIDANCE * (conditional - unconditional)
            scheduling_ddpm.randn_tensor = lambda *_, **__: x["noise_steps"][i]
            latent = scheduler.step(guided, t, latent).prev_sample
        return {"latent": latent}

    out, seconds = timed(reference)
    return x, ["--steps", str(STEPS), "--guidance", str(GUIDANCE), "--sampler", "ddpm"], out, (loading, seconds)


def codec_stage(folder, x, forward):
    codec = vta_ldm_codec.Codec(vta_ldm_codec.VAE, vta_ldm_codec.VOCODER)
    codec, loading = part_of(folder, "pytorch_model.bin", "", codec)
    _, seconds = timed(lambda: forward(codec, *x.values()))
    double = forward(codec.double(), *(value.double() for value in x.values()))
    return x, [], {name: value.float() for name, value in double.items()}, (loading, seconds)


def vae_decode(folder):
    return codec_stage(folder, {"latent": torch.randn(1, 8, 256, 16)}, lambda c, latent: {"mel": c.decode(latent)})


def vae_encode(folder):
    return codec_stage(
        folder, {"mel": torch.randn(1, 1, 1024, 64)}, lambda c, mel: dict(zip(("mean", "logvar"), c.encode(mel)))
    )


def vocoder(folder):
    return codec_stage(folder, {"mel": torch.randn(1, 1024, 64)}, lambda c, mel: {"waveform": c.vocoder(mel)})


def mel(folder):
    x = {"waveform": torch.rand(1, 163840) - 0.5}
    out, seconds = timed(lambda: {"mel": vta_ldm_codec.mel_of(x["waveform"])})
    return x, [], out, (0, seconds)


def stft(folder):
    x = {"waveform": torch.rand(1, 163840) - 0.5}

    def reference():
        window = torch.hann_window(1024)
        y = torch.stft(x["waveform"], 1024, 160, window=window, return_complex=True, pad_mode="reflect")
        return {"real": y.real, "imag": y.imag}

    out, seconds = timed(reference)
    return x, ["--n-fft", "1024", "--hop", "160", "--window", "hann"], out, (0, seconds)


# Runs a command and prints its peak memory in KiB. Linux counts what a process was before its exec: a child of this one, which
# holds PyTorch's weights, would seem as large.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def ours(folder, stage, source, options, dtype):
    """The stage's outputs, its process's seconds and its peak memory in bytes."""
    target = folder / f"{stage}.{dtype}.safetensors"
    command = ["node", ENGINE, "stage", stage, "--weights", folder, "--out", target, "--dtype", dtype, *options]
    if source:
        command += ["--in", source]
    start = time.perf_counter()
    child = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True)
    if child.returncode != 0:
        sys.exit(f"{stage} {dtype}: exit {child.returncode}\n{child.stderr}")
    return load_file(target), time.perf_counter() - start, int(child.stdout) * 1024


def nmse(found, expected):
    """The largest of the outputs' normalised errors."""
    assert found.keys() == expected.keys(), (found.keys(), expected.keys())
    errors = []
    for name, want in expected.items():
        assert found[name].shape == want.shape, (name, found[name].shape, want.shape)
        got, want = found[name].double(), want.double()
        errors.append((((got - want) ** 2).sum() / (want**2).sum()).item())
    return max(errors)


def main(folder, stages):
    make_checkpoints(folder)
    line = "{:<11}{:>10}{:>10}{:>9}{:>9}{:>11}{:>12}{:>11}{:>11}".format
    print(line("stage", "f32", "f16", "f32 s", "f16 s", "torch load", "torch pass", "f32 peak", "f16 peak"))
    missed = []
    for stage in stages:
        torch.manual_seed(5)
        x, options, expected, (loading, seconds) = globals()[stage.replace("-", "_")](folder)
        source = x and folder / f"{stage}.in.safetensors"
        if source:
            save_file(x, source)
        expected = {name: value.detach().contiguous() for name, value in expected.items()}
        cells = {}
        for dtype, bar in zip(("f32", "f16"), BARS[stage]):
            if bar is None:
                cells[dtype] = ("–", "–", "–")
                continue
            found, took, peak = ours(folder, stage, source, options, dtype)
            error = nmse(found, expected)
            cells[dtype] = (f"{error:.1e}", f"{took:.1f}", f"{peak / 1e9:.2f} GB")
            if not error <= bar:
                missed.append(f"{stage} {dtype}: NMSE {error:.1e}, {bar:.0e} is the most")
        (e32, t32, p32), (e16, t16, p16) = cells["f32"], cells["f16"]
        print(line(stage, e32, e16, t32, t16, f"{loading:.1f}", f"{seconds:.1f}", p32, p16), flush=True)
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    unknown = set(sys.argv[2:]) - set(BARS)
    if len(sys.argv) < 2 or unknown:
        sys.exit(f"no stage {', '.join(unknown)}; there are {', '.join(BARS)}" if unknown else __doc__)
    main(Path(sys.argv[1]), sys.argv[2:] or list(BARS))
