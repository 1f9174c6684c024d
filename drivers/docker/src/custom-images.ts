/**
 * Custom images: `docker commit` of a container, under a name of ours in the engine. A commit takes the container's labels along and can't
 * drop any; so the container's marks are emptied, and the image has its own: what somebody runs of it by hand is none of our VMs.
 * What stood on the container's disk stands in the image, its SSH host keys too.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import { findVm } from './containers.ts';
import { filters, type Engine } from './engine.ts';
import { isAbsent } from './errors.ts';
import { cut, label, tokenIn } from './marks.ts';

const resource = 'custom-image';

interface Listed {
  Id: string;
  RepoTags: string[] | null;
  Labels: Record<string, string> | null;
  Created: number;
  Size: number;
}

const repository = 'cloud-barista';
const idOf = (name: string): CloudId => cloudId(`${repository}/${name}:latest`);
/** Undefined where it is no custom image's. */
const nameIn = (id: string): string | undefined =>
  new RegExp(`^${repository}/([a-z0-9][a-z0-9-]{0,62}):latest$`).exec(id)?.[1];

/** The containers' labels that must not mark what is run of an image. */
const emptied = [label.token, label.vpc, label.subnet, label.groups, label.key, label.spec, label.image];

function shown(image: Listed): CloudCustomImage | undefined {
  const labels = image.Labels ?? {};
  const name = labels[label.imageName] ?? '';
  // Not one that somebody committed of a container of ours: that has other names.
  if (!image.RepoTags?.includes(idOf(name))) return undefined;
  return {
    id: idOf(name),
    name,
    // The commit answers when all is written.
    state: 'Available',
    sizeGb: Math.ceil(image.Size / 2 ** 30),
    created: new Date(image.Created * 1000).toISOString(),
    ...tokenIn(labels[label.imageToken]),
  };
}

async function list(
  engine: Engine,
  call: Call,
  wanted: Record<string, string[]>,
): Promise<CloudCustomImage[]> {
  const images = await engine.ask<Listed[]>(call, 'GET', `/images/json?${filters(wanted)}`, { resource });
  return images.flatMap(image => shown(image) ?? []).sort((a, b) => (a.id < b.id ? -1 : 1));
}

export const markedImages = (engine: Engine, call: Call, token: string): Promise<CloudCustomImage[]> =>
  list(engine, call, { label: [`${label.imageToken}=${token}`] });

/** Images whose name was taken away while containers still ran of them go with the last of these. */
export async function sweep(engine: Engine, call: Call): Promise<void> {
  const wanted = filters({ label: [label.imageToken], dangling: ['true'] });
  for (const { Id } of await engine.ask<Listed[]>(call, 'GET', `/images/json?${wanted}`, { resource }))
    await engine
      .ask(call, 'DELETE', `/images/${encodeURIComponent(Id)}`, { resource, name: Id })
      .catch((error: unknown) => {
        // Still in use, or swept by another.
        if (!isAbsent(error) && !hasCode(error, 'already_exists', 'failed_precondition')) throw error;
      });
}

export function createCustomImages(engine: Engine): CustomImages {
  async function find(call: Call, id: CloudId): Promise<CloudCustomImage | undefined> {
    if (nameIn(id) === undefined) return undefined;
    const [found] = await list(engine, call, { reference: [id], label: [label.imageToken] });
    return found;
  }
  async function get(call: Call, id: CloudId): Promise<CloudCustomImage> {
    const found = await find(call, id);
    if (found) return found;
    throw new BaristaError(
      'not_found',
      `The engine has no custom image ${JSON.stringify(id.slice(0, 100))}.`,
    );
  }

  return {
    async create(call, { name, vm }) {
      const id = idOf(name);
      const standing = await find(call, id);
      if (standing?.token === call.token) return standing;
      // A commit under a name that is there takes the name away from what had it.
      if (standing)
        throw new BaristaError('already_exists', `The engine already has a custom image ${name}.`, {
          where: 'name',
          next: 'Choose another name.',
        });
      const container = (await findVm(engine, call, vm)).Id;
      const labels = {
        ...Object.fromEntries(emptied.map(key => [key, ''])),
        [label.imageName]: name,
        [label.imageToken]: call.token,
      };
      const query = new URLSearchParams({
        container,
        repo: `${repository}/${name}`,
        tag: 'latest',
        // So that what it writes meanwhile is not half in the image.
        pause: 'true',
      });
      for (const [key, value] of Object.entries(labels)) query.append('changes', `LABEL "${key}"="${value}"`);
      await engine.ask(call, 'POST', `/commit?${query.toString()}`, { resource, name });
      return get(call, id);
    },
    list: async call => cut(await list(engine, call, { label: [label.imageToken] }), image => image.id, call),
    get,
    async delete(call, id) {
      if (await find(call, id))
        await engine
          .ask(call, 'DELETE', `/images/${encodeURIComponent(id)}?force=true`, { resource, name: id })
          .catch((error: unknown) => {
            if (!isAbsent(error)) throw error;
          });
    },
  };
}
