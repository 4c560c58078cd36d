"""The codec and the samplers of VTA-LDM written a second time: the autoencoder and the vocoder as PyTorch modules after
docs of the published model, mel filters by librosa, samplers by diffusers.

    python3 tests/oracle/vta_ldm_codec.py goldens         writes tests/oracle/goldens/vta-{codec,samplers}.safetensors
    python3 tests/oracle/vta_ldm_codec.py full-size DIR   writes random weights in the released files' names, shapes and
                                                          formats, for full.py
"""
import json
import sys
from pathlib import Path

import librosa
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

GOLDENS = Path(__file__).parent / "goldens"

VAE = {"ch": 128, "ch_mult": [1, 2, 4], "num_res_blocks": 2, "z_channels": 8, "embed_dim": 8, "scale_factor": 0.9227914214134216}
VOCODER = {
    "num_mels": 64,
    "upsample_initial_channel": 1024,
    "upsample_rates": [5, 4, 2, 2, 2],
    "upsample_kernel_sizes": [16, 16, 8, 4, 4],
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5]] * 3,
}
# Levels of unequal width have shortcuts, one level has none; the last level's latents are not as wide as the moments'.
SMALL_VAE = {"ch": 32, "ch_mult": [2, 1], "num_res_blocks": 1, "z_channels": 4, "embed_dim": 3, "scale_factor": 0.75}
SMALL_VOCODER = {
    "num_mels": 8,
    "upsample_initial_channel": 16,
    "upsample_rates": [5, 2],
    "upsample_kernel_sizes": [16, 8],
    "resblock_kernel_sizes": [3, 7],
    "resblock_dilation_sizes": [[1, 3], [1, 3, 5]],
}


