/**
 * Captured disks, by the keys they were captured under. Each is a folder beside the skeleton, made once (capture.ts), on
 * which the VMs that begin with it are laid as others are on the skeleton: such a VM costs no copy. The disk of a VM that
 * nobody has touched is what it began with, so capturing it is a mark. A folder goes when its last key is discarded and
 * the last VM on it removed.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BaristaError } from '@cloud-barista/model/errors';
import { copyDisk } from './capture.ts';
import { removeFolder } from './folder.ts';
import type { Launch } from './launch.ts';
import { queue } from './queue.ts';
import type { Host } from './sandbox.ts';
import { firstUid, skeleton } from './skeleton.ts';

interface Layer {
  /** Of its folder. */
  readonly name: string;
  readonly made: Promise<void>;
  /** Keys and VMs. */
  holders: number;
}

export interface Disks {
  /** Keeps the files of VM `id`, which began with `own`; `touched` where it has any. */
  capture(
    id: string,
    key: string,
    own: string | undefined,
    touched: { folder: string; making: Promise<unknown> | undefined } | undefined,
  ): Promise<void>;
  discard(key: string): Promise<void>;
  /** The name of the folder that VM `id` lies on, for its whole life that of its first use. Waits for a capture under way. */
  below(id: string, key: string | undefined): Promise<string>;
  /** When no more is read of VM `id`. */
  copied(id: string): Promise<void>;
  /** VM `id` and its files are gone. */
  release(id: string): Promise<void>;
  close(): Promise<void>;
}

export function openDisks(host: Host, guestsDir: string, launch: Launch): Disks {
  /** Without a layer: a fresh disk. */
  const captured = new Map<string, Layer | undefined>();
  const under = new Map<string, Layer | undefined>();
  const reading = new Map<string, Set<Promise<void>>>();
  const copying = queue(2);
  const closing = new AbortController();
  let last = 0;

  async function drop(layer: Layer | undefined): Promise<void> {
    if (!layer || --layer.holders > 0) return;
    await layer.made.catch(() => undefined);
    await removeFolder(join(guestsDir, layer.name));
  }

  /** What `id` lies on, or would if it were used now. */
  const layerOf = (id: string, key: string | undefined): Layer | undefined =>
    under.has(id) || key === undefined ? under.get(id) : captured.get(key);

  async function copy(
    name: string,
    folder: string,
    below: Layer | undefined,
    making: Promise<unknown> | undefined,
  ) {
    await making?.catch(() => undefined);
    // It was about to be used for the first time, and could not.
    if (!existsSync(folder))
      throw new BaristaError('unavailable', 'The disk could not be copied: it was never made.');
    const to = join(guestsDir, name);
    await mkdir(to, { mode: 0o755 });
    try {
      if (host.privilege === 'root') await chown(to, firstUid, firstUid);
      const options = { folder, below: below?.name ?? skeleton, to: name, signal: closing.signal };
      await copyDisk(host, options, launch);
    } catch (error) {
      await removeFolder(to);
      throw error;
    }
  }

  async function discard(key: string): Promise<void> {
    const layer = captured.get(key);
    captured.delete(key);
    await drop(layer);
  }

  return {
    async capture(id, key, own, touched) {
      const base = layerOf(id, own);
      const replaced = captured.get(key);
      if (touched) {
        const hash = createHash('sha256').update(key).digest('hex').slice(0, 24);
        const name = `disk-${++last}-${hash}`;
        const made = copying(() => copy(name, touched.folder, base, touched.making));
        captured.set(key, { name, made, holders: 1 });
        const mine = reading.get(id) ?? new Set();
        reading.set(id, mine.add(made));
        const ended = () => {
          mine.delete(made);
          if (mine.size === 0 && reading.get(id) === mine) reading.delete(id);
        };
        made.then(ended, ended);
      } else {
        if (base) base.holders++;
        captured.set(key, base);
      }
      await drop(replaced);
      await captured.get(key)?.made;
    },
    discard,
    async below(id, key) {
      const layer = layerOf(id, key);
      if (key !== undefined && !under.has(id)) {
        under.set(id, layer);
        if (layer) layer.holders++;
      }
      if (!layer) return skeleton;
      await layer.made;
      return layer.name;
    },
    async copied(id) {
      const mine = reading.get(id);
      if (mine) await Promise.allSettled(mine);
    },
    async release(id) {
      const layer = under.get(id);
      under.delete(id);
      await drop(layer);
    },
    async close() {
      closing.abort();
      await Promise.allSettled([...reading.values()].flatMap(each => [...each]));
    },
  };
}
