/**
 * Takes out of the XML of instances and images what this driver never reads, before the SDK reads it: its parser goes letter by letter and
 * builds every field, so that 1,000 instances (4 kB each) take 200 ms of CPU; trimmed 90 ms. Elements go whole or stay: text can't look like
 * one, its `<` is written `&lt;` (XML 1.0, 2.4), and none of these stands inside another of its own name.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';

const ofInstances = [
  'architecture',
  'association',
  'attachmentId',
  'blockDeviceMapping',
  'bootMode',
  'capacityReservationSpecification',
  'clientToken',
  'cpuOptions',
  'currentInstanceBootMode',
  'deleteOnTermination',
  'dnsName',
  'ebsOptimized',
  'enaSupport',
  'enclaveOptions',
  'hibernationOptions',
  'hypervisor',
  'interfaceType',
  'ipv6AddressesSet',
  'macAddress',
  'maintenanceOptions',
  'metadataOptions',
  'monitoring',
  'networkCardIndex',
  'networkInterfaceId',
  'networkPerformanceOptions',
  'operator',
  'ownerId',
  'platformDetails',
  'privateDnsName',
  'privateDnsNameOptions',
  'privateIpAddressesSet',
  'productCodes',
  'reason',
  'requesterId',
  'rootDeviceType',
  'sourceDestCheck',
  'stateReason',
  'usageOperation',
  'usageOperationUpdateTime',
  'virtualizationType',
];
const ofImages = [
  'bootMode',
  'deleteOnTermination',
  'deprecationTime',
  'deregistrationProtection',
  'description',
  'enaSupport',
  'encrypted',
  'freeTierEligible',
  'hypervisor',
  'imageLocation',
  'imageOwnerAlias',
  'imageType',
  'imdsSupport',
  'iops',
  'isPublic',
  'kernelId',
  'lastLaunchedTime',
  'platformDetails',
  'productCodes',
  'ramdiskId',
  'rootDeviceType',
  'snapshotId',
  'sourceImageId',
  'sourceImageRegion',
  'sourceInstanceId',
  'sriovNetSupport',
  'stateReason',
  'throughput',
  'tpmSupport',
  'usageOperation',
  'virtualName',
  'virtualizationType',
  'volumeType',
];
/** Also the white space before an element, by which EC2 indents; that inside a value stands before a `</`. */
const unread = (names: readonly string[]) =>
  new RegExp(`<(${names.join('|')})>[^]*?</\\1>|(?<=>)\\s+(?=<[^/])`, 'g');
const patterns = { instances: unread(ofInstances), images: unread(ofImages) };

export const trim = (xml: string, what: keyof typeof patterns): string => xml.replace(patterns[what], '');

const commands: Readonly<Record<string, keyof typeof patterns>> = {
  DescribeImagesCommand: 'images',
  DescribeInstancesCommand: 'instances',
  RunInstancesCommand: 'instances',
};

export function trimAnswers(client: EC2Client): void {
  client.middlewareStack.add(
    (next, context) => async args => {
      const result = await next(args);
      const response = result.response as { statusCode?: number; body?: unknown };
      const what = commands[context.commandName ?? ''];
      if (response.statusCode === 200 && what) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
        response.body = Buffer.from(trim(Buffer.concat(chunks).toString('utf8'), what), 'utf8');
      }
      return result;
    },
    // The last of its step: next to the wire, before the SDK's reader.
    { step: 'deserialize', priority: 'low', name: 'trimAnswers' },
  );
}
