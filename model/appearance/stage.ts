/** The image classifier as a stage, over tensors in PyTorch's layouts. */

import { EFFICIENTNET_LITE_FILE } from '../../weights/index.js';
import {
  channelsLast,
  type ModelStage,
  type NamedTensors,
  namedInput,
  neededPath,
  onOwnEngine,
  type StageRequest,
  timedRuns,
} from '../networks/index.js';
import { ImageClassifier } from './image-classifier.js';

/** `pictures` [T, 3, size, size], normalized as `efficientNetLite` takes them → `features` and `logits`. */
export const APPEARANCE_STAGES: readonly ModelStage[] = [
  {
    name: 'appearance',
    needs: ['weights', 'inputs'],
    run: (request) =>
      onOwnEngine((engine) => {
        const { dtype, signal } = request;
        const path = `${neededPath(request, 'weights')}/${EFFICIENTNET_LITE_FILE}`;
        const load = (): Promise<ImageClassifier> =>
          ImageClassifier.load(engine, path, { dtype, ...(signal && { signal }) });
        return timedRuns(request, load, (classifier) => classify(classifier, request));
      }),
  },
];

async function classify(classifier: ImageClassifier, { inputs, signal }: StageRequest): Promise<NamedTensors> {
  const { size, head, classes } = classifier.config;
  const images = namedInput(inputs, 'pictures', ['T', 3, size, size]);
  const { features, logits } = await classifier.classify(channelsLast(images), { signal });
  const count = images.shape[0]!;
  return new Map([
    ['features', { shape: [count, head], data: features }],
    ['logits', { shape: [count, classes], data: logits }],
  ]);
}
