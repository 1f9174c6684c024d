/**
 * Upstream's shapes, field by field, of both eras: v0.3 prints every field (no omitempty), today's those without `?`. An answer has
 * all of both, and none that neither knows; scalars are strings.
 */
import assert from 'node:assert/strict';

/** `text`, `bool`, `int`; a shape's name; `[name]` is a list of it, which Go may print as null; `?` behind: may be left out. */
type Field = string;
const shapes: Record<string, Record<string, Field>> = {
  IID: { NameId: 'text', SystemId: 'text' },
  KeyValue: { Key: 'text', Value: 'text' },
  Driver: { DriverName: 'text', ProviderName: 'text', DriverLibFileName: 'text' },
  Credential: { CredentialName: 'text', ProviderName: 'text', KeyValueInfoList: '[KeyValue]' },
  Region: {
    RegionName: 'text',
    ProviderName: 'text',
    KeyValueInfoList: '[KeyValue]',
    AvailableZoneList: '[text]',
  },
  Connection: {
    ConfigName: 'text',
    ProviderName: 'text',
    DriverName: 'text',
    CredentialName: 'text',
    RegionName: 'text',
  },
  MetaInfo: {
    Region: '[text]',
    Credential: '[text]',
    CredentialCSP: '[text]',
    RootDiskType: '[text]',
    RootDiskSize: '[text]',
    DiskType: '[text]',
    DiskSize: '[text]',
    IdMaxLength: '[text]',
    DefaultRegionToQuery: '[text]',
  },
  Capability: {
    FIXED_SUBNET_CIDR: 'bool',
    VPC_CIDR: 'bool',
    ImageHandler: 'bool',
    VPCHandler: 'bool',
    SecurityHandler: 'bool',
    KeyPairHandler: 'bool',
    VNicHandler: 'bool',
    PublicIPHandler: 'bool',
    VMHandler: 'bool',
    VMSpecHandler: 'bool',
    DiskHandler: 'bool?',
    MyImageHandler: 'bool?',
    NLBHandler: 'bool?',
    ClusterHandler: 'bool?',
    RegionZoneHandler: 'bool?',
    PriceInfoHandler: 'bool?',
    TagHandler: 'bool?',
    TagSupportResourceType: '[text]?',
  },
  ImageInfo: {
    IId: 'IID',
    GuestOS: 'text',
    Status: 'text',
    Name: 'text',
    OSArchitecture: 'text',
    OSPlatform: 'text',
    OSDistribution: 'text',
    OSDiskType: 'text',
    OSDiskSizeGB: 'text',
    ImageStatus: 'text',
    KeyValueList: '[KeyValue]',
  },
  VCpu: { Count: 'text', Clock: 'text', ClockGHz: 'text' },
  Gpu: {
    Count: 'text',
    Mfr: 'text',
    Model: 'text',
    Mem: 'text',
    MemSizeGB: 'text',
    TotalMemSizeGB: 'text',
  },
  VMSpecInfo: {
    Region: 'text',
    Name: 'text',
    VCpu: 'VCpu',
    Mem: 'text',
    MemSizeMiB: 'text',
    DiskSizeGB: 'text',
    Gpu: '[Gpu]',
    KeyValueList: '[KeyValue]',
  },
  SubnetInfo: {
    IId: 'IID',
    Zone: 'text',
    IPv4_CIDR: 'text',
    KeyValueList: '[KeyValue]',
    TagList: '[KeyValue]?',
  },
  VPCInfo: {
    IId: 'IID',
    IPv4_CIDR: 'text',
    SubnetInfoList: '[SubnetInfo]',
    KeyValueList: '[KeyValue]',
    TagList: '[KeyValue]?',
  },
  Rule: { FromPort: 'text', ToPort: 'text', IPProtocol: 'text', Direction: 'text', CIDR: 'text' },
  SecurityInfo: {
    IId: 'IID',
    VpcIID: 'IID',
    Direction: 'text',
    SecurityRules: '[Rule]',
    KeyValueList: '[KeyValue]',
    TagList: '[KeyValue]?',
  },
  KeyPairInfo: {
    IId: 'IID',
    Fingerprint: 'text',
    PublicKey: 'text',
    PrivateKey: 'text',
    VMUserID: 'text',
    KeyValueList: '[KeyValue]',
    TagList: '[KeyValue]?',
  },
  RegionInfo: { Region: 'text', Zone: 'text' },
  VMInfo: {
    IId: 'IID',
    StartTime: 'time',
    Region: 'RegionInfo',
    ImageType: 'text',
    ImageIId: 'IID',
    VMSpecName: 'text',
    VpcIID: 'IID',
    SubnetIID: 'IID',
    SecurityGroupIIds: '[IID]',
    KeyPairIId: 'IID',
    RootDiskType: 'text',
    RootDiskSize: 'text',
    RootDeviceName: 'text',
    DataDiskIIDs: '[IID]?',
    VMUserId: 'text',
    VMUserPasswd: 'text',
    NICs: '[NIC]?',
    NetworkInterface: 'text',
    PublicIP: 'text',
    PublicIPs: '[text]?',
    PublicDNS: 'text',
    PrivateIP: 'text',
    PrivateIPs: '[text]?',
    PrivateDNS: 'text',
    Platform: 'text',
    VMBootDisk: 'text',
    VMBlockDisk: 'text',
    SSHAccessPoint: 'text',
    AccessPoint: 'text',
    KeyValueList: '[KeyValue]',
    TagList: '[KeyValue]?',
  },
  VMStatusInfo: { IId: 'IID', VmStatus: 'text' },
  Status: { Status: 'text' },
  Result: { Result: 'text' },
  Count: { count: 'int' },
  DiskInfo: {
    IId: 'IID',
    Zone: 'text',
    DiskType: 'text',
    DiskSize: 'text',
    Status: 'text',
    OwnerVM: 'IID',
    CreatedTime: 'time',
    KeyValueList: '[KeyValue]?',
    TagList: '[KeyValue]?',
  },
  MyImageInfo: {
    IId: 'IID',
    SourceVM: 'IID',
    Status: 'text',
    CreatedTime: 'time',
    KeyValueList: '[KeyValue]?',
    TagList: '[KeyValue]?',
  },
  PublicIPInfo: {
    IId: 'IID',
    PublicIPAddress: 'text',
    Status: 'text',
    OwnedVM: 'IID',
    OwnedNIC: 'IID',
    OwnedPrivateIP: 'text',
    CreatedTime: 'time',
    KeyValueList: '[KeyValue]?',
    TagList: '[KeyValue]?',
  },
  Zone: {
    Name: 'text',
    DisplayName: 'text',
    CSPDisplayName: 'text',
    Status: 'text',
    KeyValueList: '[KeyValue]?',
  },
  RegionZoneInfo: {
    Name: 'text',
    DisplayName: 'text',
    CSPDisplayName: 'text',
    ZoneList: '[Zone]?',
    KeyValueList: '[KeyValue]?',
  },
  OnDemand: { PricingId: 'text', Unit: 'text', Currency: 'text', Price: 'text', Description: 'text?' },
  PriceInfo: { OnDemand: 'OnDemand', CSPPriceInfo: 'any' },
  ProductInfo: {
    ProductId: 'text',
    VMSpecName: 'text?',
    VMSpecInfo: 'VMSpecInfo?',
    Description: 'text?',
    CSPProductInfo: 'any',
  },
  Price: { ZoneName: 'text?', ProductInfo: 'ProductInfo', PriceInfo: 'PriceInfo' },
  Meta: { Version: 'text', Description: 'text?' },
  CloudPrice: { Meta: 'Meta', CloudName: 'text', RegionName: 'text', PriceList: '[Price]' },
  AllLists: { MappedList: '[IID]', OnlySpiderList: '[IID]', OnlyCSPList: '[IID]' },
  All: { AllList: 'AllLists' },
  AllInfoLists: { MappedInfoList: '[any]', OnlySpiderList: '[IID]', OnlyCSPInfoList: '[any]' },
  AllInfo: { ResourceType: 'text', AllListInfo: 'AllInfoLists' },
  Remained: { Name: 'text', ErrorMsg: 'text' },
  Deleted: {
    ResourceType: 'text',
    IsAllDeleted: 'bool',
    DeletedIIDList: '[IID]',
    RemainedErrorInfoList: '[Remained]',
  },
  Destroyed: { IsAllDestroyed: 'bool', DeletedAllListByResourceType: '[Deleted]' },
  Using: { VPC: 'IID', SGList: '[IID]', VMKey: 'IID' },
  VMUsingResources: { Resources: 'Using' },
};

