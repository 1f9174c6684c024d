/** The volume types that the cloud comes with: Cinder's own default, and the two that most clouds tell apart. */
import { stableUuid } from '../text.ts';

export interface VolumeType {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

const type = (name: string, description: string, extraSpecs: VolumeType['extraSpecs'] = {}): VolumeType => ({
  id: stableUuid(`volume-type/${name}`),
  name,
  description,
  extraSpecs,
});

/** Its name is that of cinder.conf's default_volume_type. */
export const defaultType: VolumeType = type('__DEFAULT__', 'Default Volume Type');
export const volumeTypes: readonly VolumeType[] = [
  defaultType,
  type('hdd', 'Spinning disks', { volume_backend_name: 'hdd' }),
  type('ssd', 'Solid state', { volume_backend_name: 'ssd' }),
];

export const findType = (nameOrId: string): VolumeType | undefined =>
  volumeTypes.find(each => each.id === nameOrId || each.name === nameOrId);
