/** Node's modules, loaded when first needed and by computed names, so that bundlers for the browser do not follow them. */

const load = async <T>(name: string): Promise<T> => (await import(name)) as T;

export const nodeFiles = (): Promise<typeof import('node:fs/promises')> => load('node:fs/promises');
export const nodeFilesSync = (): Promise<typeof import('node:fs')> => load('node:fs');
export const nodeCrypto = (): Promise<typeof import('node:crypto')> => load('node:crypto');
export const nodePaths = (): Promise<typeof import('node:path')> => load('node:path');
export const nodeSystem = (): Promise<typeof import('node:os')> => load('node:os');
