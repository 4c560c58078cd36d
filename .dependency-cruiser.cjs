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
    // Operations differentiate into one another, so engine/ops is one knot by nature.
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: '^engine/(ops/|passes/fuse)' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    room('kernels-import-nothing-above', { path: '^kernels/' }, '^kernels/'),
    room('engine-imports-kernels', { path: '^engine/' }, '^(engine|kernels)/'),
    room('weights-import-engine', { path: '^weights/' }, '^(weights|engine)/'),
    room('media-imports-nothing', { path: '^model/media/' }, '^model/media/'),
    room(
      'model-imports-below',
      { path: '^model/', pathNot: '^model/(media|training|evaluation)/' },
      '^(model/(?!training|evaluation)|weights|engine|kernels)/?',
    ),
    room('training-imports-below', { path: '^model/training/' }, '^(model/(?!evaluation)|weights|engine)/?'),
    room('evaluation-imports-below', { path: '^model/evaluation/' }, '^(model|weights|engine)/'),
    room('tools-do-not-import-tests', { path: '^tools/' }, '^(tools|model|weights|engine|kernels)/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