class Residual(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.norm1 = nn.GroupNorm(32, inside, eps=1e-6)
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1)
        self.norm2 = nn.GroupNorm(32, outside, eps=1e-6)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1)
        if inside != outside:
            self.nin_shortcut = nn.Conv2d(inside, outside, 1)

    def forward(self, x):
        y = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return y + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(32, channels, eps=1e-6)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x):
        h = self.norm(x)
        q, k, v = (part(h).flatten(2).transpose(1, 2) for part in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj_out(mixed.transpose(1, 2).reshape(x.shape))


class Middle(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block_1, self.attn_1, self.block_2 = Residual(channels, channels), Attention(channels), Residual(channels, channels)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class Sampling(nn.Module):
    """Halves (zeros at the far ends alone) or doubles both dimensions."""

    def __init__(self, channels, down):
        super().__init__()
        self.down = down
        self.conv = nn.Conv2d(channels, channels, 3, stride=2) if down else nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Level(nn.Module):
    def __init__(self, inside, outside, blocks):
        super().__init__()
        self.block = nn.ModuleList(Residual(inside if i == 0 else outside, outside) for i in range(blocks))

    def forward(self, x):
        for block in self.block:
            x = block(x)
        for change in ("downsample", "upsample"):
            if hasattr(self, change):
                x = getattr(self, change)(x)
        return x


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = [c["ch"] * m for m in c["ch_mult"]]
        self.conv_in = nn.Conv2d(1, c["ch"], 3, padding=1)
        self.down = nn.ModuleList()
        for i, width in enumerate(widths):
            level = Level(widths[i - 1] if i else c["ch"], width, c["num_res_blocks"])
            if i < len(widths) - 1:
                level.downsample = Sampling(width, True)
            self.down.append(level)
        self.mid = Middle(widths[-1])
        self.norm_out = nn.GroupNorm(32, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], 2 * c["z_channels"], 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = [c["ch"] * m for m in c["ch_mult"]]
        self.conv_in = nn.Conv2d(c["z_channels"], widths[-1], 3, padding=1)
        self.mid = Middle(widths[-1])
        self.up = nn.ModuleList()
        for i, width in enumerate(widths):
            level = Level(widths[min(i + 1, len(widths) - 1)], width, c["num_res_blocks"] + 1)
            if i > 0:
                level.upsample = Sampling(width, False)
            self.up.append(level)
        self.norm_out = nn.GroupNorm(32, widths[0], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[0], 1, 3, padding=1)

    def forward(self, x):
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class ResidualBlock(nn.Module):
    def __init__(self, channels, kernel, dilations):
        super().__init__()
        conv = lambda d: nn.Conv1d(channels, channels, kernel, dilation=d, padding=d * (kernel - 1) // 2)
        self.convs1 = nn.ModuleList(conv(d) for d in dilations)
        self.convs2 = nn.ModuleList(conv(1) for _ in dilations)

    def forward(self, x):
        for first, second in zip(self.convs1, self.convs2):
            x = x + second(F.leaky_relu(first(F.leaky_relu(x, 0.1)), 0.1))
        return x


class Vocoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = c["upsample_initial_channel"]
        self.conv_pre = nn.Conv1d(c["num_mels"], width, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        self.voices = len(c["resblock_kernel_sizes"])
        for rate, kernel in zip(c["upsample_rates"], c["upsample_kernel_sizes"]):
            self.ups.append(nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2))
            width //= 2
            for size, dilations in zip(c["resblock_kernel_sizes"], c["resblock_dilation_sizes"]):
                self.resblocks.append(ResidualBlock(width, size, dilations))
        self.conv_post = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel):
        x = self.conv_pre(mel.transpose(1, 2))
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            x = sum(self.resblocks[i * self.voices + j](x) for j in range(self.voices)) / self.voices
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[:, 0]


class Codec(nn.Module):
    """What pytorch_model.bin holds."""

    def __init__(self, vae, vocoder):
        super().__init__()
        self.scale = vae["scale_factor"]
        self.encoder, self.decoder = Encoder(vae), Decoder(vae)
        self.quant_conv = nn.Conv2d(2 * vae["z_channels"], 2 * vae["embed_dim"], 1)
        self.post_quant_conv = nn.Conv2d(vae["embed_dim"], vae["z_channels"], 1)
        self.vocoder = Vocoder(vocoder)

    def encode(self, mel):
        """[B, 1, M, bands] -> mean and log variance."""
        mean, logvar = self.quant_conv(self.encoder(mel)).chunk(2, 1)
        return mean, logvar.clamp(-30, 20)

    def latent(self, mean, logvar, noise):
        return self.scale * (mean + torch.exp(logvar / 2) * noise)

    def decode(self, latent):
        return self.decoder(self.post_quant_conv(latent / self.scale))


def random_codec(vae, vocoder, seed):
    """Random weights whose outputs are of ordinary size: not all norms are 1, and no activation dies out."""
    torch.manual_seed(seed)
    codec = Codec(vae, vocoder).eval().requires_grad_(False)
    for name, tensor in codec.named_parameters():
        if "norm" in name:
            tensor.add_(torch.randn_like(tensor) * 0.2)
        elif name.startswith("vocoder.") and tensor.ndim > 1:
            tensor.mul_(1.3)
        if "coder.conv_in." in name:
            # So little variance that the epsilon of the first norms shows.
            tensor.mul_(0.01)
    # Some log variances reach the clamp.
    codec.quant_conv.bias[vae["embed_dim"]] = -31.0
    return codec


def mel_of(sound, bands=64):
    spectrum = torch.stft(sound, 1024, 160, window=torch.hann_window(1024), return_complex=True, pad_mode="reflect").abs()
    filters = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=1024, n_mels=bands, fmin=0, fmax=8000))
    return torch.log((filters @ spectrum).clamp(min=1e-5)).transpose(1, 2)


last = lambda x: x.movedim(1, -1)


