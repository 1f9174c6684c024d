/** Images: those that the engine holds. One that is to be a VM runs an SSH server; its login user stands in a label, else it is root. */
import type { Images } from '@cloud-barista/driver/images';
import { BaristaError } from '@cloud-barista/model/errors';
import { readImageName, type Image } from '@cloud-barista/model/image';
import type { Engine } from './engine.ts';
import { isAbsent } from './errors.ts';
import { cut } from './marks.ts';

/** `LABEL org.cloud-barista.user=debian` in an image says who logs in. */
export const userLabel = 'org.cloud-barista.user';
export const userOf = (labels: Record<string, string> | null | undefined): string =>
  labels?.[userLabel] ?? 'root';

const architectures: Record<string, Image['architecture']> = {
  amd64: 'x86_64',
  x86_64: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
};
export const architectureOf = (word: string): Image['architecture'] => architectures[word] ?? '';

export function createImages(engine: Engine): Images {
  /** Images run on the engine's own processor as a rule: its architecture is theirs, without a call for each. */
  const images = async (call: Parameters<Images['get']>[0]): Promise<Image[]> => {
    const [found, info] = await Promise.all([
      engine.ask<{ RepoTags: string[] | null; Created: number; Labels: Record<string, string> | null }[]>(
        call,
        'GET',
        '/images/json',
        { resource: 'image' },
      ),
      engine.ask<{ Architecture: string }>(call, 'GET', '/info', { resource: 'image' }),
    ]);
    return found
      .flatMap(image =>
        (image.RepoTags ?? []).filter(tag => tag !== '<none>:<none>').map(tag => ({ image, tag })),
      )
      .map(({ image, tag }) => {
        const { os, osVersion } = readImageName(tag.replace(':', ' '));
        return {
          id: tag,
          name: tag,
          os,
          osVersion,
          architecture: architectureOf(info.Architecture),
          user: userOf(image.Labels),
          available: true,
          created: new Date(image.Created * 1000).toISOString(),
          minDiskGb: 0,
        };
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  return {
    async list(call, search = '') {
      const all = await images(call);
      return cut(
        all.filter(image => image.name.toLowerCase().includes(search.toLowerCase())),
        image => image.id,
        call,
      );
    },
    async get(call, id) {
      // `nginx` is `nginx:latest`, as on Docker's own command line.
      const tag = /:[^/]*$/.test(id) ? id : `${id}:latest`;
      const found = (await images(call)).find(image => image.id === tag);
      if (found) return found;
      throw new BaristaError('not_found', `The engine has no image ${JSON.stringify(id.slice(0, 200))}.`, {
        where: 'image',
        next: 'Pull or load it on the host first.',
      });
    },
  };
}

/** Throws not_found where the engine does not hold it. */
export async function inspectImage(
  engine: Engine,
  call: Parameters<Images['get']>[0],
  id: string,
): Promise<{ user: string }> {
  try {
    const image = await engine.ask<{ Config: { Labels: Record<string, string> | null } | null }>(
      call,
      'GET',
      `/images/${encodeURIComponent(id)}/json`,
      { resource: 'image', name: id },
    );
    return { user: userOf(image.Config?.Labels) };
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new BaristaError('not_found', `The engine has no image ${JSON.stringify(id.slice(0, 200))}.`, {
      where: 'image',
      next: 'Pull or load it on the host first.',
    });
  }
}
