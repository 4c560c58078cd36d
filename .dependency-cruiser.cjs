const { readdirSync } = require('node:fs');

/** Rooms of `model/` that families share or that stand above them; every other folder is a family. */
const SHARED = ['appearance', 'evaluation', 'foley', 'media', 'networks', 'samplers', 'training'];
const families = readdirSync('model', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !SHARED.includes(entry.name))
  .map((entry) => entry.name);

/** The house's import rule: a room imports only from the rooms below it (ARCHITECTURE.md, "The house"). */
const room = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${name}: see ARCHITECTURE.md, "The house"`,
  from: { path: from.path, pathNot: from.pathNot },
  to: { path: '^(kernels|engine|weights|model|tools|tests)/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    // The one circle: the gradient of an elementwise op sums what was broadcast, the gradient of a sum broadcasts.
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: {
        circular: true,
        via: { pathNot: '^engine/ops/(elementwise|reduce)\\.ts$' },
        viaOnly: { dependencyTypesNot: ['type-only'] },
      },
    },
    room('kernels-import-nothing-above', { path: '^kernels/' }, '^kernels/'),
    room('engine-imports-kernels', { path: '^engine/' }, '^(engine|kernels)/'),
    room('weights-import-engine', { path: '^weights/' }, '^(weights|engine)/|^kernels/errors'),
    room(
      'media-imports-the-platform',
      { path: '^model/media/' },
      '^(model/media/|engine/platform/|kernels/errors\\.ts$)',
    ),
    room(
      'foley-imports-media',
      { path: '^model/foley/' },
      '^(model/(foley|media)/|engine/platform/|kernels/errors\\.ts$)',
    ),
    room(
      'networks-import-below',
      { path: '^model/(networks|samplers)/' },
      '^(model/(networks|samplers)/|weights/|engine/|kernels/)',
    ),
    room(
      'appearance-imports-below',
      { path: '^model/appearance/' },
      '^(model/(appearance|networks|samplers|media)/|weights/|engine/|kernels/)',
    ),
    ...families.map((family) =>
      room(
        `${family}-imports-below`,
        { path: `^model/${family}/` },
        `^(model/(${family}|networks|samplers|appearance|media)/|model/video-to-audio\\.ts$|weights/|engine/|kernels/)`,
      ),
    ),
    room(
      'root-of-model-imports-below',
      { path: '^model/[^/]+$' },
      '^(model/(?!training/|evaluation/|foley/)|weights/|engine/|kernels/)',
    ),
    room(
      'training-imports-below',
      { path: '^model/training/' },
      '^(model/(?!evaluation/)|weights/|engine/|kernels/errors)',
    ),
    room('evaluation-imports-below', { path: '^model/evaluation/' }, '^(model/|weights/|engine/|kernels/errors)'),
    room('tools-do-not-import-tests', { path: '^tools/' }, '^(tools|model|weights|engine|kernels)/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
