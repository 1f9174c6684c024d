/** Our resources, and the cloud's, in upstream's shapes: the fields of 2020 and of today's upstream together. */
import type { CloudSecurityGroup } from '@cloud-barista/driver/security-groups';
import type { CloudVpc } from '@cloud-barista/driver/vpcs';
import type { CloudVm } from '@cloud-barista/driver/vms';
import type { CustomImage } from '@cloud-barista/model/custom-image';
import type { Disk } from '@cloud-barista/model/disk';
import type { KeyPair } from '@cloud-barista/model/key-pair';
import type { PublicIp } from '@cloud-barista/model/public-ip';
import type { SecurityGroup, SecurityRule } from '@cloud-barista/model/security-group';
import type { Vpc } from '@cloud-barista/model/vpc';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import type { Spider } from '@cloud-barista/spider/context';
import { theirs } from './names.ts';
import { idOf } from './route.ts';

export interface Iid {
  NameId: string;
  SystemId: string;
}
export const iid = (NameId: string, SystemId: string): Iid => ({ NameId, SystemId });

/** What a record names: our name and the cloud's id. */
export const iidOf = (spider: Spider, connection: string, kind: IntegratedKind, name: string): Iid =>
  iid(theirs(spider, name), name === '' ? '' : idOf(spider, connection, kind, name));

/** Go prints a nil slice as null. */
export const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

type AnySubnet = { name: string; id: string; cidr: string; zone: string };
const subnetInfo = (spider: Spider, { name, id, cidr, zone }: AnySubnet) => ({
  IId: iid(theirs(spider, name), id),
  Zone: zone,
  IPv4_CIDR: cidr,
  KeyValueList: null,
});
export const vpcInfo = (spider: Spider, vpc: Vpc | CloudVpc) => ({
  IId: iid(theirs(spider, vpc.name), vpc.id),
  IPv4_CIDR: vpc.cidr,
  SubnetInfoList: orNull(vpc.subnets.map(subnet => subnetInfo(spider, subnet))),
  KeyValueList: null,
});
export const oneSubnet = subnetInfo;

/** "-1" stands for all ports. */
export const ruleInfo = ({ direction, protocol, fromPort, toPort, cidr }: SecurityRule) => ({
  FromPort: String(fromPort ?? -1),
  ToPort: String(toPort ?? -1),
  IPProtocol: protocol.toUpperCase(),
  Direction: direction,
  CIDR: cidr,
});
const groupInfo = (IId: Iid, VpcIID: Iid, rules: readonly SecurityRule[]) => ({
  IId,
  VpcIID,
  Direction: '',
  SecurityRules: orNull(rules.map(ruleInfo)),
  KeyValueList: null,
});
export const securityInfo = (spider: Spider, group: SecurityGroup) =>
  groupInfo(
    iid(theirs(spider, group.name), group.id),
    iidOf(spider, group.connection, 'vpc', group.vpc),
    group.rules,
  );
export const cloudSecurityInfo = (group: CloudSecurityGroup) =>
  groupInfo(iid(group.name, group.id), iid('', group.vpc), group.rules);

export const keyPairInfo = (
  spider: Spider,
  pair: Pick<KeyPair, 'name' | 'id'> & Partial<Pick<KeyPair, 'publicKey' | 'fingerprint' | 'privateKey'>>,
) => ({
  IId: iid(theirs(spider, pair.name), pair.id),
  Fingerprint: pair.fingerprint ?? '',
  PublicKey: pair.publicKey ?? '',
  PrivateKey: pair.privateKey ?? '',
  VMUserID: '',
  KeyValueList: null,
});

