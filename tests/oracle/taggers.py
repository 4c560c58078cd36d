"""Audio taggers by their published PyTorch code: goldens for tests/model/evaluation/taggers with random weights in small sizes,
and a published checkpoint of EfficientAT on real sounds for a check by hand.

    pip install torch==2.4.1 torchaudio==2.4.1 torchvision==0.19.1 torchlibrosa==0.1.0 librosa==0.10.2.post1 \
                resampy==0.4.3 soundfile==0.12.1 safetensors==0.4.5 "numpy<2" "setuptools<81"
    git clone https://github.com/fschmid56/EfficientAT               into CODE, at MN_COMMIT
    git clone https://github.com/qiuqiangkong/audioset_tagging_cnn   into CODE, at PANNS_COMMIT
    git clone https://github.com/harritaylor/torchvggish             into CODE, at VGGISH_COMMIT

    python tests/oracle/taggers.py goldens CODE                      writes tests/oracle/goldens/taggers
    python tests/oracle/taggers.py real CODE mn04.pt SOUNDS FOLDER   20 of the sounds and videos below SOUNDS: writes
                                                                     FOLDER/in.safetensors and FOLDER/expected.safetensors
    node dist/tests/oracle/embed-sounds.js mn04.pt FOLDER/in.safetensors FOLDER/out.safetensors
    python tests/oracle/taggers.py compare FOLDER                    figures of out against expected
"""
import contextlib, importlib.util, io, subprocess, sys, warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

MN_COMMIT = "a425fdce92572e602a1d5634799bd9f1f2efa806"
PANNS_COMMIT = "d2f4b8c18eab44737fcc0de1248ae21eb43f6aa4"
VGGISH_COMMIT = "f3f90969ce8fb77a05d984b892ddf662e8466377"

GOLDENS = Path(__file__).resolve().parent / "goldens" / "taggers"
CLASSES = 10

# The published code is older than the packages.
warnings.filterwarnings("ignore")


def fill(net, generator, run):
    """Random weights, exact in f16; batch norm scales by the activations of `run`."""
    norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    with torch.no_grad():
        for name, value in net.named_parameters():
            if "extractor" in name:
                continue
            value.normal_(generator=generator)
            if value.ndim == 1:
                value.mul_(0.3).add_(1.0 if name.endswith("weight") else 0.2)
            else:
                value *= 1.5 * value[0].numel() ** -0.5
            value.copy_(value.half())
        net.eval()
        for norm in norms:
            norm.train().momentum = 1
        run(net)
        net.eval()
        for norm in norms:
            # Else channels that vary little about their mean are amplified, and the rounding errors of the input with them.
            norm.running_var.add_(norm.running_mean ** 2)
            for value in (norm.running_mean, norm.running_var):
                value.copy_(value.half())
    return net


def halves(net):
    return {name: value.half() if value.is_floating_point() else value for name, value in net.state_dict().items()}


def efficientat(code, width, classes):
    sys.path.insert(0, str(Path(code) / "EfficientAT"))
    # Importing reads a file of the clone's by a relative path.
    with contextlib.chdir(Path(code) / "EfficientAT"):
        from models.mn.model import get_model
        from models.preprocess import AugmentMelSTFT
    # Its code prints the network.
    with contextlib.redirect_stdout(io.StringIO()):
        net = get_model(num_classes=classes, width_mult=width)
        mel = AugmentMelSTFT(n_mels=128, sr=32000, win_length=800, hopsize=320, fmin=0, fmax=15000)
    return net.eval(), mel.eval()


def run_efficientat(net, mel, sound):
    """A waveform [samples] → spectrogram [128, frames], embedding, logits."""
    with torch.no_grad():
        spectrogram = mel(sound[None])
        logits, features = net(spectrogram[None])
    return spectrogram[0], features[0], logits[0]


def vggish(code, channels, hidden, embedding):
    sys.path.insert(0, str(Path(code) / "torchvggish"))
    from torchvggish.vggish import VGG
    layers, inputs, left = [], 1, list(channels)
    for pool in (True, True, False, True, False, True):
        layers += [torch.nn.Conv2d(inputs, left[0], 3, padding=1), torch.nn.ReLU()]
        inputs = left.pop(0)
        if pool:
            layers.append(torch.nn.MaxPool2d(2, 2))
    net = VGG(torch.nn.Sequential(*layers))
    # The port fixes these widths.
    net.embeddings = torch.nn.Sequential(
        torch.nn.Linear(inputs * 4 * 6, hidden), torch.nn.ReLU(),
        torch.nn.Linear(hidden, hidden), torch.nn.ReLU(),
        torch.nn.Linear(hidden, embedding), torch.nn.ReLU())
    return net


def run_vggish(net, sound):
    """A waveform [samples] → examples [E, 96, 64] and embeddings [E, embedding]."""
    from torchvggish.vggish_input import waveform_to_examples
    with torch.no_grad():
        examples = waveform_to_examples(sound.double().numpy(), 16000).detach()
        return examples[:, 0], net(examples)


def cnn14(code, channels, embedding, classes):
    folder = Path(code) / "audioset_tagging_cnn" / "pytorch"
    sys.path.insert(0, str(folder))
    # EfficientAT has a module of this name too.
    spec = importlib.util.spec_from_file_location("panns_models", folder / "models.py")
    panns = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(panns)
    net = panns.Cnn14(sample_rate=32000, window_size=1024, hop_size=320, mel_bins=64, fmin=50, fmax=14000, classes_num=classes)
    # The code fixes these widths.
    for i, (inputs, outputs) in enumerate(zip([1, *channels], channels)):
        setattr(net, f"conv_block{i + 1}", panns.ConvBlock(inputs, outputs))
    net.fc1 = torch.nn.Linear(channels[-1], embedding)
    net.fc_audioset = torch.nn.Linear(embedding, classes)
    return net


