/**
 * Ids of what lies in zones – VMs and disks – are `zone/name`: calls are by zone and name, and one list of a region spans its zones. A name
 * is unique among its kind in its zone as long as the thing stands, and ours carry a suffix of their own.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';

const form = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)$/;

export interface Place {
  zone: string;
  name: string;
}

export const idAt = (zone: string, name: string): CloudId => cloudId(`${zone}/${name}`);
export const isPlace = (id: string): boolean => form.test(id);

/** not_found for what is no such id: it names nothing. */
export function placeOf(id: string, what: 'VM' | 'disk'): Place {
  const [, zone, name] = form.exec(id) ?? [];
  if (zone === undefined || name === undefined)
    throw new BaristaError(
      'not_found',
      `${JSON.stringify(id.slice(0, 200))} is no ${what} of Google Cloud.`,
      {
        next: `Ids of its ${what}s are ZONE/NAME.`,
      },
    );
  return { zone, name };
}
