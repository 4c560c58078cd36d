"""Goldens of PESQ: scores that the package `pesq` (github.com/ludlows/PESQ, which compiles the reference implementation of
P.862 Annex A) gives to 60 pairs of sounds. The sounds are those of signals.py, which the test makes again; a checksum of
each is stored.

    pip install numpy==1.26.4 cython==3.0.11 && pip install --no-build-isolation pesq==0.0.4
    python tests/oracle/pesq_scores.py goldens
"""
import json
import os
import sys

import numpy as np
from pesq import PesqError, pesq

from signals import checksum, sounds

HERE = os.path.dirname(os.path.abspath(__file__))


LOW, HIGH = ["voice", 1, 3, 110], ["voice", 2, 3, 210]
CHANGED_SPEECH = [
    [["none"]],
    [["gain", 0.1]],
    [["gain", -0.5]],
    [["noise", 5, 60]],
    [["noise", 6, 600]],
    [["noise", 7, 6000]],
    [["low pass", 0.8]],
    [["high pass", 0.9]],
    [["clip", 1500]],
    [["delay", 777]],
    [["delay", -300]],
    [["insert", 1.5, 400]],
    [["remove", 1.2, 640]],
    [["dropouts", 8, 0.1]],
    [["echo", 0.05, 0.5]],
    [["quantize", 512]],
    [["adpcm", 3]],
    [["gain steps", 0.2]],
]
PAIRS = (
    [(16000, "wb", LOW, change) for change in CHANGED_SPEECH]
    + [(16000, "nb", HIGH, change) for change in CHANGED_SPEECH[2:]]
    + [(8000, "nb", ["voice", 3, 3, 150], change) for change in CHANGED_SPEECH[4::2]]
    + [
        # Changes one after the other, jumps of the delay, other lengths, short and long ones.
        (16000, "wb", HIGH, [["hold", 3], ["noise", 9, 100], ["delay", 120]]),
        (16000, "wb", HIGH, [["insert", 1.5, 1600], ["gain", 0.7]]),
        (16000, "wb", ["voice", 4, 5, 180], [["insert", 1.0, 800], ["remove", 3.1, 1200], ["noise", 10, 200]]),
        (16000, "nb", ["voice", 4, 5, 180], [["silence", 1.1, 1.6], ["delay", 2000]]),
        (16000, "wb", ["voice", 5, 0.5, 140], [["noise", 11, 300]]),
        (8000, "nb", ["voice", 6, 0.45, 120], [["adpcm", 2]]),
        (16000, "wb", LOW, [["length", 2.2], ["noise", 12, 150]]),
        (16000, "nb", LOW, [["length", 3.7], ["tremolo", 4, 0.8]]),
        (8000, "nb", ["voice", 7, 17.5, 130], [["noise", 13, 400], ["dropouts", 14, 0.05]]),
        # What is not speech.
        (16000, "wb", ["bursts", 20, 2.5], [["low pass", 0.7], ["noise", 21, 100]]),
        (16000, "nb", ["chord", 0, 2.5, 220], [["adpcm", 2]]),
        (16000, "wb", ["sweep", 0, 3], [["clip", 3000], ["echo", 0.03, 0.4]]),
        (16000, "wb", ["noise", 22, 2], [["dropouts", 23, 0.3]]),
        (16000, "nb", ["noise", 24, 2], [["noise", 25, 4000]]),
        (16000, "wb", ["strokes", 0, 2.5], [["delay", 900], ["quantize", 300]]),
        (8000, "nb", ["strokes", 0, 2.5], [["tremolo", 3, 0.9]]),
        (16000, "wb", ["chord", 0, 2.5, 330], [["gain steps", 0.3], ["delay", -160]]),
        (8000, "nb", ["bursts", 26, 2.5], [["dropouts", 27, 0.2]]),
        (8000, "nb", ["sweep", 0, 3], [["hold", 2]]),
    ]
)
# The package raises for these: too short, and no utterance of 0.2 s.
REFUSED = [
    (16000, "wb", ["voice", 1, 0.24, 110], [["none"]]),
    (16000, "nb", ["voice", 1, 1, 110], [["length", 0.2]]),
    (16000, "wb", ["voice", 9, 0.26, 110], [["none"]]),
    (16000, "nb", ["voice", 1, 0.26, 110], [["delay", 6000]]),
]


def goldens():
    entries = []
    for rate, mode, source, changes in PAIRS + REFUSED:
        reference, sound = sounds(rate, source, changes)
        entry = {"rate": rate, "mode": mode, "source": source, "changes": changes}
        entry["checksums"] = [checksum(reference), checksum(sound)]
        try:
            entry["score"] = round(float(pesq(rate, np.array(reference) / 32768, np.array(sound) / 32768, mode)), 5)
        except PesqError as error:
            entry["error"] = error.args[0].decode()
        print(entry)
        entries.append(entry)
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
    with open(os.path.join(HERE, "goldens", "pesq.json"), "w") as file:
        file.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["goldens"]:
        sys.exit(__doc__)
    goldens()
