/** Every operation, by family. */
export * from './attention.js';
export * from './conv.js';
export * from './elementwise.js';
export * from './flow.js';
export * from './gather.js';
export * from './layout.js';
export * from './linear.js';
export * from './losses.js';
export * from './matmul.js';
export * from './mel.js';
export * from './norm.js';
export * from './optimizer.js';
export * from './random.js';
export * from './reduce.js';
export * from './rope.js';
export * from './softmax.js';
export * from './stft.js';