def codec_outputs(codec, x):
    """Inputs and outputs are channels-last, as ours are. In double precision: PyTorch's group norm cancels in single."""
    x, codec = {k: v.double() for k, v in x.items()}, codec.double()
    mean, logvar = codec.encode(x["mel"].movedim(-1, 1))
    latent = codec.latent(mean, logvar, x["posterior"].movedim(-1, 1))
    out = {
        "mean": last(mean),
        "logvar": last(logvar),
        "latent": last(latent),
        "decoded": last(codec.decode(x["latent"].movedim(-1, 1))),
        "wave": codec.vocoder(x["vocoder-mel"]),
    }
    return {k: v.float() for k, v in out.items()}


def write(path, tensors, meta):
    save_file({k: v.contiguous() for k, v in tensors.items()}, path, metadata={k: json.dumps(v) for k, v in meta.items()})


def codec_goldens():
    codec = random_codec(SMALL_VAE, SMALL_VOCODER, 1)
    torch.manual_seed(2)
    x = {
        "mel": torch.randn(2, 24, 16, 1),
        "posterior": torch.randn(2, 12, 8, 3),
        "latent": torch.randn(2, 12, 8, 3),
        "vocoder-mel": torch.randn(2, 9, 8),
        # Silence first, for the floor.
        "sound": torch.randn(2, 4000) * torch.linspace(-0.2, 0.3, 4000).clamp(min=0),
    }
    out = {**codec_outputs(codec, x), "sound-mel": mel_of(x["sound"])}
    assert (out["logvar"] <= -30).any(), "the clamp is to be reached"
    write(
        GOLDENS / "vta-codec.safetensors",
        {
            **{k: v.float() for k, v in codec.state_dict().items()},
            **{f"in.{k}": v for k, v in x.items()},
            **{f"out.{k}": v for k, v in out.items()},
        },
        {"config": {"vae": SMALL_VAE, "vocoder": SMALL_VOCODER}},
    )


SD21 = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "v_prediction", "steps_offset": 1}

# (sampler, steps, scheduler fields, eta)
TRAJECTORIES = [
    ("ddpm", 20, {**SD21, "clip_sample": False}, 0),
    ("ddpm", 20, {**SD21, "clip_sample": True, "clip_sample_range": 0.8, "timestep_spacing": "trailing"}, 0),
    ("ddpm", 20, {"prediction_type": "epsilon", "clip_sample": False, "timestep_spacing": "linspace"}, 0),
    ("ddpm", 20, {"prediction_type": "sample", "clip_sample": True}, 0),
    ("ddim", 20, {**SD21, "clip_sample": False, "set_alpha_to_one": False}, 0),
    ("ddim", 20, {**SD21, "clip_sample": False, "timestep_spacing": "trailing"}, 0.7),
    ("ddim", 20, {"prediction_type": "epsilon", "clip_sample": True, "timestep_spacing": "linspace"}, 1.0),
    ("ddim", 20, {"prediction_type": "sample", "clip_sample": True, "clip_sample_range": 0.5}, 0.3),
    ("dpm-solver++", 20, SD21, 0),
    ("dpm-solver++", 20, {**SD21, "timestep_spacing": "leading"}, 0),
    ("dpm-solver++", 7, {**SD21, "prediction_type": "epsilon", "timestep_spacing": "trailing"}, 0),
    ("dpm-solver++", 20, {"prediction_type": "sample"}, 0),
    ("dpm-solver++", 1, SD21, 0),
    ("euler", 20, SD21, 0),
    ("euler", 20, {**SD21, "timestep_spacing": "leading"}, 0),
    ("euler", 20, {**SD21, "prediction_type": "epsilon", "timestep_spacing": "trailing"}, 0),
    ("euler", 20, {"prediction_type": "sample"}, 0),
    ("ddpm", 20, {"num_train_timesteps": 40, "trained_betas": [0.01 + 0.002 * i for i in range(40)], "clip_sample": False, "timestep_spacing": "trailing"}, 0),
]

# Counts whose timesteps are compared: strides that divide 1000 and not, and halves that round to even.
COUNTS = [1, 2, 3, 7, 16, 20, 25, 48, 50, 100, 160, 200, 300, 333, 400, 501, 999]


