/** Whether steady sound repeats itself at the period of a codec's latents. */

/** Periods in a stretch, and from one stretch to the next. */
const STRETCH = 4;
const STEP = 2;
/** Root mean square below which a stretch is silence: −60 dBFS. */
const SILENCE = 1e-3;

/**
 * Mean normalized autocorrelation at one latent period, over the steadier half of the audible stretches of four periods:
 * r = Σ x[n]·x[n+T] / √(Σ x[n]² · Σ x[n+T]²), x less its mean, −1…1. Steadier is what varies less in level (dB) from period
 * to period.
 *
 * A decoder without noise turns equal latents into equal samples: in sustained sound it repeats a loop of one period, and
 * r is 1. Noise gives 0 ± .02, recorded sound about 0 on average. A true tone at a multiple of the latent rate gives 1 as
 * well (one at an odd multiple of its half −1), so the figure means something over many clips, not of one.
 *
 * @param sound mono
 * @param sampleRate Hz
 * @param period seconds, rounded to a whole number of samples; 40 ms = 640 samples at 16 kHz
 * @returns null where there is no audible stretch
 */
export function latentAutocorrelation(sound: Float32Array, sampleRate: number, period = 0.04): number | null {
  const lag = Math.round(period * sampleRate);
  const stretches: { variation: number; correlation: number }[] = [];
  for (let from = 0; from + STRETCH * lag <= sound.length; from += STEP * lag) {
    const stretch = lessMean(sound.subarray(from, from + STRETCH * lag));
    const variation = levelVariation(stretch, lag);
    if (variation !== null) stretches.push({ variation, correlation: autocorrelation(stretch, lag) });
  }
  if (stretches.length === 0) return null;
  stretches.sort((a, b) => a.variation - b.variation);
  const steady = stretches.slice(0, Math.ceil(stretches.length / 2));
  return steady.reduce((sum, { correlation }) => sum + correlation, 0) / steady.length;
}

function lessMean(samples: Float32Array): Float64Array {
  let mean = 0;
  for (const value of samples) mean += value / samples.length;
  return Float64Array.from(samples, (value) => value - mean);
}

/** The range of the levels of the parts, dB; null where all of it, or a part, is silent. */
function levelVariation(samples: Float64Array, part: number): number | null {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let total = 0;
  for (let from = 0; from < samples.length; from += part) {
    let power = 0;
    for (let i = from; i < from + part; i++) power += samples[i]! ** 2 / part;
    least = Math.min(least, power);
    most = Math.max(most, power);
    total += power;
  }
  const audible = total / (samples.length / part) >= SILENCE ** 2 && least > 0;
  return audible ? 10 * Math.log10(most / least) : null;
}

function autocorrelation(x: Float64Array, lag: number): number {
  let product = 0;
  let [earlier, later] = [0, 0];
  for (let i = lag; i < x.length; i++) {
    product += x[i]! * x[i - lag]!;
    earlier += x[i - lag]! ** 2;
    later += x[i]! ** 2;
  }
  return product / Math.sqrt(earlier * later);
}
