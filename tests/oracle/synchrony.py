"""Goldens of the synchrony metrics: librosa's onsets, and AV-Align and AA-Align by OpenCV and librosa.

    pip install numpy==2.4.6 scipy==1.17.1 librosa==0.11.0 opencv-python-headless==4.14.0.94 safetensors==0.8.0
    python tests/oracle/synchrony.py goldens

Sounds and frames are formulas over the numbers in the goldens (`render_sound` and `render_frames`), so that the tests make
the same ones: tests/model/evaluation/metrics/golden-signals.ts.
"""
import json
import os
import sys

import cv2
import librosa
import numpy as np
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 22050


def noise(seed, count):
    """Marsaglia's xorshift of 32 bits, as numbers from -1 to 1."""
    out = np.empty(count)
    x = seed
    for i in range(count):
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        out[i] = x / 2**31 - 1
    return out


def render_sound(recipe):
    """A bed of noise, and parts that begin at a sample: an attack, an exponential decay, a tone that may sweep, noise."""
    rate, count = recipe["rate"], recipe["samples"]
    sound = recipe["bed"] * noise(recipe["seed"], count)
    for part in recipe["parts"]:
        n = np.arange(count - part["start"])
        t = n / rate
        envelope = part["level"] * np.minimum(1, (n + 1) / part["attack"]) * np.exp(-t / part["decay"])
        tone = np.sin(2 * np.pi * (part["hz"] * t + part["sweep"] * t * t))
        body = part["tone"] * tone
        if part["noise"]:
            body = body + part["noise"] * noise(part["seed"], len(n))
        sound[part["start"] :] += envelope * body
    return (np.floor(np.clip(sound, -1, 0.999) * 32768 + 0.5) / 32768).astype(np.float32)


def render_frames(recipe):
    """Two gratings that may pan, textured spots at given places, and noise; grey."""
    y, x = np.mgrid[0 : recipe["height"], 0 : recipe["width"]].astype(np.float64)
    frames = []
    for t in range(recipe["frames"]):
        pan = recipe["pan"][t]
        value = 110 + 30 * np.sin(0.31 * (x + pan) + 0.17 * y) + 20 * np.sin(0.23 * y - 0.11 * (x + pan))
        for spot in recipe["spots"]:
            dx, dy = x - spot["x"][t], y - spot["y"][t]
            near = np.exp(-(dx * dx + dy * dy) / spot["radius"] ** 2)
            value = value + spot["level"] * near * (1 + 0.5 * np.sin(0.9 * dx + 0.7 * dy))
        value = value + recipe["noise"] * hashed(recipe, t)
        frames.append(np.floor(np.clip(value, 0, 255) + 0.5).astype(np.uint8))
    return frames


def hashed(recipe, t):
    """A hash of each pixel and frame, from -1 to 1."""
    width, height = recipe["width"], recipe["height"]
    h = np.arange(width * height, dtype=np.uint64) + np.uint64(t * width * height + recipe["seed"])
    for _ in range(2):
        h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x45D9F3B)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(16)
    return (h / 2**31 - 1).reshape(height, width)


KINDS = ("wood", "metal", "glass", "drum", "click", "burst", "chirp", "steady", "swell", "mixed")


def part_of(random, kind, start, rate):
    """One sound of a kind."""
    u = random.uniform
    part = {"start": int(start), "level": u(0.1, 0.5), "attack": 2, "hz": 0.0, "sweep": 0.0, "tone": 1.0, "noise": 0.0}
    part["decay"], part["seed"] = 0.1, int(random.integers(1, 2**31))
    shapes = {
        "wood": {"hz": u(250, 700), "decay": u(0.03, 0.09), "noise": 0.3},
        "metal": {"hz": u(700, 3000), "decay": u(0.3, 0.7), "noise": 0.1},
        "glass": {"hz": u(2000, 6000), "decay": u(0.1, 0.4), "noise": 0.2},
        "drum": {"hz": u(70, 160), "decay": u(0.1, 0.25), "noise": 0.4, "sweep": -100.0},
        "click": {"tone": 0.0, "noise": 1.0, "decay": u(0.002, 0.01), "attack": 1},
        "burst": {"tone": 0.0, "noise": 1.0, "decay": u(0.03, 0.2), "attack": int(rate * 0.003)},
        "chirp": {"hz": u(300, 900), "sweep": u(1000, 4000), "decay": u(0.05, 0.15)},
        "steady": {"hz": u(150, 900), "decay": 5.0, "attack": int(rate * 0.05), "level": u(0.05, 0.2)},
        "swell": {"tone": 0.0, "noise": 1.0, "decay": 0.5, "attack": int(rate * u(0.1, 0.4)), "level": 0.1},
    }
    part.update(shapes[kind])
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in part.items()}