/** Passing states that upstream has no word for are the states that they lead to. */
const diskStatus: Record<Disk['state'], string> = {
  Creating: 'Creating',
  Available: 'Available',
  Attaching: 'Attached',
  Attached: 'Attached',
  Detaching: 'Available',
  Deleting: 'Deleting',
  NotExist: 'Error',
  Failed: 'Error',
  Undefined: 'Error',
};
type AnyDisk = Pick<Disk, 'name' | 'id' | 'state' | 'type' | 'sizeGb' | 'zone' | 'created'>;
export const diskInfo = (spider: Spider, disk: AnyDisk, owner: Iid) => ({
  IId: iid(theirs(spider, disk.name), disk.id),
  Zone: disk.zone,
  DiskType: disk.type,
  DiskSize: String(disk.sizeGb),
  Status: diskStatus[disk.state],
  OwnerVM: owner,
  CreatedTime: disk.created || zeroTime,
  KeyValueList: null,
});
/** A VM by our name, or by the cloud's id where it is none of ours. */
export function ownerOf(spider: Spider, connection: string, vm: string): Iid {
  if (vm === '') return iid('', '');
  const id = idOf(spider, connection, 'vm', vm);
  return id === '' ? iid('', vm) : iid(theirs(spider, vm), id);
}

/** As Go prints a time that is none. */
export const zeroTime = '0001-01-01T00:00:00Z';

type AnyImage = Pick<CustomImage, 'name' | 'id' | 'state' | 'created'>;
export const myImageInfo = (spider: Spider, image: AnyImage, source: Iid) => ({
  IId: iid(theirs(spider, image.name), image.id),
  SourceVM: source,
  Status: image.state === 'Available' ? 'Available' : 'Unavailable',
  CreatedTime: image.created || zeroTime,
  KeyValueList: null,
});

type AnyIp = Pick<PublicIp, 'name' | 'id' | 'address'> & { created?: string };
export const publicIpInfo = (spider: Spider, ip: AnyIp, owner: Iid) => ({
  IId: iid(theirs(spider, ip.name), ip.id),
  PublicIPAddress: ip.address,
  Status: owner.SystemId === '' ? 'Available' : 'Associated',
  OwnedVM: owner,
  OwnedNIC: iid('', ''),
  OwnedPrivateIP: '',
  CreatedTime: ip.created ?? zeroTime,
  KeyValueList: null,
});

/** What VMs of ours and of others share. */
export interface VmParts {
  IId: Iid;
  created: string;
  region: string;
  zone: string;
  image: Iid;
  own: boolean;
  spec: string;
  vpc: Iid;
  subnet: Iid;
  groups: Iid[];
  keyPair: Iid;
  user: string;
  windows?: boolean;
  publicIp: string;
  privateIp: string;
  access: string;
}
export const vmInfo = (vm: VmParts, disks: readonly Iid[] = []) => ({
  IId: vm.IId,
  StartTime: vm.created || zeroTime,
  Region: { Region: vm.region, Zone: vm.zone },
  ImageType: vm.own ? 'MyImage' : 'PublicImage',
  ImageIId: vm.image,
  VMSpecName: vm.spec,
  VpcIID: vm.vpc,
  SubnetIID: vm.subnet,
  SecurityGroupIIds: orNull(vm.groups),
  KeyPairIId: vm.keyPair,
  RootDiskType: '',
  RootDiskSize: '',
  RootDeviceName: '',
  DataDiskIIDs: orNull(disks),
  VMUserId: vm.user,
  VMUserPasswd: '',
  NetworkInterface: '',
  PublicIP: vm.publicIp,
  PublicDNS: '',
  PrivateIP: vm.privateIp,
  PrivateDNS: '',
  Platform: vm.windows === true ? 'WINDOWS' : 'LINUX/UNIX',
  VMBootDisk: '',
  VMBlockDisk: '',
  SSHAccessPoint: vm.access,
  AccessPoint: vm.access,
  KeyValueList: null,
});
export const cloudVmInfo = (vm: CloudVm, region: string) =>
  vmInfo({
    IId: iid(vm.name, vm.id),
    created: vm.created,
    region,
    zone: vm.zone,
    image: iid(vm.image, vm.image),
    own: false,
    spec: vm.spec,
    vpc: iid('', vm.vpc),
    subnet: iid('', vm.subnet),
    groups: vm.securityGroups.map(id => iid('', id)),
    keyPair: iid('', vm.keyPair),
    user: '',
    publicIp: vm.publicIp,
    privateIp: vm.privateIp,
    access: vm.ssh ? `${vm.ssh.host}:${vm.ssh.port}` : vm.publicIp === '' ? '' : `${vm.publicIp}:22`,
  });
