"""Goldens of the spectral distances: STFT-L1 by torch.stft, and the distance of librosa's mel spectra, at 16 kHz. The sounds are
those of signals.py, which the test makes again.

    pip install numpy==1.26.4 torch==2.4.1 librosa==0.10.2.post1
    python tests/oracle/spectral_distances.py goldens
"""
import json
import os
import sys

import librosa
import numpy as np
import torch

from signals import checksum, sounds

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 16000
RESOLUTIONS = [(512, 128), (1024, 256), (2048, 512)]
PAIRS = [
    (["voice", 1, 1.5, 110], [["noise", 5, 600]]),
    (["bursts", 20, 1.2], [["delay", 300], ["low pass", 0.7]]),
    (["chord", 0, 1, 220], [["gain", 0.3], ["clip", 400]]),
    (["noise", 22, 1], [["silence", 0.3, 0.6]]),
]


def stft_l1(sound, reference):
    linear, log = [], []
    for size, hop in RESOLUTIONS:
        window = torch.hann_window(size, dtype=torch.float64)
        a, b = (
            torch.stft(torch.from_numpy(x), size, hop, window=window, return_complex=True).abs() for x in (sound, reference)
        )
        linear.append(((a - b).abs().sum() / b.sum()).item())
        log.append((20 * torch.log10(a.clamp(min=1e-3) / b.clamp(min=1e-3))).abs().mean().item())
    return np.mean(linear), np.mean(log)


def log_mel(sound, reference):
    a, b = (
        np.maximum(
            1e-7,
            librosa.feature.melspectrogram(
                y=x, sr=RATE, n_fft=1024, hop_length=160, n_mels=80, fmin=20, fmax=8000, pad_mode="reflect", dtype=np.float64
            ),
        )
        for x in (sound, reference)
    )
    return np.abs(10 * np.log10(a / b)).mean()


def goldens():
    entries = []
    for source, changes in PAIRS:
        made = sounds(RATE, source, changes)
        reference, sound = (np.array(x, dtype=np.float64) / 32768 for x in made)
        linear, log = stft_l1(sound, reference)
        entries.append(
            {
                "rate": RATE,
                "source": source,
                "changes": changes,
                "checksums": [checksum(x) for x in made],
                "linear": linear,
                "log": log,
                "logMel": log_mel(sound, reference),
            }
        )
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
    with open(os.path.join(HERE, "goldens", "spectral-distances.json"), "w") as file:
        file.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["goldens"]:
        sys.exit(__doc__)
    goldens()
