/**
 * The EC2 API as this driver uses it: one SDK client, every request through the road. `apis` is the list of what may be
 * asked and of what may be sent twice.
 */
import { backOff } from '@cloud-barista/driver/concurrency';
import type * as Sdk from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Road } from '@cloud-barista/driver/road';
import type { ResourceKind } from '@cloud-barista/model/call';
import { hasCode } from '@cloud-barista/model/errors';

export interface Apis {
  AllocateAddress: [Sdk.AllocateAddressCommandInput, Sdk.AllocateAddressCommandOutput];
  AssociateAddress: [Sdk.AssociateAddressCommandInput, Sdk.AssociateAddressCommandOutput];
  AttachInternetGateway: [Sdk.AttachInternetGatewayCommandInput, Sdk.AttachInternetGatewayCommandOutput];
  AttachVolume: [Sdk.AttachVolumeCommandInput, Sdk.AttachVolumeCommandOutput];
  AuthorizeSecurityGroupEgress: [
    Sdk.AuthorizeSecurityGroupEgressCommandInput,
    Sdk.AuthorizeSecurityGroupEgressCommandOutput,
  ];
  AuthorizeSecurityGroupIngress: [
    Sdk.AuthorizeSecurityGroupIngressCommandInput,
    Sdk.AuthorizeSecurityGroupIngressCommandOutput,
  ];
  CreateImage: [Sdk.CreateImageCommandInput, Sdk.CreateImageCommandOutput];
  CreateInternetGateway: [Sdk.CreateInternetGatewayCommandInput, Sdk.CreateInternetGatewayCommandOutput];
  CreateRoute: [Sdk.CreateRouteCommandInput, Sdk.CreateRouteCommandOutput];
  CreateSecurityGroup: [Sdk.CreateSecurityGroupCommandInput, Sdk.CreateSecurityGroupCommandOutput];
  CreateSubnet: [Sdk.CreateSubnetCommandInput, Sdk.CreateSubnetCommandOutput];
  CreateTags: [Sdk.CreateTagsCommandInput, Sdk.CreateTagsCommandOutput];
  CreateVolume: [Sdk.CreateVolumeCommandInput, Sdk.CreateVolumeCommandOutput];
  CreateVpc: [Sdk.CreateVpcCommandInput, Sdk.CreateVpcCommandOutput];
  DeleteInternetGateway: [Sdk.DeleteInternetGatewayCommandInput, Sdk.DeleteInternetGatewayCommandOutput];
  DeleteKeyPair: [Sdk.DeleteKeyPairCommandInput, Sdk.DeleteKeyPairCommandOutput];
  DeleteSecurityGroup: [Sdk.DeleteSecurityGroupCommandInput, Sdk.DeleteSecurityGroupCommandOutput];
  DeleteSubnet: [Sdk.DeleteSubnetCommandInput, Sdk.DeleteSubnetCommandOutput];
  DeleteTags: [Sdk.DeleteTagsCommandInput, Sdk.DeleteTagsCommandOutput];
  DeleteVolume: [Sdk.DeleteVolumeCommandInput, Sdk.DeleteVolumeCommandOutput];
  DeleteVpc: [Sdk.DeleteVpcCommandInput, Sdk.DeleteVpcCommandOutput];
  DeregisterImage: [Sdk.DeregisterImageCommandInput, Sdk.DeregisterImageCommandOutput];
  DescribeAddresses: [Sdk.DescribeAddressesCommandInput, Sdk.DescribeAddressesCommandOutput];
  DescribeAvailabilityZones: [
    Sdk.DescribeAvailabilityZonesCommandInput,
    Sdk.DescribeAvailabilityZonesCommandOutput,
  ];
  DescribeImages: [Sdk.DescribeImagesCommandInput, Sdk.DescribeImagesCommandOutput];
  DescribeInstances: [Sdk.DescribeInstancesCommandInput, Sdk.DescribeInstancesCommandOutput];
  DescribeInstanceTypeOfferings: [
    Sdk.DescribeInstanceTypeOfferingsCommandInput,
    Sdk.DescribeInstanceTypeOfferingsCommandOutput,
  ];
  DescribeInstanceTypes: [Sdk.DescribeInstanceTypesCommandInput, Sdk.DescribeInstanceTypesCommandOutput];
  DescribeInternetGateways: [
    Sdk.DescribeInternetGatewaysCommandInput,
    Sdk.DescribeInternetGatewaysCommandOutput,
  ];
  DescribeKeyPairs: [Sdk.DescribeKeyPairsCommandInput, Sdk.DescribeKeyPairsCommandOutput];
  DescribeNetworkInterfaces: [
    Sdk.DescribeNetworkInterfacesCommandInput,
    Sdk.DescribeNetworkInterfacesCommandOutput,
  ];
  DescribeRegions: [Sdk.DescribeRegionsCommandInput, Sdk.DescribeRegionsCommandOutput];
  DescribeRouteTables: [Sdk.DescribeRouteTablesCommandInput, Sdk.DescribeRouteTablesCommandOutput];
  DescribeSecurityGroups: [Sdk.DescribeSecurityGroupsCommandInput, Sdk.DescribeSecurityGroupsCommandOutput];
  DescribeSubnets: [Sdk.DescribeSubnetsCommandInput, Sdk.DescribeSubnetsCommandOutput];
  DescribeVolumes: [Sdk.DescribeVolumesCommandInput, Sdk.DescribeVolumesCommandOutput];
  DescribeVolumesModifications: [
    Sdk.DescribeVolumesModificationsCommandInput,
    Sdk.DescribeVolumesModificationsCommandOutput,
  ];
  DescribeVpcs: [Sdk.DescribeVpcsCommandInput, Sdk.DescribeVpcsCommandOutput];
  DetachInternetGateway: [Sdk.DetachInternetGatewayCommandInput, Sdk.DetachInternetGatewayCommandOutput];
  DetachVolume: [Sdk.DetachVolumeCommandInput, Sdk.DetachVolumeCommandOutput];
  DisassociateAddress: [Sdk.DisassociateAddressCommandInput, Sdk.DisassociateAddressCommandOutput];
  ImportKeyPair: [Sdk.ImportKeyPairCommandInput, Sdk.ImportKeyPairCommandOutput];
  ModifyVolume: [Sdk.ModifyVolumeCommandInput, Sdk.ModifyVolumeCommandOutput];
  RebootInstances: [Sdk.RebootInstancesCommandInput, Sdk.RebootInstancesCommandOutput];
  ReleaseAddress: [Sdk.ReleaseAddressCommandInput, Sdk.ReleaseAddressCommandOutput];
  RevokeSecurityGroupEgress: [
    Sdk.RevokeSecurityGroupEgressCommandInput,
    Sdk.RevokeSecurityGroupEgressCommandOutput,
  ];
  RevokeSecurityGroupIngress: [
    Sdk.RevokeSecurityGroupIngressCommandInput,
    Sdk.RevokeSecurityGroupIngressCommandOutput,
  ];
  RunInstances: [Sdk.RunInstancesCommandInput, Sdk.RunInstancesCommandOutput];
  StartInstances: [Sdk.StartInstancesCommandInput, Sdk.StartInstancesCommandOutput];
  StopInstances: [Sdk.StopInstancesCommandInput, Sdk.StopInstancesCommandOutput];
  TerminateInstances: [Sdk.TerminateInstancesCommandInput, Sdk.TerminateInstancesCommandOutput];
}
export type Api = keyof Apis;

