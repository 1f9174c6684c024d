/** Containers as the engine lists them, and which of them are VMs of ours. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { filters, type Engine } from './engine.ts';
import { label } from './marks.ts';

export interface Container {
  Id: string;
  Names: string[];
  Image: string;
  State: string;
  Created: number;
  Labels: Record<string, string>;
  Ports: { PrivatePort: number; PublicPort?: number; Type: string }[];
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> | null };
}

/** A container that somebody runs of a custom image has the label too, empty (custom-images.ts). */
const isOurs = ({ Labels }: Container): boolean => Boolean(Labels[label.token]);
export const listContainers = (
  engine: Engine,
  call: Call,
  wanted: Record<string, string[]>,
): Promise<Container[]> =>
  engine.ask(call, 'GET', `/containers/json?all=1&${filters(wanted)}`, { resource: 'vm' });
export const listOurs = async (engine: Engine, call: Call): Promise<Container[]> =>
  (await listContainers(engine, call, { label: [label.token] })).filter(isOurs);

export async function one(
  engine: Engine,
  call: Call,
  wanted: Record<string, string[]>,
): Promise<Container | undefined> {
  const [found] = await listContainers(engine, call, wanted);
  return found && isOurs(found) ? found : undefined;
}

/** Throws not_found. */
export async function findVm(engine: Engine, call: Call, id: CloudId): Promise<Container> {
  const found = /^[a-f0-9]{12,64}$/.test(id) ? await one(engine, call, { id: [id] }) : undefined;
  if (found) return found;
  throw new BaristaError(
    'not_found',
    `The engine has no container ${JSON.stringify(id.slice(0, 100))} of ours.`,
    { where: 'vm' },
  );
}
