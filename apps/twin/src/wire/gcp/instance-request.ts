/** The parts of an instance's body that are read alone: its type, scheduling, accelerators, tags, and what runs first. Source: API reference, instances. */
import { flag, integer, isName, neededText, object, objects, text, texts, type Json } from './body.ts';
import { own, type Call } from './call.ts';
import { danglingLink, GcpError, invalid } from './errors.ts';
import { itemOf } from './instance-keys.ts';
import { acceleratorIn } from './accelerator-catalogue.ts';
import { machineTypeIn, type MachineType } from './machine-type-catalogue.ts';
import type { MetadataItem, OperationError, Scheduling } from './records.ts';
import { parseLink } from './text.ts';

/** What a fault makes of the operation. */
export function lateError(call: Call, zone: string): OperationError | undefined {
  switch (call.late) {
    case 'capacity':
      return {
        code: 'ZONE_RESOURCE_POOL_EXHAUSTED',
        message: `The zone '${own(call, `zones/${zone}`)}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`,
        status: 503,
        text: 'SERVICE UNAVAILABLE',
      };
    case 'error':
      return {
        code: 'INTERNAL_ERROR',
        message: "Internal error. Please try again or contact Google Support. (Code: '-5384923840512083478')",
        status: 500,
        text: 'INTERNAL SERVER ERROR',
      };
    case undefined:
      return undefined;
  }
}

export function typeOf(call: Call, value: string, field: string): MachineType {
  const { place, name } = parseLink(call, value, field, 'machineTypes');
  if (place !== call.zone)
    throw invalid(field, value, `The machine type is in zone '${place}', the instance in '${call.zone}'.`);
  const type = machineTypeIn(name, place);
  if (!type)
    throw invalid(field, value, `Machine type with name '${name}' does not exist in zone '${place}'.`);
  return type;
}

/** "GPU restrictions": it has to be stopped for host maintenance. */
export const noMigration = (): GcpError =>
  new GcpError(
    400,
    'unsupportedOperation',
    'Instances with guest accelerators do not support live migration.',
  );

export function schedulingOf(body: Json, gpus: boolean): Scheduling {
  const given = object(body, 'scheduling') ?? {};
  const at = 'resource.scheduling';
  const model = text(given, 'provisioningModel', at) ?? 'STANDARD';
  const preemptible = flag(given, 'preemptible', at) ?? model === 'SPOT';
  const onHostMaintenance = text(given, 'onHostMaintenance', at) ?? (preemptible ? 'TERMINATE' : 'MIGRATE');
  if (onHostMaintenance !== 'MIGRATE' && onHostMaintenance !== 'TERMINATE')
    throw invalid(`${at}.onHostMaintenance`, onHostMaintenance, 'Must be one of MIGRATE, TERMINATE.');
  if (gpus && onHostMaintenance === 'MIGRATE') throw noMigration();
  const automaticRestart = flag(given, 'automaticRestart', at) ?? !preemptible;
  if (preemptible && automaticRestart)
    throw invalid(`${at}.preemptible`, 'true', 'Preemptible VMs cannot be automatically restarted.');
  return {
    onHostMaintenance,
    automaticRestart,
    preemptible,
    provisioningModel: preemptible ? 'SPOT' : model,
  };
}

export function tagsOf(json: Json, at: string): string[] {
  const tags = texts(json, 'items', at) ?? [];
  for (const [index, tag] of tags.entries())
    if (!isName(tag))
      throw invalid(
        `${at}.items[${index}]`,
        tag,
        `Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
      );
  if (tags.length > 64) throw invalid(at, '', 'At most 64 tags are allowed.');
  return tags;
}

export function acceleratorsOf(call: Call, body: Json, type: MachineType): { type: string; count: number }[] {
  if (type.accelerator) return [type.accelerator];
  return (objects(body, 'guestAccelerators') ?? []).map((item, index) => {
    const at = `resource.guestAccelerators[${index}]`;
    const value = neededText(item, 'acceleratorType', at);
    const { name, place } = parseLink(call, value, `${at}.acceleratorType`, 'acceleratorTypes');
    const known = place === call.zone ? acceleratorIn(name, place) : undefined;
    if (!known) throw danglingLink(`${at}.acceleratorType`, value, 'accelerator type');
    const n1 = type.name.startsWith('n1-') || type.name.startsWith('custom-');
    if (!n1 || Object.keys(known.attach).length === 0)
      throw new GcpError(400, 'invalid', `[${type.name}] features are not compatible for creating instance.`);
    const wanted = integer(item, 'acceleratorCount', at) ?? 1;
    const cpus = known.attach[wanted];
    if (cpus === undefined)
      throw invalid(
        `${at}.acceleratorCount`,
        wanted,
        `The number of accelerator cards attached to an instance must be one of ${Object.keys(known.attach).join(', ')}.`,
      );
    if (type.cpus > cpus)
      throw new GcpError(
        400,
        'invalid',
        `The number of vCPUs (${type.cpus}) is more than ${cpus}, the most that go with ${wanted} ${name}.`,
      );
    return { type: name, count: wanted };
  });
}

export const projectScopes = ['https://www.googleapis.com/auth/devstorage.read_only'];

/** What boots runs first: a script of the metadata, or cloud-init's user data. Where both are scripts, one after the other. */
export function firstBoot(metadata: readonly MetadataItem[]): string | undefined {
  const script = itemOf(metadata, 'startup-script');
  const data = itemOf(metadata, 'user-data');
  if (script === undefined || data === undefined) return script ?? data;
  if (!data.startsWith('#!')) return data;
  const run = (text: string) =>
    `f=$(mktemp) && printf %s ${Buffer.from(text).toString('base64')} | base64 -d >"$f" && chmod 700 "$f" && "$f"`;
  return `#!/bin/sh\n${run(data)}\n${run(script.startsWith('#!') ? script : `#!/bin/sh\n${script}`)}\n`;
}
