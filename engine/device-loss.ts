/** Waiting for a device's work without outwaiting the device. */

/** How long a failure waits for the loss that may have caused it: a lost device fails its pending maps too. */
const GRACE_MS = 50;

/**
 * Those who wait on one device. A promise that lives as long as the device would keep every reaction ever added to it;
 * here each leaves when its own work is done.
 */
export class DeviceLoss {
  readonly #waiting = new Set<(info: GPUDeviceLostInfo) => void>();
  #info: GPUDeviceLostInfo | null = null;

  constructor(lost: Promise<GPUDeviceLostInfo>) {
    void lost.then((info) => {
      this.#info = info;
      for (const tell of this.#waiting) tell(info);
    });
  }

  /** Settles as `work` does, or rejects with `toError`'s error when the device goes away first. */
  async orLost<T>(work: Promise<T>, toError: (info: GPUDeviceLostInfo) => Error): Promise<T> {
    let tell = (_: GPUDeviceLostInfo): void => {};
    const loss = new Promise<never>((_, reject) => {
      tell = (info) => reject(toError(info));
    });
    this.#waiting.add(tell);
    if (this.#info) tell(this.#info);
    try {
      return await Promise.race([work.catch((error) => afterGrace(error)), loss]);
    } finally {
      this.#waiting.delete(tell);
    }
  }
}

const afterGrace = (error: unknown): Promise<never> => new Promise((_, reject) => setTimeout(reject, GRACE_MS, error));
