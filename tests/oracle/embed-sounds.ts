/**
 * Embeddings and logits of sounds by the network of a checkpoint, for comparison with PyTorch (`taggers.py compare`):
 *
 *     node dist/tests/oracle/embed-sounds.js CHECKPOINT IN.safetensors OUT.safetensors
 *
 * IN holds sounds at the network's sample rate, OUT `NAME.embedding` and `NAME.logits` of each.
 */

import { createEngine } from '../../engine/engine.js';
import { openTagger } from '../../model/evaluation/taggers/open-tagger.js';
import { openCheckpoint, type TensorToWrite, tensorOf, writeSafetensors } from '../../weights/index.js';

const [path, input, output] = process.argv.slice(2) as [string, string, string];
const engine = await createEngine();
const tagger = await openTagger(engine, path);
const file = await openCheckpoint(input);
const names = [...file.tensors.keys()];
const sounds: Float32Array[] = [];
for (const name of names) sounds.push(await file.readAsF32(name));
const begin = performance.now();
const { embeddings, logits } = await tagger.embed(sounds);
console.log(`${tagger.name}: ${names.length} sounds in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
const tensors = names.flatMap((name, i): TensorToWrite[] => {
  const embedding = embeddings[i]!;
  const scores = logits?.[i];
  return [
    tensorOf(`${name}.embedding`, [embedding.length], embedding),
    ...(scores ? [tensorOf(`${name}.logits`, [scores.length], scores)] : []),
  ];
});
await writeSafetensors(output, tensors);
await file.close();
await tagger.dispose();
engine.dispose();
