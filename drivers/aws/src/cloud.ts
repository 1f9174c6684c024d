/** One account in one region: the SDK's client, set so that it does what the road expects and nothing by itself. */
import type * as Sdk from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Cloud, CloudConfig, MarkedKind } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { check } from './check.ts';
import { createCustomImages, markedAmis } from './custom-images.ts';
import { createDisks } from './disks.ts';
import { createEc2, type Ec2 } from './ec2.ts';
import { createImages, createRootDevices } from './images.ts';
import { createKeyPairs, markedKeyPairs } from './key-pairs.ts';
import { createListings } from '@cloud-barista/driver/listing';
import { openPriceList } from './price-list.ts';
import { createPrices } from './prices.ts';
import { createPublicIps, markedAddresses } from './public-ips.ts';
import { createRegions } from './regions.ts';
import { createSecurityGroups, markedGroups } from './security-groups.ts';
import { createSpecs } from './specs.ts';
import { createTags } from './tags.ts';
import { trimAnswers } from './trim.ts';
import { markedVolumes } from './volumes.ts';
import { createVms, markedVms } from './vms.ts';
import { createVpcs, markedVpcs } from './vpcs.ts';

const quiet = () => {};

/** As many requests as may be under way at once; more wait for a socket. */
const maxSockets = 128;

export function openCloud(sdk: typeof Sdk, config: CloudConfig, road: Road): Cloud {
  const { region = '', zone = '' } = config.region;
  const openAt = (region: string) =>
    createEc2(sdk, createClient(sdk, config, region), road, { region, zone: '' });
  const client = createClient(sdk, config, region);
  const ec2 = createEc2(sdk, client, road, { region, zone });
  const listings = createListings();
  return {
    images: createImages(ec2, listings),
    specs: createSpecs(ec2, listings),
    vpcs: createVpcs(ec2, listings),
    securityGroups: createSecurityGroups(ec2, listings),
    keyPairs: createKeyPairs(ec2, listings),
    vms: createVms(ec2, listings, createRootDevices(ec2)),
    regions: createRegions(ec2),
    prices: createPrices(openPriceList(client, road, region, config.region['endpoint'])),
    tags: createTags(ec2),
    disks: createDisks(ec2, listings),
    customImages: createCustomImages(ec2, listings),
    publicIps: createPublicIps(ec2, listings),
    check: call => check(ec2, call, openAt),
    async close() {
      ec2.close();
    },
    findMarked: (call, kind, token) => marked[kind](ec2, call, token),
  };
}

/** Who carries a token, by kind. */
const marked: Record<MarkedKind, (ec2: Ec2, call: Call, token: Token) => Promise<string[]>> = {
  vpc: async (...asked) => (await markedVpcs(...asked)).map(vpc => vpc.VpcId ?? ''),
  'security-group': async (...asked) => (await markedGroups(...asked)).map(group => group.GroupId ?? ''),
  'key-pair': async (...asked) => (await markedKeyPairs(...asked)).map(pair => pair.id),
  vm: async (...asked) => (await markedVms(...asked)).map(instance => instance.InstanceId ?? ''),
  disk: async (...asked) => (await markedVolumes(...asked)).map(volume => volume.VolumeId ?? ''),
  'custom-image': async (...asked) => (await markedAmis(...asked)).map(ami => ami.ImageId ?? ''),
  'public-ip': async (...asked) => (await markedAddresses(...asked)).map(ip => ip.AllocationId ?? ''),
};

function createClient(
  sdk: typeof Sdk,
  { credential, region: { endpoint } }: CloudConfig,
  region: string,
): Sdk.EC2Client {
  const { accessKeyId = '', secretAccessKey = '', sessionToken } = credential;
  const agent = { keepAlive: true, maxSockets };
  const client = new sdk.EC2Client({
    region,
    ...(endpoint !== undefined && { endpoint: url(endpoint) }),
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    // Once: the road repeats. Time limits too are the road's, by its signal.
    maxAttempts: 1,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      // Without a logger the SDK writes to the console when all sockets are busy, which is no news to us.
      logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    },
    // What is not set here the SDK takes from the machine – AWS_ENDPOINT_URL, ~/.aws/config – where it was meant for
    // another program. Set, none of those is read.
    ignoreConfiguredEndpointUrls: true,
    defaultsMode: 'standard',
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [],
    userAgentAppId: 'cloud-barista',
  });
  // For each request the logger copies input and output to take secrets out, though nobody listens: a tenth of the time.
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.remove('recursionDetectionMiddleware');
  trimAnswers(client);
  return client;
}

function url(endpoint: string): string {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint;
  throw new BaristaError(
    'invalid_argument',
    `The endpoint ${JSON.stringify(endpoint.slice(0, 200))} is not an http or https URL.`,
    {
      next: 'Write it as https://HOST or http://HOST:PORT.',
      where: 'region.endpoint',
    },
  );
}
