/** How training crops are augmented: nothing here moves an onset against its sound. */

import { z } from 'zod';
import type { Random } from '../../foley/index.js';
import { CELL_FEATURES, FLOW_CHANNELS, GRID } from '../../onset/index.js';

export interface AugmentationConfig {
  /** Time runs up to 2^±stretch faster (multi-scale temporal augmentation), in the encoder's stage alone. */
  stretch: number;
  /** Whether flow is mirrored, scaled, shifted and made noisy. */
  flow: boolean;
  /** Of each crop up to this share of all cells is set to zero, 0–1. */
  dropCells: number;
  /** The share of samples that are two crops joined at a random token, 0–1. */
  concatenate: number;
}

export const DEFAULT_AUGMENTATION: AugmentationConfig = { stretch: 0.6, flow: true, dropCells: 0.4, concatenate: 0 };

const share = z.number().min(0).max(1);

export const augmentationConfig: z.ZodType<AugmentationConfig> = z.strictObject({
  stretch: z.number().min(0).max(2).default(DEFAULT_AUGMENTATION.stretch),
  flow: z.boolean().default(DEFAULT_AUGMENTATION.flow),
  dropCells: share.default(DEFAULT_AUGMENTATION.dropCells),
  concatenate: share.default(DEFAULT_AUGMENTATION.concatenate),
});

/** Mirrors, scales (faster or slower motion at the same times), shifts and adds noise to flow [n, 8, 8, 5], in place. */
export function augmentFlow(flow: Float32Array, random: Random): void {
  const frame = GRID * GRID * FLOW_CHANNELS;
  const mirrorX = random.chance(0.5);
  const mirrorY = random.chance(0.3);
  const gain = 2 ** random.uniform(-1, 1);
  const [shiftX, shiftY] = random.chance(0.5) ? [random.integer(5) - 2, random.integer(5) - 2] : [0, 0];
  const noise = random.chance(0.3) ? 0.05 : 0;
  const copy = new Float32Array(frame);
  for (let at = 0; at < flow.length; at += frame) {
    copy.set(flow.subarray(at, at + frame));
    for (let y = 0; y < GRID; y++) {
      for (let x = 0; x < GRID; x++) {
        const fromX = (mirrorX ? GRID - 1 - x : x) + shiftX;
        const fromY = (mirrorY ? GRID - 1 - y : y) + shiftY;
        const from = (((fromY + GRID) % GRID) * GRID + ((fromX + GRID) % GRID)) * FLOW_CHANNELS;
        const to = at + (y * GRID + x) * FLOW_CHANNELS;
        for (let c = 0; c < FLOW_CHANNELS; c++) {
          const flip = (c === 0 && mirrorX) || (c === 1 && mirrorY) ? -1 : 1;
          flow[to + c] = copy[from + c]! * flip * gain + (noise > 0 ? random.normal(0, noise) : 0);
        }
      }
    }
  }
}

/**
 * Sets random cells of features [n, 8, 8, 8] to zero for the whole crop (dropout), up to the share `most` of them, so that no
 * single cell is relied on.
 */
export function dropCells(features: Float32Array, random: Random, most: number): void {
  const cells = GRID * GRID;
  const share = random.uniform(0, most);
  const kept = Array.from({ length: cells }, () => !random.chance(share));
  for (let i = 0; i < features.length; i++) {
    if (!kept[Math.floor(i / CELL_FEATURES) % cells]) features[i] = 0;
  }
}
