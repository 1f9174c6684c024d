/** The long deeds on disks and custom images as journaled sagas: ordered, then awaited. */
import type { Saga } from '@cloud-barista/store/saga';
import type { CustomImageInput } from '@cloud-barista/model/custom-image';
import type { Disk, DiskInput } from '@cloud-barista/model/disk';
import type { Spider, SpiderCall } from './context.ts';
import { awaitCustomImage, createCustomImage } from './custom-images.ts';
import { attachDisk, awaitDisk, createDisk, detachDisk, resizeDisk } from './disks.ts';
import { undoCreate } from './undo.ts';

export interface DiskTarget {
  connection: string;
  disk: string;
}
export interface DiskSagas {
  create: Saga<{ connection: string; disk: DiskInput }>;
  attach: Saga<DiskTarget & { vm: string }>;
  detach: Saga<DiskTarget>;
  resize: Saga<DiskTarget & { sizeGb: number }>;
  createImage: Saga<{ connection: string; image: CustomImageInput }>;
}

/** The operation's id owns what it makes: its undo never touches another's of the same name. */
const owned = (owner: string, call: { signal: AbortSignal; again: boolean }): SpiderCall => ({
  signal: call.signal,
  resume: call.again,
  owner,
});

function change<Input extends DiskTarget>(
  spider: Spider,
  deed: string,
  order: (input: Input, call: SpiderCall) => Promise<Disk>,
  done: (disk: Disk, input: Input) => boolean,
): Saga<Input> {
  return {
    kind: `disk.${deed}`,
    target: ({ connection, disk }) => `${connection}/${disk}`,
    async run(run, input) {
      run.expect(2);
      await run.step('order', {
        do: ({ signal, again }) => order(input, { signal, resume: again }),
      });
      return run.step('done', {
        do: ({ signal }) =>
          awaitDisk(spider, input.connection, input.disk, disk => done(disk, input), { signal }),
      });
    },
  };
}

export function diskSagas(spider: Spider): DiskSagas {
  return {
    create: {
      kind: 'disk.create',
      target: ({ connection, disk }) => `${connection}/${disk.name}`,
      async run(run, { connection, disk }) {
        run.expect(2);
        await run.step('order', {
          do: call => createDisk(spider, connection, disk, owned(run.id, call)),
          undo: call => undoCreate(spider, connection, 'disk', disk.name, owned(run.id, call)),
        });
        return run.step('available', {
          do: ({ signal }) =>
            awaitDisk(spider, connection, disk.name, now => now.state === 'Available', { signal }),
        });
      },
    },
    attach: change(
      spider,
      'attach',
      ({ connection, disk, vm }, call) => attachDisk(spider, connection, disk, vm, call),
      (disk, { vm }) => disk.state === 'Attached' && disk.vm === vm,
    ),
    detach: change(
      spider,
      'detach',
      ({ connection, disk }, call) => detachDisk(spider, connection, disk, call),
      disk => disk.state === 'Available',
    ),
    resize: change(
      spider,
      'resize',
      ({ connection, disk, sizeGb }, call) => resizeDisk(spider, connection, disk, sizeGb, call),
      (disk, { sizeGb }) =>
        disk.sizeGb === sizeGb && (disk.state === 'Available' || disk.state === 'Attached'),
    ),
    createImage: {
      kind: 'custom-image.create',
      target: ({ connection, image }) => `${connection}/${image.name}`,
      async run(run, { connection, image }) {
        run.expect(2);
        await run.step('order', {
          do: call => createCustomImage(spider, connection, image, owned(run.id, call)),
          undo: call => undoCreate(spider, connection, 'custom-image', image.name, owned(run.id, call)),
        });
        return run.step('available', {
          do: ({ signal }) => awaitCustomImage(spider, connection, image.name, { signal }),
        });
      },
    },
  };
}