def run_cnn14(net, sound):
    """A waveform [samples] → spectrogram [frames, 64], embedding, logits."""
    with torch.no_grad():
        spectrogram = net.logmel_extractor(net.spectrogram_extractor(sound[None]))
        logits = []
        hook = net.fc_audioset.register_forward_hook(lambda _module, _inputs, output: logits.append(output))
        embedding = net(sound[None])["embedding"]
        hook.remove()
    return spectrogram[0, 0], embedding[0], logits[0][0]


def test_sound(generator):
    """One second at 32 kHz in 16 bits: a falling tone, bursts of noise that decay, near silence between them."""
    t = torch.arange(32000) / 32000
    tone = 0.2 * torch.sin(2 * torch.pi * (3000 * t - 1200 * t ** 2)) * (t > 0.15)
    bursts = sum(torch.where(t >= at, torch.exp(-(t - at) * 25), 0.0) for at in (0.1, 0.45, 0.8))
    noise = torch.randn(32000, generator=generator)
    sound = tone + 0.2 * bursts * noise + 1e-3 * noise
    return (sound.clamp(-1, 1) * 32767).round().short()


def without_basis(state):
    """The STFT and the mel filters as tensors of their shapes that take no place in the file: ours are computed."""
    return {name: torch.zeros(1).expand(value.shape) if "extractor" in name else value for name, value in state.items()}


def goldens(code):
    GOLDENS.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(21)
    pcm = test_sound(generator)
    sound = pcm.float() / 32768
    tensors = {"sound": pcm}

    net, mel = efficientat(code, 0.1, CLASSES)
    fill(net, generator, lambda net: run_efficientat(net, mel, sound))
    torch.save(halves(net), GOLDENS / "mn01.pt")
    names = ("spectrogram", "embedding", "logits")
    tensors |= {f"mn01.{name}": value for name, value in zip(names, run_efficientat(net, mel, sound))}

    net = fill(vggish(code, [4, 8, 8, 12, 12, 16], 24, 16), generator, lambda net: None)
    torch.save(halves(net), GOLDENS / "vggish.pth", _use_new_zipfile_serialization=False)
    tensors |= {f"vggish.{name}": value for name, value in zip(("spectrogram", "embedding"), run_vggish(net, sound))}

    net = fill(cnn14(code, [4, 8, 8, 12, 12, 16], 24, CLASSES), generator, lambda net: run_cnn14(net, sound))
    state = {"iteration": 600000, "model": without_basis(halves(net)), "sampler": {"indexes": np.arange(4), "pointer": 2}}
    torch.save(state, GOLDENS / "cnn14.pth", _use_new_zipfile_serialization=False)
    tensors |= {f"cnn14.{name}": value for name, value in zip(names, run_cnn14(net, sound))}

    save_file({name: value.contiguous() for name, value in tensors.items()}, GOLDENS / "expected.safetensors")
    for name, value in tensors.items():
        print(name, list(value.shape), f"mean {value.float().mean():.3f}, deviation {value.float().std():.3f}")


def decoded(path):
    """At most 10 s, a whole number of seconds, at 32 kHz."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-t", "10", "-ac", "1", "-ar", "32000", "-f", "f32le", "-"],
                         capture_output=True).stdout
    sound = torch.from_numpy(np.frombuffer(raw, np.float32).copy())
    return sound[: len(sound) // 32000 * 32000]


def real(code, checkpoint, sounds, folder, count=20):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    hidden, classes = state["classifier.2.weight"].shape[0], state["classifier.5.weight"].shape[0]
    net, mel = efficientat(code, hidden / 1280, classes)
    net.load_state_dict(state)
    paths = sorted(p for p in Path(sounds).rglob("*") if p.suffix in (".wav", ".mp4", ".flac", ".ogg", ".mp3"))
    inputs, expected = {}, {}
    order = np.random.default_rng(21).permutation(len(paths))
    for path in (paths[i] for i in order):
        sound = decoded(path)
        if len(sound) == 0 or float(sound.abs().max()) < 1e-3 or len(inputs) == count:
            continue
        name = f"{len(inputs):02}"
        inputs[name] = sound
        spectrogram, embedding, logits = run_efficientat(net, mel, sound)
        expected |= {f"{name}.embedding": embedding, f"{name}.logits": logits}
        print(name, path.name, f"{len(sound) // 32000} s", logits.topk(3).indices.tolist())
    save_file(inputs, folder / "in.safetensors")
    save_file({name: value.contiguous() for name, value in expected.items()}, folder / "expected.safetensors")


def compare(folder):
    found, expected = (load_file(Path(folder) / f"{name}.safetensors") for name in ("out", "expected"))
    for kind in ("embedding", "logits"):
        errors = []
        for name in (name for name in expected if name.endswith(kind)):
            a, b = found[name].double(), expected[name].double()
            errors.append(float(((a - b) ** 2).sum() / (b ** 2).sum()))
        print(f"{kind}: NMSE of {len(errors)} sounds: worst {max(errors):.3e}, mean {np.mean(errors):.3e}")
    logits = [name for name in expected if name.endswith("logits")]
    same = sum(found[n].topk(3).indices.tolist() == expected[n].topk(3).indices.tolist() for n in logits)
    print(f"top 3 the same, in order, for {same} of {len(logits)}")


if __name__ == "__main__":
    {"goldens": goldens, "real": real, "compare": compare}[sys.argv[1]](*sys.argv[2:])