def sound_of(random, kind, seconds, rate, times=None):
    count = int(seconds * rate)
    if times is None:
        times, at = [], random.uniform(0.05, 0.4)
        while at < seconds - 0.1:
            times.append(at)
            at += random.uniform(0.05, 0.5)
    kinds = [kind if kind != "mixed" else KINDS[random.integers(9)] for _ in times]
    return {
        "rate": rate,
        "samples": count,
        "bed": round(10 ** random.uniform(-5, -1.5), 6),
        "seed": int(random.integers(1, 2**31)),
        "parts": [part_of(random, k, t * rate, rate) for k, t in zip(kinds, times)],
    }


def detector(y):
    """The project's detector out of librosa's parts; only the rule for faint frames is not librosa's."""
    power = librosa.feature.melspectrogram(
        y=y.astype(np.float64), sr=RATE, n_fft=512, hop_length=220, n_mels=40, fmin=60, fmax=10000, pad_mode="reflect"
    )
    levels = librosa.power_to_db(power, ref=np.max, top_db=50)
    strength = librosa.onset.onset_strength(S=levels, sr=RATE, lag=2, max_size=3, center=False)
    loudness = librosa.feature.rms(y=y, frame_length=512, hop_length=220, pad_mode="constant")[0]
    # librosa counts the zeros that it pads with; a frame at the edge is as long as it is.
    n = np.arange(len(loudness)) * 220
    inside = np.minimum(n + 256, len(y)) - np.maximum(n - 256, 0)
    loudness = loudness * np.sqrt(512 / np.maximum(1, inside))
    strength = np.where(loudness[: len(strength)] > loudness.max() * 10 ** (-45 / 20), strength, strength - 1000)
    return strength, levels


def detector_onsets(y):
    strength, _ = detector(y)
    # The mean is over the true strength, so a plain call would see the marks of faint frames in it.
    plain = np.where(strength < -500, strength + 1000, strength)
    frames = librosa.util.peak_pick(plain, pre_max=3, post_max=4, pre_avg=10, post_avg=11, delta=2.5, wait=6)
    return [max(0.0, f * 220 / RATE - 0.005) for f in frames if strength[f] > -500]


def onsets_as_published(y, rate):
    """`librosa.load` resamples with soxr_hq, as here."""
    y = librosa.resample(y, orig_sr=rate, target_sr=RATE) if rate != RATE else y
    strength = librosa.onset.onset_strength(y=y, sr=RATE)
    return librosa.frames_to_time(librosa.onset.onset_detect(onset_envelope=strength, sr=RATE), sr=RATE)


def flow_as_published(frames):
    def mean_length(first, second):
        flow = cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)
        return cv2.mean(cv2.magnitude(flow[..., 0], flow[..., 1]))[0]

    pairs = [mean_length(frames[i - 1], frames[i]) for i in range(1, len(frames))]
    return pairs[:1] + pairs


def peaks_as_published(flow, fps):
    return [i / fps for i in range(1, len(flow) - 1) if flow[i - 1] < flow[i] > flow[i + 1]]


def score_as_published(found, reference, window):
    hits = 0
    for peak in found:
        for other in reference:
            if other - window < peak < other + window:
                hits += 1
                break
    total = len(found) + len(reference) - hits
    return None if total == 0 else hits / total


