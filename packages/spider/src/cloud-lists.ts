/** What stands in a connection's cloud, as the cloud tells it, ours or not; and deleting there by the cloud's id, records untouched. */
import type { PageCall } from '@cloud-barista/driver/call';
import type { CloudCustomImage } from '@cloud-barista/driver/custom-images';
import type { CloudDisk } from '@cloud-barista/driver/disks';
import type { Cloud } from '@cloud-barista/driver/driver';
import type { CloudKeyPair } from '@cloud-barista/driver/key-pairs';
import type { CloudPublicIp } from '@cloud-barista/driver/public-ips';
import type { CloudSecurityGroup } from '@cloud-barista/driver/security-groups';
import type { CloudVm } from '@cloud-barista/driver/vms';
import type { CloudVpc } from '@cloud-barista/driver/vpcs';
import { cloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import { gone } from '@cloud-barista/model/state';
import { removeFromCloud } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { IdKind, OpenCloud, Spider, SpiderCall } from './context.ts';
import { partOf } from './parts.ts';
import { readWhole } from './read-whole.ts';

export interface CloudKinds {
  vpc: CloudVpc;
  'security-group': CloudSecurityGroup;
  'key-pair': CloudKeyPair;
  vm: CloudVm;
  disk: CloudDisk;
  'custom-image': CloudCustomImage;
  'public-ip': CloudPublicIp;
}
interface Part<T> {
  list(call: PageCall): Promise<Page<T>>;
}

function noun(open: OpenCloud, kind: IdKind): Part<unknown> {
  const { cloud } = open;
  const own: Partial<Record<IdKind, keyof Cloud>> = {
    vpc: 'vpcs',
    'security-group': 'securityGroups',
    'key-pair': 'keyPairs',
    vm: 'vms',
  };
  const name = own[kind];
  if (name !== undefined) return cloud[name] as unknown as Part<unknown>;
  return partOf(open, kind === 'disk' ? 'disks' : kind === 'custom-image' ? 'customImages' : 'publicIps');
}

/** unimplemented with the driver's reason where the cloud has no such thing. What has ended is left out. */
export async function listCloud<Kind extends IdKind>(
  spider: Spider,
  connection: string,
  kind: Kind,
  call: SpiderCall,
): Promise<CloudKinds[Kind][]> {
  const open = await cloudOf(spider, connection, call.signal);
  const part = noun(open, kind);
  const found = (await readWhole(open, page => part.list(page), call.signal)) as CloudKinds[Kind][];
  return kind === 'vm' ? found.filter(vm => !gone.has((vm as CloudVm).state)) : found;
}

export async function deleteInCloud(
  spider: Spider,
  connection: string,
  kind: IdKind,
  id: string,
  call: SpiderCall,
): Promise<void> {
  const open = await cloudOf(spider, connection, call.signal);
  noun(open, kind);
  await removeFromCloud(open, kind, cloudId(id), call.signal);
}

/** A subnet by its id, of a VPC by its. */
export async function deleteSubnetInCloud(
  spider: Spider,
  connection: string,
  vpc: string,
  subnet: string,
  call: SpiderCall,
): Promise<void> {
  const open = await cloudOf(spider, connection, call.signal);
  await guarded(open, () =>
    open.cloud.vpcs.removeSubnet({ signal: call.signal }, cloudId(vpc), cloudId(subnet)),
  );
}

export async function getCloudVm(
  spider: Spider,
  connection: string,
  id: string,
  call: SpiderCall,
): Promise<CloudVm> {
  const open = await cloudOf(spider, connection, call.signal);
  return guarded(open, () => open.cloud.vms.get({ signal: call.signal }, cloudId(id)));
}
