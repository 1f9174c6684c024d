/**
 * Google Cloud: Compute Engine v1 over REST, written from its API reference. Without Google's client library, which takes 1.3 s
 * to load and 210 MB on disk: JSON and one signed assertion are all that is needed.
 */
import { contractVersion, type Cloud, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import { createApi } from './api.ts';
import { check } from './check.ts';
import { classify } from './errors.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs, readPublicKey } from './key-pairs.ts';
import { createListings } from '@cloud-barista/driver/listing';
import { createMetadata } from './metadata.ts';
import { createOrders } from './orders.ts';
import { groupNameLength } from './rules.ts';
import { createSecurityGroups, readMarker } from './security-groups.ts';
import { credentialKeys, readSettings, regionKeys } from './settings.ts';
import { createShared } from './shared.ts';
import { createSpecs } from './specs.ts';
import { createTokens } from './tokens.ts';
import { createVms } from './vms.ts';
import { createVpcs } from './vpcs.ts';
import { createZones } from './zones.ts';

/** RFC 1035 labels ("Naming resources"). */
const label = '^[a-z](?:[-a-z0-9]*[a-z0-9])?$';
/** How long a key and a group that VMs are made with are taken to stand. */
const keepMs = 5000;

export const driver: Driver = {
  name: 'gcp',
  provider: 'GCP',
  contract: contractVersion,
  credentialKeys,
  regionKeys,
  names: {
    vpc: { maxLength: 63, pattern: label, unique: true },
    subnet: { maxLength: 63, pattern: label, unique: true },
    'security-group': { maxLength: groupNameLength, pattern: label, unique: true },
    'key-pair': { maxLength: 63, pattern: label, unique: true },
    vm: { maxLength: 63, pattern: label, unique: true },
  },
  capabilities: {
    'vm.suspend': true,
    'vm.reboot': true,
    'vm.userData': true,
    'vm.rootDisk': true,
    'vpc.cidr': true,
    'vpc.addSubnet': true,
    'securityGroup.outbound': true,
    'securityGroup.enforced': true,
    'region.list': 'The driver does not speak of it yet.',
    'spec.price': 'The driver does not speak of it yet.',
    'tag.vpc': 'The driver does not speak of it yet.',
    'tag.securityGroup': 'The driver does not speak of it yet.',
    'tag.keyPair': 'The driver does not speak of it yet.',
    'tag.vm': 'The driver does not speak of it yet.',
    'tag.disk': 'The driver does not speak of it yet.',
    disk: 'The driver does not speak of it yet.',
    'disk.resize': 'The driver does not speak of it yet.',
    customImage: 'The driver does not speak of it yet.',
    publicIp: 'The driver does not speak of it yet.',
    'securityGroup.changeRules': true,
  },
  regionOf: ({ region }) => ({ region: region['region'] ?? '', zone: region['zone'] ?? '' }),
  classify,
  // A promise, so that a bad config is a rejection.
  open: async (config, road) => openCloud(config, road),
};

function openCloud(config: CloudConfig, road: Road): Cloud {
  const settings = readSettings(config);
  const closing = new AbortController();
  const http = createHttp();
  const tokens = createTokens(settings, http, road, closing.signal);
  const api = createApi(settings, http, tokens, road);
  const zones = createZones(api);
  const listings = createListings();
  const metadata = createMetadata(api);
  const publicKeys = createShared(keepMs, (id, signal) => readPublicKey(metadata, signal, id));
  const markers = createShared(keepMs, (id, signal) => readMarker(api, signal, id));
  const images = createImages(api, listings);
  const vpcs = createVpcs(api, zones, listings);
  const securityGroups = createSecurityGroups(api, zones, listings, markers);
  const keyPairs = createKeyPairs(metadata, listings, publicKeys);
  const orders = createOrders(api);
  const vms = createVms(api, { zones, images, listings, orders, publicKeys, markers });
  const marked = { vpc: vpcs, 'security-group': securityGroups, 'key-pair': keyPairs, vm: vms };

  return {
    images,
    specs: createSpecs(api, zones, listings),
    vpcs,
    securityGroups,
    keyPairs,
    vms,
    check: call => check(api, call),
    findMarked: async (call, kind, token) =>
      kind in marked ? marked[kind as keyof typeof marked].findMarked(call, token) : [],
    async close() {
      closing.abort(new BaristaError('cancelled', 'The cloud was closed.'));
      http.close();
    },
  };
}
