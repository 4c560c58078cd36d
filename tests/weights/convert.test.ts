/** Any checkpoint as safetensors, and the files of a model's folder. */

import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  convertCheckpoint,
  decodeF16,
  encodeF16,
  encodeSafetensors,
  openCheckpoint,
  openModelFolder,
  tensorOf,
  VTA_LDM,
  writeSafetensors,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';
import { dict, integer, pickle, tensor } from './pickle-writer.js';
import { inScratchFolder } from './scratch.js';
import { torchZip } from './zip-writer.js';

const test = suite('weights/convert');

test('a PyTorch file becomes safetensors with the same tensors, its values as metadata', async () => {
  await inScratchFolder(async (folder) => {
    const checkpoint = await openCheckpoint(golden('zip-2.pt'));
    const path = join(folder, 'out.safetensors');
    const seen: number[] = [];
    await convertCheckpoint(checkpoint, path, { onProgress: (done, all) => seen.push(done / all) });
    assert.equal(seen.at(-1), 1);
    const converted = await openCheckpoint(path);
    assert.equal(converted.format, 'safetensors');
    assert.equal(converted.tensors.size, checkpoint.tensors.size);
    for (const [name, { dtype, shape }] of checkpoint.tensors) {
      const { dtype: newDType, shape: newShape } = converted.tensors.get(name)!;
      assert.deepEqual([newDType, newShape], [dtype, shape]);
      assert.deepEqual(await converted.read(name), await checkpoint.read(name));
    }
    assert.equal(converted.values.get('epoch'), '7');
    await converted.close();
    await checkpoint.close();
  });
});

test('floats take the type asked for, integers stay, and what does not fit is refused', async () => {
  await inScratchFolder(async (folder) => {
    const [source, path] = [join(folder, 'in.safetensors'), join(folder, 'out.safetensors')];
    const values = Float32Array.of(1.0001, -2, 1e-8);
    await writeSafetensors(source, [
      tensorOf('a', [3], values),
      { name: 'b', dtype: 'I64', shape: [1], data: BigInt64Array.of(3n) },
      { name: 'c', dtype: 'F64', shape: [1], data: Float64Array.of(0.1) },
    ]);
    const checkpoint = await openCheckpoint(source);
    await convertCheckpoint(checkpoint, path, { dtype: 'F16' });
    const converted = await openCheckpoint(path);
    assert.deepEqual([...converted.tensors].map(([name, { dtype }]) => `${name} ${dtype}`).sort(), [
      'a F16',
      'b I64',
      'c F16',
    ]);
    assert.deepEqual(await converted.readAsF32('a'), decodeF16(encodeF16(values)));
    await converted.close();
    await checkpoint.close();

    await writeSafetensors(source, [tensorOf('a', [1], Float32Array.of(1e6))]);
    const large = await openCheckpoint(source);
    await assert.rejects(convertCheckpoint(large, path, { dtype: 'F16' }), { name: 'NonFiniteError' });
    await assert.rejects(
      convertCheckpoint(large, path, { signal: AbortSignal.abort(new EvalError('enough')) }),
      EvalError,
    );
    await large.close();
    assert.deepEqual((await readdir(folder)).sort(), ['in.safetensors', 'out.safetensors']);
    const kept = await openCheckpoint(path);
    assert.equal(kept.tensors.size, 3, 'the older file was touched');
    await kept.close();
  });
});

const one = (name: string): Parameters<typeof encodeSafetensors>[0] => [tensorOf(name, [1], Float32Array.of(2))];

test('a model’s parts are found by file and prefix, whatever the format', async () => {
  await inScratchFolder(async (folder) => {
    const object = dict({
      'unet.conv_in.weight': tensor(),
      'vid_fea_extractor.linear_layer.bias': tensor(),
      'vid_fea_extractor.clip_vision.vision_model.embeddings.position_ids': tensor(),
    });
    const data = new Uint8Array(Float32Array.of(1, 2).buffer);
    await writeFile(join(folder, 'pytorch_model_2.bin'), torchZip(pickle(object), { 0: data }));
    await writeFile(
      join(folder, 'pytorch_model.safetensors'),
      await encodeSafetensors(
        ['encoder.conv_in.bias', 'post_quant_conv.bias', 'vocoder.conv_pre.bias'].flatMap((name) => [...one(name)]),
      ),
    );
    const model = await openModelFolder(folder, VTA_LDM);
    assert.deepEqual(
      [...model.parts].map(([part, { tensors }]) => [part, [...tensors.keys()].sort()]),
      [
        ['unet', ['unet.conv_in.weight']],
        ['vision', ['vid_fea_extractor.linear_layer.bias']],
        ['vae', ['encoder.conv_in.bias', 'post_quant_conv.bias']],
        ['vocoder', ['vocoder.conv_pre.bias']],
      ],
    );
    assert.deepEqual([...(await model.parts.get('unet')!.readAsF32('unet.conv_in.weight'))], [1, 2]);
    assert.equal(model.values.get('scale_factor'), 0.9227914214134216);
    await model.close();
  });
});

test('AudioLDM’s checkpoint gives the scale of the latents, and the VAE where that has no file of its own', async () => {
  await inScratchFolder(async (folder) => {
    const scale = tensor({ key: '1', size: 1, shape: [], strides: [] });
    const object = dict({
      state_dict: dict({
        'first_stage_model.decoder.conv_in.bias': tensor(),
        'model.other': tensor(),
        scale_factor: scale,
      }),
      epoch: integer(3),
    });
    const data = new Uint8Array(Float32Array.of(1, 2).buffer);
    const half = new Uint8Array(Float32Array.of(0.5).buffer);
    await writeFile(join(folder, 'audioldm-s-full.ckpt'), torchZip(pickle(object), { 0: data, 1: half }));
    const model = await openModelFolder(folder, VTA_LDM, ['vae']);
    assert.deepEqual([...model.parts.get('vae')!.tensors.keys()], ['decoder.conv_in.bias']);
    assert.deepEqual([...(await model.parts.get('vae')!.read('decoder.conv_in.bias'))], [1, 2]);
    assert.equal(model.values.get('scale_factor'), 0.5);
    await model.close();
  });
});

test('a folder tells every part that it lacks', async () => {
  await inScratchFolder(async (folder) => {
    await mkdir(join(folder, 'empty'));
    await assert.rejects(openModelFolder(join(folder, 'empty'), VTA_LDM, ['unet', 'vocoder']), (error: Error) => {
      assert.equal(error.name, 'MissingPartsError');
      assert.match(error.message, /unet in pytorch_model_2\.\*.*vocoder in pytorch_model\.\*/);
      return true;
    });
    await assert.rejects(openModelFolder(folder, VTA_LDM, ['text']), /no part "text"/);
  });
});

test.run();
