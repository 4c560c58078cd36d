/** Networks that hear a sound: what all of them give, whichever network it is. */

export interface SoundTagger {
  /** Of the network and its size, for reports: `mn04`, `VGGish`, `CNN14`. */
  readonly name: string;
  /** Hz that the network takes. */
  readonly sampleRate: number;
  /** Names of the classes, in the order of the logits; absent where the network knows no classes. */
  readonly classes?: readonly string[];
  /**
   * Listens to sounds, one after another: each of any length of at least one sample, mono, in −1…1.
   *
   * @throws {EvaluationError} for a sound without samples or with one that is not finite; the signal's reason
   */
  embed(sounds: readonly Float32Array[], options?: EmbedOptions): Promise<SoundEmbeddings>;
  /** Frees what the network holds on the device. */
  dispose(): Promise<void>;
}

export interface EmbedOptions {
  /** Hz of the sounds, which are resampled where it is not the network's. Default: the network's. */
  sampleRate?: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface SoundEmbeddings {
  /** Of each sound: the mean over its windows. */
  embeddings: Float32Array[];
  /** Of each sound: the embeddings of the windows into which the network's rule cuts it, in order of time. */
  windows: Float32Array[][];
  /** Of each sound, before sigmoid or softmax: the mean over its windows. Absent where the network knows no classes. */
  logits?: Float32Array[];
}
