/** What the error codes of the operating system mean for a file. */

export type SystemFaultKind = 'missing' | 'denied' | 'directory' | 'bad path' | 'full' | 'read-only';

export interface SystemFault {
  kind: SystemFaultKind;
  reason: string;
  /** What the user can do about it. */
  remedy: string;
}

const DENIED: SystemFault = {
  kind: 'denied',
  reason: 'permission denied',
  remedy: 'check the permissions of the file and its folder',
};

const FAULTS: Record<string, SystemFault> = {
  ENOENT: { kind: 'missing', reason: 'there is no such file or folder', remedy: 'check the path' },
  ENOTDIR: { kind: 'missing', reason: 'a part of the path is not a folder', remedy: 'check the path' },
  EACCES: DENIED,
  EPERM: DENIED,
  EISDIR: { kind: 'directory', reason: 'it is a directory', remedy: 'name a file' },
  ELOOP: { kind: 'bad path', reason: 'too many symbolic links', remedy: 'name the file itself' },
  ENAMETOOLONG: { kind: 'bad path', reason: 'the name is too long', remedy: 'check the path' },
  ENOSPC: { kind: 'full', reason: 'the disk is full', remedy: 'make room, or choose another folder' },
  EDQUOT: { kind: 'full', reason: 'the disk quota is used up', remedy: 'make room, or choose another folder' },
  EROFS: { kind: 'read-only', reason: 'the file system is read-only', remedy: 'choose another folder' },
};

/** What a thrown value says went wrong with a file; undefined where it is no system error of a known code. */
export function systemFaultOf(cause: unknown): SystemFault | undefined {
  return FAULTS[systemCodeOf(cause) ?? ''];
}

/** The code of an error that the operating system reported, such as `ENOENT`; undefined for any other value. */
export function systemCodeOf(cause: unknown): string | undefined {
  const { code, syscall } = (cause ?? {}) as { code?: unknown; syscall?: unknown };
  return typeof code === 'string' && typeof syscall === 'string' ? code : undefined;
}