def paths(random, kind, frames, width, height):
    """Places of a spot, and the background's pan; with the frames at which something happens."""
    t = np.arange(frames, dtype=np.float64)
    period = random.integers(6, 14)
    phase = (t % period) / period
    ground, top = height * 0.8, height * random.uniform(0.2, 0.5)
    x, y, pan = width * (0.3 + 0.4 * t / frames), np.full(frames, ground), np.zeros(frames)
    if kind == "bounce":
        y = ground - (ground - top) * 4 * phase * (1 - phase)
    elif kind == "hammer":
        y = np.where(phase < 0.6, ground - (ground - top) * phase / 0.6, ground - (ground - top) * (1 - phase) / 0.4)
        x = np.full(frames, width * 0.5)
    elif kind == "jump":
        x = width * (0.2 + 0.6 * ((t // period) % 2))
    elif kind == "pan":
        pan = np.cumsum(1.5 + 1.4 * np.sin(2 * np.pi * t / period))
    elif kind == "repeats":
        x = width * (0.2 + 0.6 * np.abs(((t // 2 * 2) / 20) % 2 - 1))
    elif kind == "cut":
        pan = np.where(t > frames // 2, 37.0, 0.0) + 0.5 * t
        y = ground - (ground - top) * 4 * phase * (1 - phase)
    rounded = [[round(float(v), 2) for v in values] for values in (x, y, pan)]
    return *rounded, [int(i) for i in t if i > 0 and phase[int(i)] < 1 / period]


def clip_of(random, i):
    kinds = ("bounce", "hammer", "jump", "pan", "repeats", "cut", "still")
    kind = kinds[i % len(kinds)]
    width, height = [(64, 64), (96, 72), (80, 60), (64, 96), (128, 72), (72, 128)][i % 6]
    fps, frames = [25, 30, 24, 29.97, 15][i % 5], 32
    x, y, pan, contacts = paths(random, kind, frames, width, height)
    spot = {"x": x, "y": y, "radius": round(random.uniform(5, 12), 2), "level": round(random.uniform(60, 110), 2)}
    times = [c / fps + random.uniform(-0.02, 0.06) for c in contacts if random.random() < 0.8]
    times += list(random.uniform(0.1, frames / fps - 0.1, random.integers(0, 3)))
    # Two clips without any sound, one of them still as well: nothing to divide by.
    times = [] if i in (6, 13) else sorted(times)
    rate = [RATE, 16000, RATE, 44100][i % 4]
    sound = sound_of(random, "mixed", frames / fps, rate, times)
    if i in (6, 13):
        sound["bed"] = 0.0
    still_noise = 0.0 if kind in ("still", "repeats") else round(random.uniform(0, 6), 2)
    video = {"width": width, "height": height, "frames": frames, "frameRate": fps, "pan": pan, "spots": [spot]}
    return {"kind": kind, "video": {**video, "noise": still_noise, "seed": int(random.integers(1, 2**20))}, "sound": sound}


def listed(values, digits=7):
    return [round(float(v), digits) for v in values]


def onset_goldens():
    random = np.random.default_rng(11)
    signals = []
    for i in range(50):
        recipe = sound_of(random, KINDS[i % len(KINDS)], 1.6, RATE)
        y = render_sound(recipe)
        signals.append(
            {
                "sound": recipe,
                "check": round(float(np.abs(y).sum()), 4),
                "detector": listed(detector_onsets(y)),
                "librosa": listed(onsets_as_published(y, RATE)),
            }
        )
    return signals


def align_goldens():
    random = np.random.default_rng(12)
    clips = []
    for i in range(20):
        recipe = clip_of(random, i)
        frames, y = render_frames(recipe["video"]), render_sound(recipe["sound"])
        other = render_sound({**recipe["sound"], "parts": recipe["sound"]["parts"][1:]})
        fps = recipe["video"]["frameRate"]
        flow = flow_as_published(frames)
        peaks, onsets = peaks_as_published(flow, fps), onsets_as_published(y, recipe["sound"]["rate"])
        without = onsets_as_published(other, recipe["sound"]["rate"])
        clips.append(
            {
                **recipe,
                "check": {"frames": int(sum(int(f.sum()) for f in frames)), "sound": round(float(np.abs(y).sum()), 4)},
                "flow": listed(flow[1:]),
                "motionPeaks": listed(peaks),
                "onsets": listed(onsets),
                "avAlign": score_as_published(onsets, peaks, 1 / fps),
                "withoutFirst": listed(without),
                "aaAlign": score_as_published(without, onsets, 0.1),
            }
        )
    colors = np.random.default_rng(13).integers(0, 256, (1, 200, 3), dtype=np.uint8)
    grey = cv2.cvtColor(np.ascontiguousarray(colors[..., ::-1]), cv2.COLOR_BGR2GRAY)
    return {"clips": clips, "colors": colors.reshape(-1).tolist(), "grey": grey.reshape(-1).tolist()}


def goldens():
    for name, values in (("onset-detection", {"signals": onset_goldens()}), ("av-align", align_goldens())):
        path = os.path.join(HERE, "goldens", f"{name}.safetensors")
        save_file({"none": np.zeros(1, np.float32)}, path, {"config": json.dumps(values, separators=(",", ":"))})


if __name__ == "__main__":
    if sys.argv[1:] != ["goldens"]:
        sys.exit(__doc__)
    goldens()
