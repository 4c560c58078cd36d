/**
 * Memory slots: which intermediate tensors share a buffer. Whole buffers, since one buffer may not be bound read-only and
 * read-write in the same dispatch even at disjoint ranges; greedy by size over lifetimes (arXiv 2001.03288, §5.2).
 */

import type { Tensor } from '../graph.js';
import type { Lifetimes } from './lifetimes.js';
import type { Passed } from './pass.js';

export interface Lifetime {
  readonly bytes: number;
  /** First and last position, inclusive, at which the tensor is touched. */
  readonly first: number;
  readonly last: number;
}

export interface SlotPlan {
  /** Bytes of each slot. */
  readonly slots: readonly number[];
  /** For each lifetime, its slot. */
  readonly assignment: readonly number[];
  readonly peakBytes: number;
  /** The most bytes that are alive at any one position: no plan can use less. */
  readonly lowerBound: number;
}

export interface Slots {
  readonly plan: SlotPlan;
  /** Slot of each storage root that a node makes. */
  readonly roots: ReadonlyMap<Tensor, number>;
  /** For each node, the slots of its scratch tensors. */
  readonly scratch: readonly (readonly number[])[];
}

export function allocateSlots({ roots, scratch }: Lifetimes): Passed<Slots> {
  const plan = assignSlots([...roots.values(), ...scratch.flat()]);
  let next = 0;
  const nextSlot = (): number => plan.assignment[next++]!;
  const result = {
    plan,
    roots: new Map([...roots.keys()].map((root) => [root, nextSlot()])),
    scratch: scratch.map((lives) => lives.map(nextSlot)),
  };
  return { result, did: `${plan.assignment.length} lifetimes in ${plan.slots.length} slots` };
}

export function assignSlots(lifetimes: readonly Lifetime[]): SlotPlan {
  const order = [...lifetimes.keys()].sort(
    (a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || lifetimes[a]!.first - lifetimes[b]!.first,
  );
  const slots: { bytes: number; held: Lifetime[] }[] = [];
  const assignment = new Array<number>(lifetimes.length).fill(0);
  for (const index of order) {
    const life = lifetimes[index]!;
    let best = -1;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const [s, slot] of slots.entries()) {
      if (slot.held.some((h) => h.first <= life.last && life.first <= h.last)) continue;
      // The tightest slot first; among equals, the one that was free for the shortest time.
      const gap = Math.min(...slot.held.map((h) => (h.last < life.first ? life.first - h.last : h.first - life.last)));
      const score = (slot.bytes - life.bytes) * 1e4 + gap;
      if (score < bestScore) {
        best = s;
        bestScore = score;
      }
    }
    if (best < 0) best = slots.push({ bytes: life.bytes, held: [] }) - 1;
    slots[best]!.held.push(life);
    assignment[index] = best;
  }
  return {
    slots: slots.map((slot) => slot.bytes),
    assignment,
    peakBytes: slots.reduce((sum, slot) => sum + slot.bytes, 0),
    lowerBound: liveBytes(lifetimes),
  };
}

function liveBytes(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  for (const { bytes, first, last } of lifetimes) {
    change.set(first, (change.get(first) ?? 0) + bytes);
    change.set(last + 1, (change.get(last + 1) ?? 0) - bytes);
  }
  let live = 0;
  let most = 0;
  for (const [, delta] of [...change].sort((a, b) => a[0] - b[0])) {
    live += delta;
    most = Math.max(most, live);
  }
  return most;
}
