/** The cheapest proof that endpoint, credential, subscription, location – and zone, where one is set – are right: the subscription's locations. */
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Call } from '@cloud-barista/driver/call';
import { same, versions, type Arm } from './arm.ts';

interface Location {
  name?: string;
  availabilityZoneMappings?: { logicalZone?: string }[];
}

export async function check(arm: Arm, call: Call): Promise<void> {
  const { subscriptionId, location, zone } = arm.settings;
  const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/locations`;
  const about = { api: 'Subscriptions_ListLocations', resource: 'region', name: location } as const;
  const all = await arm.all<Location>(call, { ...about, path, version: versions.subscriptions });
  const names = all.flatMap(({ name }) => name ?? []);
  const here = all.find(({ name }) => name !== undefined && same(name, location));
  if (!here)
    throw new BaristaError(
      'invalid_argument',
      `Azure has no location ${JSON.stringify(location)} for this subscription.`,
      {
        next: suggest(location, names, 'Use a location such as koreacentral or westeurope.'),
        where: 'region.region',
      },
    );
  const zones = (here.availabilityZoneMappings ?? []).flatMap(({ logicalZone }) => logicalZone ?? []);
  if (zone !== '' && !zones.includes(zone))
    throw new BaristaError('invalid_argument', `Location ${location} has no zone ${JSON.stringify(zone)}.`, {
      next:
        zones.length > 0 ? `Use one of ${zones.join(', ')}, or leave the zone out.` : 'Leave the zone out.',
      where: 'region.zone',
    });
}
