/** A credential's and a region's values as this driver uses them; what is missing or malformed is named here. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { KeySpec } from '@cloud-barista/model/connection';
import type { CloudConfig } from '@cloud-barista/driver/driver';

const key = (name: string, required: boolean, description: string): KeySpec => ({
  key: name,
  required,
  description,
});

export const credentialKeys: readonly KeySpec[] = [
  key('tenantId', true, 'Directory (tenant) ID of Microsoft Entra'),
  key('clientId', true, 'Application (client) ID of the service principal'),
  key('clientSecret', true, 'Client secret of the service principal: its value, not its ID'),
  key('subscriptionId', true, 'Subscription ID'),
];

export const regionKeys: readonly KeySpec[] = [
  key('region', true, 'Location, e.g. koreacentral'),
  key('zone', false, 'Availability zone for VMs: 1, 2 or 3; none where absent'),
  key('resourceGroup', false, 'Resource group; cloud-barista-LOCATION where absent, made when first needed'),
  key('authority', false, 'Address of the token service; https://login.microsoftonline.com where absent'),
];

export interface Settings {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  subscriptionId: string;
  /** In the form that ARM's ids have: "Korea Central" is koreacentral. */
  location: string;
  zone: string;
  group: string;
  /** All without a slash at the end. */
  endpoint: string;
  authority: string;
  /** Where the price list answers. */
  priceEndpoint: string;
  /** What the token is for (`scope`). */
  audience: string;
}

/** ARM's hosts that are not the public cloud's, with the token service beside each ("National clouds", Microsoft Entra). */
const nationalClouds: Record<string, string> = {
  'management.chinacloudapi.cn': 'https://login.chinacloudapi.cn',
  'management.usgovcloudapi.net': 'https://login.microsoftonline.us',
};
const publicEndpoint = 'https://management.azure.com';
const publicAuthority = 'https://login.microsoftonline.com';
/** "Azure Retail Prices overview": one host for all locations. */
const publicPrices = 'https://prices.azure.com';

/** ARM compares locations without case and white space. */
export const locationOf = (text: string): string => text.toLowerCase().replace(/\s+/g, '');

export function readSettings({ credential, region }: CloudConfig): Settings {
  const needed = (part: Readonly<Record<string, string>>, name: string, of: string): string => {
    const value = part[name]?.trim();
    if (value) return value;
    throw new BaristaError('invalid_argument', `The Azure ${of} has no ${name}.`, {
      next: `Set ${name}.`,
      where: `${of}.${name}`,
    });
  };
  const location = locationOf(needed(region, 'region', 'region'));
  const endpoint = address(region['endpoint'] || publicEndpoint, 'region.endpoint');
  const { hostname } = new URL(endpoint);
  const national = nationalClouds[hostname];
  const isAzures = national !== undefined || hostname === new URL(publicEndpoint).hostname;
  return {
    tenantId: needed(credential, 'tenantId', 'credential'),
    clientId: needed(credential, 'clientId', 'credential'),
    clientSecret: needed(credential, 'clientSecret', 'credential'),
    subscriptionId: needed(credential, 'subscriptionId', 'credential'),
    location,
    zone: region['zone'] ?? '',
    group: region['resourceGroup'] || `cloud-barista-${location}`,
    endpoint,
    authority: address(region['authority'] || (national ?? publicAuthority), 'region.authority'),
    priceEndpoint: isAzures ? publicPrices : endpoint,
    audience: `${national === undefined ? publicEndpoint : endpoint}/.default`,
  };
}

function address(text: string, where: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new BaristaError('invalid_argument', `Azure's ${where} is no http or https address.`, {
      next: 'Write it as https://HOST.',
      where,
    });
  return text.replace(/\/+$/, '');
}
