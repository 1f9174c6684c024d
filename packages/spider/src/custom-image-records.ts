/** The records of images made of VMs. */
import type { IdRecord } from './claims.ts';
import type { Spider } from './context.ts';
import { idFolder } from './keys.ts';

export interface CustomImageData {
  /** Our name of the VM it was made of. */
  vm: string;
  /** The login user of that VM. */
  user: string;
  sizeGb: number;
}

/** The record of the image that a person means by our name or the cloud's id. */
export function customImageOf(
  spider: Spider,
  connection: string,
  wanted: string,
): IdRecord<CustomImageData> | undefined {
  for (const { value } of spider.mirror.values<IdRecord<CustomImageData>>(
    idFolder(connection, 'custom-image'),
  ))
    if (value.state === 'bound' && (value.name === wanted || value.id === wanted)) return value;
  return undefined;
}
