/** The demo's part on a Docker Engine, where one answers: a container among the VMs. Without one the demo goes on without it. */
import { existsSync } from 'node:fs';
import { toBaristaError } from '@cloud-barista/model/errors';
import type { McisInput } from '@cloud-barista/model/mcis';
import type { Context } from './context.ts';
import { registerConnection } from './register.ts';

const connection = 'docker-here';
const usualSocket = '/var/run/docker.sock';

export interface Engine {
  group: McisInput['groups'][number];
  /** How much of ours stands on it. */
  standing(): Promise<number>;
}

/** The engine and an image that runs an SSH server (its label names the login user); else why there is none, "" where no engine is in sight. */
export async function findEngine(context: Context): Promise<Engine | string> {
  const host = process.env['DOCKER_HOST'] ?? (existsSync(usualSocket) ? `unix://${usualSocket}` : undefined);
  if (host === undefined || !/^(?:unix|tcp):/.test(host)) return '';
  const { client, signal } = context;
  const give = { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) };
  try {
    await registerConnection(context, connection, {
      driver: 'docker',
      credential: { host },
      region: { region: 'here' },
    });
    await client.call('connection.check', { connection }, give);
    const { items } = await client.call('image.list', { connection, limit: 1000 }, give);
    const image = items.find(each => each.user !== 'root');
    if (!image)
      return 'Docker answers, but holds no image that runs an SSH server: docker build -t cloud-barista/debian-12 examples/docker';
    return {
      group: { name: 'edge', size: 1, connection, cpu: 1, memoryGb: 0.25, image: image.id },
      async standing() {
        const inventory = await client.call('inventory.list', { connection, limit: 1000 });
        return inventory.items.filter(item => item.where !== 'cloud' || item.orphan).length;
      },
    };
  } catch (error) {
    return `Docker is left out: ${toBaristaError(error).message}`;
  }
}