function check(value: unknown, field: Field, path: string): void {
  const word = field.replace(/\?$/, '');
  if (word === 'any') return;
  const list = /^\[(.+)\]$/.exec(word)?.[1];
  if (list !== undefined) {
    if (value === null) return;
    assert.ok(Array.isArray(value), `${path} is no list`);
    for (const [at, one] of value.entries()) check(one, list, `${path}[${at}]`);
    return;
  }
  if (word === 'bool') return assert.equal(typeof value, 'boolean', path);
  if (word === 'int') return assert.ok(Number.isInteger(value), `${path} is no integer`);
  if (word === 'text') return assert.equal(typeof value, 'string', `${path} is ${JSON.stringify(value)}`);
  if (word === 'time')
    return assert.match(
      String(value),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
      `${path} is no RFC 3339`,
    );
  assertShape(value, word, path);
}

export function assertShape(value: unknown, name: string, path = name): void {
  const shape = shapes[name];
  assert.ok(shape, `there is no shape ${name}`);
  assert.ok(value !== null && typeof value === 'object' && !Array.isArray(value), `${path} is no object`);
  const object = value as Record<string, unknown>;
  for (const [key, field] of Object.entries(shape)) {
    if (!(key in object)) {
      assert.ok(field.endsWith('?'), `${path}.${key} is missing`);
      continue;
    }
    check(object[key], field, `${path}.${key}`);
  }
  assert.deepEqual(
    Object.keys(object).filter(key => !(key in shape)),
    [],
    `${path} has fields that upstream’s has not`,
  );
}

/** `{"vm":[VMInfo…]}`: one key, and a list that is there. Returns it. */
export function assertList<T = Record<string, unknown>>(value: unknown, key: string, shape: string): T[] {
  assert.deepEqual(Object.keys(value as object), [key]);
  const list = (value as Record<string, T[]>)[key];
  assert.ok(Array.isArray(list), `${key} is no list`);
  for (const [at, one] of list.entries()) assertShape(one, shape, `${key}[${at}]`);
  return list;
}