def scheduler_of(kind, fields):
    import diffusers

    made = {
        "ddpm": diffusers.DDPMScheduler,
        "ddim": diffusers.DDIMScheduler,
        "dpm-solver++": diffusers.DPMSolverMultistepScheduler,
        "euler": diffusers.EulerDiscreteScheduler,
    }[kind]
    return made(**fields)


def trajectory(kind, steps, fields, eta, x, noises, weight, bias):
    """Latents after each step; the network is x @ weight + bias * t / 1000."""
    from diffusers.schedulers import scheduling_ddpm

    scheduler = scheduler_of(kind, fields)
    scheduler.set_timesteps(steps)
    x = x * scheduler.init_noise_sigma
    after = []
    for i, t in enumerate(scheduler.timesteps):
        output = scheduler.scale_model_input(x, t) @ weight + bias * (t / 1000)
        scheduling_ddpm.randn_tensor = lambda *_, **__: noises[i]
        options = {"eta": eta, "variance_noise": noises[i]} if kind == "ddim" else {}
        x = scheduler.step(output, t, x, **options).prev_sample
        after.append(x)
    return torch.stack(after)


def sampler_goldens():
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    torch.manual_seed(3)
    x, noises = torch.randn(2, 6, 4), torch.randn(20, 2, 6, 4)
    weight, bias = torch.randn(4, 4) * 0.3, torch.randn(4) * 0.5
    tensors = {"in.sample": x, "in.noises": noises, "in.weight": weight, "in.bias": bias}
    cases, lists = [], []
    for i, (kind, steps, fields, eta) in enumerate(TRAJECTORIES):
        cases.append({"kind": kind, "steps": steps, "scheduler": fields, "eta": eta})
        tensors[f"out.{i}"] = trajectory(kind, steps, fields, eta, x, noises, weight, bias)
    for kind in ("ddpm", "ddim", "dpm-solver++", "euler"):
        for spacing in ("leading", "trailing", "linspace"):
            for count in COUNTS:
                fields = {**SD21, "timestep_spacing": spacing, "steps_offset": 1 if spacing == "leading" else 0}
                scheduler = scheduler_of(kind, fields)
                scheduler.set_timesteps(count)
                if scheduler.timesteps.max() > 999:
                    continue
                lists.append({"kind": kind, "steps": count, "spacing": spacing})
                tensors[f"timesteps.{len(lists) - 1}"] = scheduler.timesteps.float()
    conditional, unconditional = torch.randn(2, 6, 4), torch.randn(2, 6, 4)
    guided = unconditional + 3.0 * (conditional - unconditional)
    tensors |= {"guide.conditional": conditional, "guide.unconditional": unconditional, "guide.guided": guided}
    tensors["guide.rescaled"] = rescale_noise_cfg(guided, conditional, 0.7)
    write(GOLDENS / "vta-samplers.safetensors", tensors, {"cases": cases, "timesteps": lists})


def full_size(folder):
    folder.mkdir(parents=True, exist_ok=True)
    codec = random_codec(VAE, VOCODER, 11)
    count = lambda keep: sum(v.numel() for k, v in codec.state_dict().items() if keep(k))
    vocoder = count(lambda k: k.startswith("vocoder."))
    vae = count(lambda k: not k.startswith("vocoder."))
    assert (vae, vocoder) == (55_376_873, 55_264_897), (vae, vocoder)
    state = codec.state_dict()
    torch.save(state, folder / "pytorch_model.bin")
    first = {f"first_stage_model.{k}": v for k, v in state.items()}
    torch.save({"state_dict": {**first, "scale_factor": torch.tensor(VAE["scale_factor"])}}, folder / "audioldm-s-full.ckpt")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    match sys.argv[1:]:
        case ["goldens"]:
            codec_goldens()
            sampler_goldens()
        case ["full-size", folder]:
            full_size(Path(folder))
        case _:
            sys.exit(__doc__)
