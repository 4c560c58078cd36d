"""The published VTA-LDM model by diffusers and transformers: goldens for tests/model/networks/unet-2d-condition.test.ts and
clip-vision.test.ts, in small configs with random weights, and a checkpoint of full size for full.py.

    python tests/oracle/vta_ldm.py goldens            writes tests/oracle/goldens/{unet-*,clip-vision}.safetensors
    python tests/oracle/vta_ldm.py full-size FOLDER   writes FOLDER/pytorch_model_2.bin (3.5 GB), of random weights under the
                                                      release's names

In the goldens inputs are `in.*`, outputs `out.*`, channels last; weights have PyTorch's layout, and f16 rounds them.
"""
import json, sys
from collections import OrderedDict
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

GOLDENS = Path(__file__).parent / "goldens"

RELEASED = {
    "attention_head_dim": [5, 10, 20, 20],
    "block_out_channels": [320, 640, 640, 1280],
    "cross_attention_dim": 2048,
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "in_channels": 8,
    "layers_per_block": 2,
    "norm_eps": 1e-5,
    "norm_num_groups": 32,
    "out_channels": 8,
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    "upcast_attention": True,
    "use_linear_projection": True,
}

RELEASED_CLIP = {
    "hidden_size": 1024,
    "image_size": 224,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
    "patch_size": 14,
    "projection_dim": 768,
}

# As the release, narrow: dense projections, four levels of both kinds of blocks, another number of heads at one. Few different
# widths, here and below: each is a kernel to compile.
LINEAR = {
    **RELEASED,
    "attention_head_dim": [1, 2, 2, 2],
    "block_out_channels": [16, 16, 16, 16],
    "cross_attention_dim": 12,
    "in_channels": 8,
    "norm_num_groups": 4,
    "out_channels": 8,
}

# As the pre-trained variant: convolutions as projections, the finest level without attention, one number of heads. Its
# epsilon, its order of waves and their shift are unlike the defaults, so that ignoring one of them fails the test.
CONV = {
    **LINEAR,
    "attention_head_dim": 2,
    "block_out_channels": [8, 16, 16],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "in_channels": 4,
    "layers_per_block": 1,
    "norm_eps": 1e-3,
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": False,
}

CLIP = {
    "hidden_size": 32,
    "image_size": 28,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-3,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "patch_size": 7,
    "projection_dim": 24,
}
TOKEN_WIDTH = 40
TOKENS = 4


def fill(module, generator):
    """Random weights with which every part bears on the result: no zero biases, gains about 1, matrices by their fan-in."""
    with torch.no_grad():
        for name, value in module.named_parameters():
            value.normal_(generator=generator)
            if name.endswith("bias"):
                value *= 0.1
            elif value.ndim == 1 and name.endswith("weight"):
                value.mul_(0.1).add_(1)
            elif value.ndim > 1 and not name.endswith("position_embedding.weight"):
                value *= value[0].numel() ** -0.5
    return module.eval()


def unet_of(config, generator):
    return fill(UNet2DConditionModel.from_config(config), generator)


def clip_of(config, width, generator):
    """The release's extractor: CLIP's vision tower and the linear layer to the width of a token."""
    parts = torch.nn.Module()
    parts.clip_vision = CLIPVisionModelWithProjection(CLIPVisionConfig(hidden_act="quick_gelu", **config))
    parts.linear_layer = torch.nn.Linear(parts.clip_vision.config.projection_dim, width)
    return fill(parts, generator)


def last(x):
    return x.movedim(1, -1).contiguous()


def first(x):
    return x.movedim(-1, 1).contiguous()


def run_unet(unet, latent, timestep, tokens, mask, stages=None):
    hooks = []
    if stages is not None:
        modules = {"conv_in": unet.conv_in, "time_embedding": unet.time_embedding, "mid_block": unet.mid_block}
        for kind in ("down_blocks", "up_blocks"):
            modules.update({f"{kind}.{i}": block for i, block in enumerate(getattr(unet, kind))})
        for name, module in modules.items():

            def keep(_, __, output, name=name):
                value = output[0] if isinstance(output, tuple) else output
                stages[name] = last(value) if value.ndim == 4 else value.clone()

            hooks.append(module.register_forward_hook(keep))
    with torch.no_grad():
        out = unet(first(latent), timestep, encoder_hidden_states=tokens, encoder_attention_mask=mask).sample
    for hook in hooks:
        hook.remove()
    return last(out)


