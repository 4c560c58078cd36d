"""Sounds for the oracles of sound measures, 16-bit. They are not stored in goldens: tests/model/evaluation/metrics/oracle-signals.ts
makes the same ones, by the same arithmetic in the same order. A change here needs the same change there.
"""
import math


def uniform_source(seed):
    state = (seed * 2654435761) % 2**32 or 1

    def draw():
        nonlocal state
        state = (state ^ state << 13) % 2**32
        state ^= state >> 17
        state = (state ^ state << 5) % 2**32
        return state / 2**32

    return draw


def to_int16(value):
    return max(-32768, min(32767, math.floor(value + 0.5)))


def checksum(sound):
    total = len(sound)
    for i, value in enumerate(sound):
        total = (total + (value + 32768) * (i % 251 + 1)) % 2147483647
    return total


def triangle(phase):
    return 4 * abs(phase - math.floor(phase) - 0.5) - 1


VOWELS = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
WIDTHS = (80, 100, 140)


def voice(uniform, count, rate, pitch):
    out = [0.0] * count
    at = math.floor(0.1 * rate)
    phase = flow = hiss = 0.0
    states = [0.0] * 6
    while at < count:
        vowel = VOWELS[math.floor(uniform() * 5)]
        length = math.floor((0.12 + 0.2 * uniform()) * rate)
        burst = math.floor((0.03 + 0.06 * uniform()) * rate) if uniform() < 0.5 else 0
        pause = math.floor((0.02 + 0.08 * uniform()) * rate)
        if uniform() < 0.2:
            pause += math.floor(0.4 * rate)
        coefficients = []
        for hz, width in zip(vowel, WIDTHS):
            r = math.exp((-math.pi * width) / rate)
            coefficients.append((2 * r * math.cos((2 * math.pi * hz) / rate), r * r))
        for i in range(burst + length + pause):
            if at >= count:
                break
            t = i - burst
            excitation = 0.0
            if 0 <= t < length:
                phase += (pitch * (1.1 - (0.2 * t) / length)) / rate
                if phase >= 1:
                    phase -= 1
                    excitation = min(1, t / (0.02 * rate), (length - t) / (0.05 * rate))
            flow = 0.9 * flow + excitation
            value = flow
            for f, (c, d) in enumerate(coefficients):
                value = (1 - c + d) * value + c * states[2 * f] - d * states[2 * f + 1]
                states[2 * f + 1] = states[2 * f]
                states[2 * f] = value
            value *= 9000
            if t < 0:
                white = 2 * uniform() - 1
                value += 1200 * (white - hiss)
                hiss = white
            out[at] = value
            at += 1
    return out


def bursts(uniform, count, rate, _):
    period = math.floor(0.35 * rate)
    level = 0.0
    out = []
    for i in range(count):
        level = 12000 if i % period == math.floor(0.1 * rate) else level * (1 - 1 / (0.05 * rate))
        out.append(level * (2 * uniform() - 1))
    return out


def chord(_, count, rate, hz):
    out = []
    for i in range(count):
        t = i / rate
        total = triangle(hz * t) + triangle(1.25 * hz * t) + triangle(1.5 * hz * t)
        out.append(2500 * total * (0.6 + 0.4 * triangle(0.7 * t)))
    return out


def sweep(_, count, rate, __):
    hz = 200
    phase = 0.0
    out = []
    for i in range(count):
        hz = 200 if hz > 3000 else hz + 700 / rate
        phase += hz / rate
        out.append(6000 * triangle(phase))
    return out


def noise(uniform, count, rate, _):
    return [4000 * (2 * uniform() - 1) for _ in range(count)]


def strokes(_, count, rate, __):
    period = math.floor(0.25 * rate)
    c = 2 * 0.998 * math.cos((2 * math.pi * 900) / rate)
    a = b = 0.0
    out = []
    for i in range(count):
        value = (4000 if i % period == 100 else 0) + c * a - 0.998 * 0.998 * b
        b, a = a, value
        out.append(value)
    return out


SOURCES = {"voice": voice, "bursts": bursts, "chord": chord, "sweep": sweep, "noise": noise, "strokes": strokes}


def add_noise(x, _, seed, amplitude):
    uniform = uniform_source(seed)
    return [v + amplitude * (2 * uniform() - 1) for v in x]


def low_pass(x, _, pole):
    y = 0.0
    out = []
    for v in x:
        y = pole * y + (1 - pole) * v
        out.append(y)
    return out


def high_pass(x, _, pole):
    y = last = 0.0
    out = []
    for v in x:
        y = pole * y + v - last
        last = v
        out.append(y)
    return out


def at_or_zero(x, i):
    return x[i] if 0 <= i < len(x) else 0


def insert(x, rate, seconds, samples):
    at = math.floor(seconds * rate)
    return x[:at] + x[at - samples : at] + x[at:]


def remove(x, rate, seconds, samples):
    at = math.floor(seconds * rate)
    return x[:at] + x[at + samples :]


def dropouts(x, rate, seed, probability):
    uniform = uniform_source(seed)
    packet = math.floor(0.02 * rate)
    lost = False
    out = []
    for i, v in enumerate(x):
        if i % packet == 0:
            lost = uniform() < probability
        out.append(0 if lost else v)
    return out


def adpcm(x, _, levels):
    predicted, step = 0.0, 16
    out = []
    for v in x:
        code = max(-levels, min(levels, math.floor((v - predicted) / step + 0.5)))
        predicted = 0.95 * predicted + code * step
        step = max(4, min(6000, step * (1.6 if abs(code) > levels / 2 else 0.8)))
        out.append(predicted)
    return out


CHANGES = {
    "none": lambda x, _: x,
    "gain": lambda x, _, factor: [v * factor for v in x],
    "gain steps": lambda x, rate, f: [v * f if (i // math.floor(0.5 * rate)) % 2 else v for i, v in enumerate(x)],
    "noise": add_noise,
    "low pass": low_pass,
    "high pass": high_pass,
    "clip": lambda x, _, level: [max(-level, min(level, v)) for v in x],
    "delay": lambda x, _, samples: [at_or_zero(x, i - samples) for i in range(len(x))],
    "insert": insert,
    "remove": remove,
    "dropouts": dropouts,
    "silence": lambda x, rate, a, b: [0 if a * rate <= i < b * rate else v for i, v in enumerate(x)],
    "echo": lambda x, rate, s, f: [v + f * at_or_zero(x, i - math.floor(s * rate)) for i, v in enumerate(x)],
    "quantize": lambda x, _, step: [step * math.floor(v / step + 0.5) for v in x],
    "adpcm": adpcm,
    "hold": lambda x, _, samples: [x[i - i % samples] for i in range(len(x))],
    "tremolo": lambda x, rate, hz, depth: [
        v * (1 - depth * (0.5 + 0.5 * triangle((hz * i) / rate))) for i, v in enumerate(x)
    ],
    "length": lambda x, rate, seconds: [at_or_zero(x, i) for i in range(math.floor(seconds * rate))],
}


def sounds(rate, source, changes):
    kind, seed, seconds, *parameters = source
    made = SOURCES[kind](uniform_source(seed), math.floor(seconds * rate), rate, *(parameters or [0]))
    reference = [to_int16(v) for v in made]
    sound = reference
    for name, *parameters in changes:
        sound = [to_int16(v) for v in CHANGES[name](sound, rate, *parameters)]
    return reference, sound
