/**
 * Marketplace images: whose we list, how their names are read. The marketplace has thousands of publishers; walking all of them takes
 * tens of minutes, and what most of them sell is no plain system. Any other image is reached by its URN.
 */
import { readImageName } from '@cloud-barista/model/image';

/** Whom VMs let in: Azure makes the user that the order names. */
export const loginUser = 'cb-user';

/** `publisher:offer:sku:version`, as Azure's tools write it. */
export interface Urn {
  publisher: string;
  offer: string;
  sku: string;
  version: string;
}
export const textOf = ({ publisher, offer, sku, version }: Urn): string =>
  [publisher, offer, sku, version].join(':');
export function parseUrn(text: string): Urn | undefined {
  const match = /^([\w.-]+):([\w.-]+):([\w.-]+):([\w.-]+)$/.exec(text);
  if (!match) return undefined;
  const [, publisher = '', offer = '', sku = '', version = ''] = match;
  return { publisher, offer, sku, version };
}

interface Publisher {
  name: string;
  /** The offers that are plain systems of today. */
  offers: RegExp;
  os: string;
  osVersion(urn: Urn): string;
}

const codenames: Record<string, string> = { bionic: '18.04', focal: '20.04', jammy: '22.04', noble: '24.04' };
const dotted = (match: RegExpExecArray | null): string => (match?.slice(1) ?? []).filter(Boolean).join('.');

export const publishers: readonly Publisher[] = [
  {
    name: 'Canonical',
    offers: /^(0001-com-ubuntu-server-[a-z]+|ubuntu-\d\d_\d\d(-lts)?|UbuntuServer)$/i,
    os: 'ubuntu',
    osVersion: ({ offer, sku }) =>
      dotted(/(\d\d)[._](\d\d)/.exec(offer) ?? /(\d\d)[._](\d\d)/.exec(sku)) ||
      (codenames[offer.split('-').at(-1) ?? ''] ?? ''),
  },
  {
    name: 'Debian',
    offers: /^debian-\d+$/i,
    os: 'debian',
    osVersion: ({ offer }) => dotted(/(\d+)/.exec(offer)),
  },
  {
    name: 'RedHat',
    offers: /^(rhel|rhel-arm64)$/i,
    os: 'rhel',
    // 9_4, 9-lvm-gen2, 94_gen2, 810-gen2
    osVersion: ({ sku }) => dotted(/^(\d)(?:[._]?(\d{1,2})(?![\d.]))?/.exec(sku)),
  },
  {
    name: 'almalinux',
    offers: /^almalinux(-x86_64|-arm)?$/i,
    os: 'almalinux',
    osVersion: ({ sku }) => dotted(/^(\d+)(?:[._](\d+))?/.exec(sku)),
  },
  {
    name: 'resf',
    offers: /^rockylinux-(x86_64|aarch64)$/i,
    os: 'rocky',
    osVersion: ({ sku }) => dotted(/^(\d+)(?:[._](\d+))?/.exec(sku)),
  },
  {
    name: 'SUSE',
    offers: /^(sles-\d+(-sp\d+)?|opensuse-leap-\d+-\d+)(-arm64)?$/i,
    os: 'sles',
    osVersion: ({ offer }) => dotted(/-(\d+)(?:-(?:sp)?(\d+))?/i.exec(offer)),
  },
  {
    name: 'MicrosoftWindowsServer',
    offers: /^WindowsServer$/i,
    os: 'windows',
    osVersion: ({ sku }) => dotted(/(20\d\d)/.exec(sku)),
  },
];

export function readUrn(urn: Urn): { os: string; osVersion: string } {
  const known = publishers.find(({ name }) => name.toLowerCase() === urn.publisher.toLowerCase());
  if (known) {
    const os = /^opensuse/i.test(urn.offer) ? 'opensuse' : known.os;
    return { os, osVersion: known.osVersion(urn) };
  }
  const { os, osVersion } = readImageName(`${urn.offer} ${urn.sku}`);
  return { os, osVersion };
}

/**
 * Whether a URN that begins with these parts may hold `search`. A version is digits and dots alone, so that words need no version to be
 * asked for: that is where nearly all requests of a walk go.
 */
export function mayHold(parts: readonly string[], search: string): boolean {
  const known = parts.join(':').toLowerCase();
  const wanted = search.toLowerCase();
  if (known.includes(wanted)) return true;
  if (parts.length < 3) return true;
  // Else it ends in the version: what is before the version's part must be the end of what is known.
  const versioned = /[\d.]*$/.exec(wanted)?.[0].length ?? 0;
  for (let cut = wanted.length - versioned; cut <= wanted.length; cut++)
    if (`${known}:`.endsWith(wanted.slice(0, cut))) return true;
  return false;
}

/** Versions are three numbers and more; -1, 0 or 1. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = Number(left[at] ?? 0) - Number(right[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