def weights_of(module, prefix):
    return {f"{prefix}.{name}": value for name, value in module.named_parameters()}


def write(name, config, tensors):
    tensors = {key: value.detach().contiguous().clone() for key, value in tensors.items()}
    path = GOLDENS / f"{name}.safetensors"
    save_file(tensors, path, metadata={"config": json.dumps(config)})
    print(path.name, path.stat().st_size, "bytes")


def unet_goldens(name, config, size, timesteps, counts, seed, loudness=1.0):
    """`counts`: tokens that are not padding, of each item; None without a mask. `loudness` scales what residual layers give:
    where it is low, the epsilons of the norms after them change the result."""
    generator = torch.Generator().manual_seed(seed)
    unet = unet_of(config, generator)
    with torch.no_grad():
        for part, value in unet.named_parameters():
            if "conv2." in part or "conv_shortcut." in part:
                value *= loudness
    batch = len(timesteps)
    latent = torch.randn(batch, *size, config["in_channels"], generator=generator)
    tokens = torch.randn(batch, TOKENS, config["cross_attention_dim"], generator=generator)
    mask = None if counts is None else (torch.arange(TOKENS) < torch.tensor(counts)[:, None]).float()
    timestep, stages = torch.tensor(timesteps), {}
    velocity = run_unet(unet, latent, timestep, tokens, mask, stages)
    unconditional = run_unet(unet, latent, timestep, torch.zeros_like(tokens), torch.ones(batch, TOKENS))
    write(name, config, {
        **weights_of(unet, "unet"),
        "in.latent": latent,
        "in.timestep": timestep.float(),
        "in.tokens": tokens,
        **({} if mask is None else {"in.mask": mask}),
        **{f"out.{stage}": value for stage, value in stages.items()},
        "out.velocity": velocity,
        "out.unconditional": unconditional,
    })


def clip_goldens():
    generator = torch.Generator().manual_seed(3)
    parts = clip_of(CLIP, TOKEN_WIDTH, generator)
    frames = torch.rand(3, CLIP["image_size"], CLIP["image_size"], 3, generator=generator)
    with torch.no_grad():
        vision = parts.clip_vision(pixel_values=first(frames), output_hidden_states=True)
        tokens = parts.linear_layer(vision.image_embeds)
    hidden = {f"out.layers.{i}": value for i, value in enumerate(vision.hidden_states[1:])}
    final = f"out.layers.{CLIP['num_hidden_layers'] - 1}"
    hidden[final] = hidden[final][:, :1]
    write("clip-vision", CLIP, {
        **weights_of(parts, "vid_fea_extractor"),
        "in.frames": frames,
        "out.embeddings": vision.hidden_states[0],
        **hidden,
        "out.image_embeds": vision.image_embeds,
        "out.tokens": tokens,
    })


def goldens():
    unet_goldens("unet-linear", LINEAR, (8, 8), [898, 1], [4, 2], seed=1)
    unet_goldens("unet-conv", CONV, (11, 6), [523], None, seed=2, loudness=1 / 32)
    clip_goldens()


def full_size(folder):
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(4)
    parts = clip_of(RELEASED_CLIP, RELEASED["cross_attention_dim"], generator)
    unet = unet_of(RELEASED, generator)
    weights = OrderedDict((f"unet.{name}", value.detach()) for name, value in unet.named_parameters())
    weights.update((f"vid_fea_extractor.{name}", value.detach()) for name, value in parts.named_parameters())
    # The release has this buffer too; a reader must leave integers alone.
    weights["vid_fea_extractor.clip_vision.vision_model.embeddings.position_ids"] = torch.arange(257)[None]
    torch.save(weights, folder / "pytorch_model_2.bin")


if __name__ == "__main__":
    if sys.argv[1:] == ["goldens"]:
        goldens()
    elif sys.argv[1:2] == ["full-size"] and len(sys.argv) == 3:
        full_size(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
