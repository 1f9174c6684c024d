/** Taking what stands in a cloud under a name of ours, and letting it go without touching it. */
import type { CloudVpc } from '@cloud-barista/driver/vpcs';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import type { IntegratedKind, InventoryItem, RegisterInput } from '@cloud-barista/model/inventory';
import { isName, requireName } from '@cloud-barista/model/names';
import { findId, noSuchId, titleOf, titles, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { OpenCloud, Spider, SpiderCall } from './context.ts';
import type { CustomImageData } from './custom-image-records.ts';
import type { DiskData } from './disks.ts';
import { makerOf } from './installation.ts';
import { getImage } from './images.ts';
import { cloudItem, type CloudItem } from './inventory.ts';
import type { KeyPairData } from './key-pairs.ts';
import { connectionKey, hostKeyKey, idFolder, idKey, ids, released, strays } from './keys.ts';
import type { PublicIpData } from './public-ips.ts';
import { userOf } from './remove.ts';
import type { SecurityGroupData } from './security-groups.ts';
import { publicHalf } from './ssh-private-keys.ts';
import type { VmData } from './vm-records.ts';
import type { VpcData } from './vpcs.ts';

interface Registering {
  spider: Spider;
  open: OpenCloud;
  input: RegisterInput;
  call: SpiderCall;
}

/** Our name of the thing of that kind that the cloud calls `id`; undefined where it is none of ours. */
function ourName({ spider, open }: Registering, kind: IntegratedKind, id: string): string | undefined {
  for (const { value } of spider.mirror.values<IdRecord>(idFolder(open.connection.name, kind)))
    if (value.id === id) return value.name;
  return undefined;
}

/** What it stands on must be ours first, so that our records hang together. */
function requireOurs(registering: Registering, kind: IntegratedKind, id: string): string {
  const name = ourName(registering, kind, id);
  if (name !== undefined) return name;
  const { input, open } = registering;
  throw new BaristaError(
    'failed_precondition',
    `The ${titles[input.kind]} stands on the ${titles[kind]} ${id}, which is not registered.`,
    {
      next: `Register that first: barista register ${kind} NAME ${id} --connection ${open.connection.name}`,
      where: 'id',
    },
  );
}

/** Names of ours for a VPC's subnets: the cloud's own where they can be one of ours. */
function subnetsOf(vpc: CloudVpc): VpcData['subnets'] {
  const taken = new Set<string>();
  return vpc.subnets.map(({ id, name, cidr, zone }, index) => {
    const plain = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .replaceAll(/^[^a-z]+|-+$/g, '')
      .slice(0, 50);
    let own = isName(plain) ? plain : `subnet-${index + 1}`;
    while (taken.has(own)) own = `${own}-${index + 1}`;
    taken.add(own);
    return { name: own, cloudName: name, id, cidr, zone };
  });
}

function keyData({ spider, open, input }: Registering): KeyPairData {
  if (input.privateKey === undefined) return { publicKey: '', fingerprint: '' };
  const place = idKey(open.connection.name, 'key-pair', input.name);
  return { ...publicHalf(input.privateKey), sealed: spider.seals.seal(input.privateKey, place) };
}

/** Of an image that is gone nobody knows it. */
async function userOfImage({ spider, open, call }: Registering, image: string): Promise<string> {
  try {
    return (await getImage(spider, open.connection.name, image, call)).user;
  } catch (error) {
    if (hasCode(error, 'not_found', 'invalid_argument')) return '';
    throw error;
  }
}

/** What our record says of it, read from the cloud. */
const data: Record<IntegratedKind, (registering: Registering) => Promise<unknown>> = {
  async vpc({ open, input, call }): Promise<VpcData> {
    const vpc = await open.cloud.vpcs.get(call, cloudId(input.id));
    return { cidr: vpc.cidr, suffix: '', subnets: subnetsOf(vpc) };
  },
  async 'security-group'(registering): Promise<SecurityGroupData> {
    const { open, input, call } = registering;
    const group = await open.cloud.securityGroups.get(call, cloudId(input.id));
    return { vpc: group.vpc === '' ? '' : requireOurs(registering, 'vpc', group.vpc), rules: group.rules };
  },
  async 'key-pair'(registering): Promise<KeyPairData> {
    return keyData(registering);
  },
  async vm(registering): Promise<VmData> {
    const { spider, open, input, call } = registering;
    const vm = await open.cloud.vms.get(call, cloudId(input.id));
    const user = input.user ?? (await userOfImage(registering, vm.image));
    const vpc = vm.vpc === '' ? '' : requireOurs(registering, 'vpc', vm.vpc);
    const home = await findId<VpcData>(spider, open.connection.name, 'vpc', vpc);
    return {
      image: vm.image,
      spec: vm.spec,
      vpc,
      subnet: home?.value.data.subnets.find(subnet => subnet.id === vm.subnet)?.name ?? vm.subnet,
      securityGroups: vm.securityGroups.map(id => ourName(registering, 'security-group', id) ?? id),
      keyPair: vm.keyPair === '' ? '' : (ourName(registering, 'key-pair', vm.keyPair) ?? vm.keyPair),
      user,
      region: open.region,
      state: vm.state,
      zone: vm.zone,
      publicIp: vm.publicIp,
      privateIp: vm.privateIp,
      ...(vm.ssh && { ssh: vm.ssh }),
      ordered: spider.now(),
    };
  },
  async disk({ open, input, call }): Promise<DiskData | undefined> {
    const disk = await open.cloud.disks?.get(call, cloudId(input.id));
    return disk && { type: disk.type, sizeGb: disk.sizeGb, zone: disk.zone };
  },
  async 'custom-image'(registering): Promise<CustomImageData> {
    const { open, input, call } = registering;
    const own = await open.cloud.customImages?.get(call, cloudId(input.id));
    const user = input.user ?? (await userOfImage(registering, input.id));
    return { vm: '', user, sizeGb: own?.sizeGb ?? 0 };
  },
  async 'public-ip'({ open, input, call }): Promise<PublicIpData> {
    return { address: (await open.cloud.publicIps?.get(call, cloudId(input.id)))?.address ?? '' };
  },
};

/** What is just being made or deleted under a name of ours would be settled away from under its new one. */
async function refuseUnsettled(spider: Spider, item: CloudItem): Promise<void> {
  if (item.token === undefined) return;
  for (const folder of spider.mirror.folders(ids))
    for (const { value } of spider.mirror.values<IdRecord>(folder))
      if (value.token === item.token && value.state !== 'bound')
        throw new BaristaError(
          'aborted',
          `It is being ${value.state === 'deleting' ? 'deleted' : 'made'} under the name ${JSON.stringify(value.name)}.`,
          { next: 'Wait until that has ended, then try again.', where: 'id' },
        );
}

/** The cloud is read, not changed. already_exists where the name is taken, or the thing has a name of ours. */
export async function register(
  spider: Spider,
  connection: string,
  input: RegisterInput,
  call: SpiderCall,
): Promise<InventoryItem> {
  requireName(input.name, titles[input.kind]);
  // One name for one thing, also where two ask at once.
  const lock = idKey(connection, input.kind, `id/${input.id}`);
  return spider.locks.with(lock, call.signal, () => take(spider, connection, input, call));
}

async function take(
  spider: Spider,
  connection: string,
  input: RegisterInput,
  call: SpiderCall,
): Promise<InventoryItem> {
  const open = await cloudOf(spider, connection, call.signal);
  const registering: Registering = { spider, open, input, call };
  const { kind, name, id } = input;
  const known = ourName(registering, kind, id);
  if (known !== undefined)
    throw new BaristaError('already_exists', `It is registered as the ${titleOf(kind, known, connection)}.`, {
      next: 'Use that name, or unregister it first.',
      where: 'id',
    });
  const item = await cloudItem(open, kind, id, call);
  await refuseUnsettled(spider, item);
  const value: IdRecord = {
    name,
    state: 'bound',
    token: item.token ?? newToken(spider.installation),
    process: spider.process,
    cloudName: item.name,
    id,
    data: await guarded(open, () => data[kind](registering)),
    created: new Date(spider.now()).toISOString(),
  };
  const key = idKey(connection, kind, name);
  const parent = await connectionOf(spider, connection);
  const done = await spider.mirror.commit({
    if: [
      { key, revision: 0 },
      { key: connectionKey(connection), revision: parent.revision },
    ],
    put: [{ key, value }],
    // Nobody hunts for it any more: it is its user's.
    delete: [
      released + value.token,
      ...spider.mirror.folders(strays).flatMap(folder => {
        const stray = folder + value.token;
        return spider.mirror.get(stray) ? [stray] : [];
      }),
    ],
  });
  if (!done)
    throw new BaristaError('already_exists', `The ${titleOf(kind, name, connection)} already exists.`, {
      next: 'Choose another name.',
      where: 'name',
    });
  return {
    kind,
    where: 'mapped',
    name,
    id,
    cloudName: item.name,
    orphan: false,
    installation: makerOf(item.token),
  };
}

/** The group, or whatever else of the frameworks above, that it belongs to. */
async function heldAbove(
  spider: Spider,
  connection: string,
  kind: IntegratedKind,
  name: string,
): Promise<string | undefined> {
  for (const ask of spider.holders) {
    const holder = await ask(connection, kind, name);
    if (holder !== undefined) return holder;
  }
  return undefined;
}

/** Forgets it; the cloud keeps it. failed_precondition while something of ours stands on it. */
export async function unregister(
  spider: Spider,
  connection: string,
  kind: IntegratedKind,
  name: string,
  call: SpiderCall,
): Promise<void> {
  const key = idKey(connection, kind, name);
  await spider.locks.with(key, call.signal, async () => {
    for (;;) {
      const held = await findId(spider, connection, kind, name);
      if (!held) {
        await connectionOf(spider, connection);
        throw noSuchId(spider, connection, kind, name);
      }
      const user =
        userOf(spider, connection, kind, name) ?? (await heldAbove(spider, connection, kind, name));
      if (user !== undefined)
        throw new BaristaError(
          'failed_precondition',
          `The ${titleOf(kind, name, connection)} is used by the ${user}.`,
          { next: 'Unregister that first.', where: kind },
        );
      if (held.value.state !== 'bound')
        throw new BaristaError(
          'aborted',
          `The ${titleOf(kind, name, connection)} is being made or deleted.`,
          {
            next: 'Try again when that has ended.',
          },
        );
      const gone = kind === 'vm' ? [key, hostKeyKey(connection, name)] : [key];
      const { token, id } = held.value;
      const put = [{ key: released + token, value: { token, connection, kind, id } }];
      if (await spider.mirror.commit({ if: [{ key, revision: held.revision }], delete: gone, put })) return;
    }
  });
}
