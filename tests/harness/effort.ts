/** How thorough this run is: `node engine test --all` passes `--all` on to the processes that run the files. */

export interface Effort {
  /** Random problems for each variant of a kernel and storage type. */
  readonly problems: number;
  /** Different pipelines among them: on software drivers each takes up to seconds to compile. */
  readonly pipelines: number;
}

export const effort: Effort = process.argv.includes('--all')
  ? { problems: 30, pipelines: 6 }
  : { problems: 4, pipelines: 2 };
