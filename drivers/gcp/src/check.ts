/** The cheapest proof of endpoint, credential, project and region: the region itself ("regions.get"). */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { tail, type Api } from './api.ts';
import { readRegion, type Region } from './zones.ts';

export async function check(api: Api, call: Call): Promise<void> {
  const { region: name, zone } = api.settings;
  let region: Region;
  try {
    region = await readRegion(api, call);
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    throw await whatIsMissing(api, call, error);
  }
  const zones = (region.zones ?? []).map(tail).sort();
  if (zone !== '' && !zones.includes(zone))
    throw new BaristaError('invalid_argument', `Region ${name} has no zone ${JSON.stringify(zone)}.`, {
      next: suggest(zone, zones, `Its zones: ${zones.join(', ')}.`),
      where: 'region.zone',
    });
}

/** Google says 404 of an unknown region and of an unknown project alike. */
async function whatIsMissing(api: Api, call: Call, source: unknown): Promise<BaristaError> {
  const { region, project } = api.settings;
  const query = { fields: 'items/name,nextPageToken' };
  try {
    const regions = await api.all<Region>(
      'GET projects/{project}/regions',
      { resource: 'region', query },
      call.signal,
    );
    const names = regions.map(one => one.name).sort();
    return new BaristaError('invalid_argument', `Google Cloud has no region ${JSON.stringify(region)}.`, {
      next: suggest(region, names, `Regions: ${names.join(', ')}.`),
      where: 'region.region',
      source,
    });
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    return new BaristaError('invalid_argument', `Google Cloud has no project ${JSON.stringify(project)}.`, {
      next: 'Check projectId: it is the project’s id, not its name or number.',
      where: 'credential.projectId',
      source: error,
    });
  }
}
