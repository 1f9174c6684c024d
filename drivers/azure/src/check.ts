/** The cheapest proof that endpoint, credential, subscription, location – and zone, where one is set – are right: the subscription's locations. */
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Call } from '@cloud-barista/driver/call';
import type { Arm } from './arm.ts';
import { readRegions } from './regions.ts';

export async function check(arm: Arm, call: Call): Promise<void> {
  const { location, zone } = arm.settings;
  const all = await readRegions(arm, call);
  const here = all.find(({ id }) => id === location);
  if (!here)
    throw new BaristaError(
      'invalid_argument',
      `Azure has no location ${JSON.stringify(location)} for this subscription.`,
      {
        next: suggest(
          location,
          all.map(({ id }) => id),
          'Use a location such as koreacentral or westeurope.',
        ),
        where: 'region.region',
      },
    );
  const zones = here.zones.map(({ id }) => id);
  if (zone !== '' && !zones.includes(zone))
    throw new BaristaError('invalid_argument', `Location ${location} has no zone ${JSON.stringify(zone)}.`, {
      next:
        zones.length > 0 ? `Use one of ${zones.join(', ')}, or leave the zone out.` : 'Leave the zone out.',
      where: 'region.zone',
    });
}
