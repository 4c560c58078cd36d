// What each command needs of the machine. Others (and any --help) need neither.
const NEEDS = {
  run: { adapter: true, ffmpeg: true },
  look: { adapter: true, ffmpeg: true },
  train: { adapter: true, ffmpeg: true },
  eval: { adapter: true, ffmpeg: true },
  test: { adapter: true, ffmpeg: true },
  bench: { adapter: true, ffmpeg: false },
  stage: { adapter: true, ffmpeg: true },
};

/** The needs of an argument list; `doctor --fix` sets up everything. */
export function needsOf(args) {
  const none = { adapter: false, ffmpeg: false };
  if (args.includes('--help') || args.includes('-h')) return none;
  const command = args.find((arg) => !arg.startsWith('-'));
  if (command === 'doctor' && args.includes('--fix')) return NEEDS.run;
  const needs = Object.hasOwn(NEEDS, command ?? '') ? NEEDS[command] : none;
  const namesFfmpeg = args.some((arg) => arg === '--ffmpeg' || arg.startsWith('--ffmpeg='));
  return namesFfmpeg ? { ...needs, ffmpeg: false } : needs;
}
