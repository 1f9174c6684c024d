/** Adaptive IPs: public addresses, each bound to a server's private one from the call that makes it to the one that ends it. */
import type { Call } from '@cloud-barista/driver/call';
import { each } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { width, type Api } from './api.ts';
import type { AdaptiveIp, Server } from './fields.ts';

const read = (api: Api, call: Call) => api.list<AdaptiveIp>(call, 'dna', 'adaptive-ips', 'public-ip');

/** A free address may be taken by others before our request is there. */
const tries = 60;

/** Chosen by chance, so that many who choose at once seldom choose the same. */
export async function giveAddress(
  api: Api,
  call: Call,
  server: Pick<Server, 'name' | 'privateIp'>,
): Promise<string> {
  const { privateIp = '', name } = server;
  for (let attempt = 1; ; attempt++) {
    const has = (await read(api, call)).find(one => one.privateIp === privateIp);
    if (has) return has.ip;
    const free = await api.list<{ addr: string }>(call, 'dna', 'ips', 'public-ip');
    const chosen = free[Math.floor(Math.random() * free.length)];
    if (!chosen)
      throw new BaristaError('resource_exhausted', 'Cloudit has no free public address left.', {
        next: 'Terminate VMs that are not used.',
      });
    const body = { ip: chosen.addr, name: name.slice(0, 45), privateIp, protection: 0 };
    try {
      const made = await api.ask<AdaptiveIp | undefined>(call, 'POST', 'dna', 'adaptive-ips', {
        resource: 'public-ip',
        name,
        body,
      });
      return made?.ip ?? chosen.addr;
    } catch (error) {
      if (attempt >= tries || !hasCode(error, 'already_exists')) throw error;
    }
  }
}

/** Whatever addresses the server has. */
export async function releaseAddresses(api: Api, call: Call, { privateIp }: Server): Promise<void> {
  if (!privateIp) return;
  const its = (await read(api, call)).filter(one => one.privateIp === privateIp);
  await each(its, width, ({ ip }) => {
    const about = { resource: 'public-ip', name: ip, path: { ip } } as const;
    return orAbsent(api.ask(call, 'DELETE', 'dna', 'adaptive-ips/{ip}', about));
  });
}