/**
 * What may not be sent twice. Everything else may: reads and deletes; tags; RunInstances and CreateVolume by their client token; the
 * other creates because the second is refused as a duplicate and the driver then finds the first by its token; what acts on a thing that
 * stands because the driver looks whether a refused second was the first's doing.
 */
const once: ReadonlySet<Api> = new Set([
  'AllocateAddress',
  'CreateVpc',
  'CreateInternetGateway',
  'RebootInstances',
]);

/** The reads that answer in pages. */
type Paged = {
  [A in Api]: Apis[A] extends [{ MaxResults?: number | undefined }, { NextToken?: string | undefined }]
    ? A
    : never;
}[Api];

export interface About {
  resource: ResourceKind;
  name?: string;
}

export interface Ec2 {
  readonly region: string;
  /** "" where the connection fixes none. */
  readonly zone: string;
  ask<A extends Api>(call: Call, api: A, input: Apis[A][0], about: About): Promise<Apis[A][1]>;
  /** Every page of a read, one after the other, as `pick` takes its items out. */
  all<A extends Paged, Item>(
    call: Call,
    api: A,
    input: Apis[A][0],
    about: About,
    pick: (output: Apis[A][1]) => Item[] | undefined,
  ): Promise<Item[]>;
  /** Remembers that `id` was made just now, and forgets it again when it is deleted: see `isYoung`. */
  born(id: string): void;
  gone(id: string): void;
  /** True in the first seconds of what this cloud made, in which EC2 may not know it everywhere ("Eventual consistency", EC2 Developer Guide). */
  isYoung(id: string): boolean;
  close(): void;
}

const youthMs = 10_000;

export function createEc2(
  sdk: typeof Sdk,
  client: Sdk.EC2Client,
  road: Road,
  place: { region: string; zone: string },
): Ec2 {
  const births = new Map<string, number>();
  const isYoung = (id: string) => performance.now() - (births.get(id) ?? -Infinity) < youthMs;
  /** True where the cloud says that something is absent which was made moments ago. */
  const isTooEarly = (error: unknown) =>
    births.size > 0 &&
    hasCode(error, 'not_found') &&
    [...births.keys()].some(id => isYoung(id) && error.message.includes(id));

  const ec2: Ec2 = {
    ...place,
    async ask(call, api, input, about) {
      type Output = Apis[typeof api][1];
      const Command = sdk[`${api}Command`] as unknown as new (
        input: object,
      ) => Parameters<typeof client.send>[0];
      for (let round = 0; ; round++) {
        try {
          // The table above pairs each command with its output; the SDK's union of all commands can't say so.
          return await road.send(
            { api, ...about, idempotent: !once.has(api) },
            call.signal,
            async signal => (await client.send(new Command(input), { abortSignal: signal })) as Output,
          );
        } catch (error) {
          if (!isTooEarly(error)) throw error;
          await backOff(call.signal, round);
        }
      }
    },
    async all(call, api, input, about, pick) {
      const items = [];
      let token: string | undefined;
      do {
        const page = token === undefined ? {} : { NextToken: token };
        const output = await ec2.ask(call, api, { ...input, ...page }, about);
        items.push(...(pick(output) ?? []));
        token = (output as { NextToken?: string }).NextToken;
      } while (token !== undefined && token !== '');
      return items;
    },
    born(id) {
      // In the order of their births, so that the old ones stand first.
      for (const old of births.keys()) {
        if (isYoung(old)) break;
        births.delete(old);
      }
      births.delete(id);
      births.set(id, performance.now());
    },
    gone: id => void births.delete(id),
    isYoung,
    close: () => client.destroy(),
  };
  return ec2;
}
