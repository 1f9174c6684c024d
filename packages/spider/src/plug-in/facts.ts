/** What a plug-in says of itself, held against the contract before anything of it is believed or stored. */
import { capabilityWords, contractVersion, type Capability, type Driver } from '@cloud-barista/driver/driver';
import { BaristaError } from '@cloud-barista/model/errors';
import { isName, nameRuleText } from '@cloud-barista/model/names';
import type { Facts } from './wire.ts';

/** A driver without its functions: plain data, as it is stored. */
export type DriverFacts = Omit<Driver, 'regionOf' | 'classify' | 'open'>;

const rules = ['vpc', 'subnet', 'security-group', 'key-pair', 'vm'] as const;
const moreRules = ['disk', 'custom-image', 'public-ip'] as const;
/** They are every region's, not a driver's. */
const everyRegion = new Set(['endpoint', 'sshPort', 'sshVia']);

const isObject = (value: unknown): value is Facts =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, most = 500): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most;

/**
 * A regular expression runs in the server, where one that never ends would stop everybody. So: at most four repetitions, and
 * none of anything that itself repeats or chooses – what is left takes at worst the fourth power of a name's length.
 */
export function tame(source: unknown): boolean {
  if (typeof source !== 'string' || source.length > 500) return false;
  try {
    void new RegExp(source);
  } catch {
    return false;
  }
  const plain = source.replaceAll(/\\[^1-9k]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
  if (plain.includes('\\')) return false;
  const repeats = /[+*]|\{\d+(?:,\d*)?\}/g;
  if ((plain.match(repeats) ?? []).length > 4) return false;
  const open: boolean[] = [];
  for (let at = 0; at < plain.length; at++) {
    const letter = plain[at] ?? '';
    if (letter === '(') open.push(false);
    else if (letter === ')') {
      const busy = open.pop() ?? false;
      if (busy && /^(?:[+*]|\{\d)/.test(plain.slice(at + 1))) return false;
      if (busy && open.length > 0) open[open.length - 1] = true;
    } else if (/[+*|{]/.test(letter) && open.length > 0) open[open.length - 1] = true;
  }
  return true;
}

/** The first thing that is wrong, as the end of a sentence that begins with the module; undefined: nothing. */
function wrong(facts: Facts): string | undefined {
  const { name, provider, credentialKeys, regionKeys, names, capabilities, diskTypes, tagRule } = facts;
  if (typeof name !== 'string' || !isName(name))
    return `its name ${JSON.stringify(name)?.slice(0, 80)} is none: it must be ${nameRuleText}`;
  if (typeof provider !== 'string' || !/^[A-Z][A-Z0-9]{0,31}$/.test(provider))
    return `its provider ${JSON.stringify(provider)?.slice(0, 80)} is none: it must be upper-case letters and digits, at most 32`;
  for (const [part, keys] of [
    ['credentialKeys', credentialKeys],
    ['regionKeys', regionKeys],
  ] as const) {
    if (!Array.isArray(keys) || keys.length > 64) return `its ${part} are no list of at most 64`;
    const seen = new Set<string>();
    for (const spec of keys as unknown[]) {
      if (
        !isObject(spec) ||
        !isText(spec['key'], 64) ||
        !/^[A-Za-z][A-Za-z0-9_.-]*$/.test(spec['key']) ||
        typeof spec['required'] !== 'boolean' ||
        !isText(spec['description'])
      )
        return `one of its ${part} is not { key, required, description }: ${JSON.stringify(spec)?.slice(0, 120)}`;
      if (seen.has(spec['key'])) return `its ${part} hold ${JSON.stringify(spec['key'])} twice`;
      if (part === 'regionKeys' && everyRegion.has(spec['key']))
        return `its regionKeys hold ${JSON.stringify(spec['key'])}, which every region may carry`;
      seen.add(spec['key']);
    }
  }
  if (!isObject(names)) return 'it has no `names`, the rules for names';
  for (const kind of [...rules, ...moreRules]) {
    const rule = names[kind];
    if (rule === undefined && (moreRules as readonly string[]).includes(kind)) continue;
    const fits =
      isObject(rule) &&
      Number.isInteger(rule['maxLength']) &&
      Number(rule['maxLength']) >= 16 &&
      typeof rule['unique'] === 'boolean';
    if (!fits) return `its name rule for ${kind} is not { maxLength (16 or more), pattern, unique }`;
    if (!tame(rule['pattern']))
      return `the pattern of its name rule for ${kind} is no regular expression of at most four repetitions, none inside another`;
  }
  if (!isObject(capabilities)) return 'it has no `capabilities`';
  for (const word of capabilityWords) {
    const can = capabilities[word];
    if (can !== undefined && can !== true && !isText(can))
      return `what it says of its capability ${word} is neither true nor the reason why not, as a user should read it`;
  }
  if (
    diskTypes !== undefined &&
    !(
      Array.isArray(diskTypes) &&
      diskTypes.every(
        (type: unknown) =>
          isObject(type) && isText(type['type']) && Number(type['minGb']) >= 0 && Number(type['maxGb']) > 0,
      )
    )
  )
    return 'its diskTypes are no list of { type, minGb, maxGb }';
  if (
    tagRule !== undefined &&
    !(isObject(tagRule) && tame(tagRule['key']) && tame(tagRule['value']) && Number(tagRule['most']) > 0)
  )
    return 'its tagRule is not { key, value, most } with regular expressions of at most four repetitions, none inside another';
  return undefined;
}

/** Throws where the module is no driver, or one of another contract. */
export function checkFacts(facts: Facts, module: string): DriverFacts {
  if (facts['contract'] !== contractVersion) {
    const said = Number.isInteger(facts['contract'])
      ? `was written for version ${String(facts['contract'])} of the driver contract`
      : 'does not say for which version of the driver contract it was written';
    throw new BaristaError(
      'failed_precondition',
      `The driver in ${JSON.stringify(module)} ${said}; this server speaks version ${contractVersion}.`,
      { next: 'Use a version of the driver for this contract.', where: 'module' },
    );
  }
  const reason = wrong(facts);
  if (reason !== undefined)
    throw new BaristaError(
      'invalid_argument',
      `The driver in ${JSON.stringify(module)} is not one yet: ${reason}.`,
      {
        next: 'Mend the module; the contract is packages/driver/src, the way through it docs/adding-a-driver.md.',
        where: 'module',
      },
    );
  const { capabilities } = facts;
  return {
    ...facts,
    // Words that are younger than the driver: what it does not speak of it can't do.
    capabilities: {
      ...Object.fromEntries(
        capabilityWords.map(word => [word, `The driver ${String(facts['name'])} does not speak of it.`]),
      ),
      ...(capabilities as object),
    },
  } as unknown as DriverFacts;
}

const methods: Record<string, readonly string[]> = {
  images: ['list', 'get'],
  specs: ['list', 'get'],
  vpcs: ['create', 'list', 'get', 'delete', 'addSubnet', 'removeSubnet'],
  securityGroups: ['create', 'list', 'get', 'delete', 'addRules', 'removeRules'],
  keyPairs: ['create', 'list', 'get', 'delete'],
  vms: ['create', 'list', 'get', 'getMany', 'suspend', 'resume', 'reboot', 'terminate'],
  '': ['check', 'close', 'findMarked'],
};
/** The nouns that stand where a capability is declared, each by the one method that none lacks. */
const declared: Partial<Record<Capability, string>> = {
  'region.list': 'regions.list',
  'spec.price': 'prices.get',
  'tag.vpc': 'tags.get',
  'tag.securityGroup': 'tags.get',
  'tag.keyPair': 'tags.get',
  'tag.vm': 'tags.get',
  'tag.disk': 'tags.get',
  disk: 'disks.list',
  customImage: 'customImages.list',
  publicIp: 'publicIps.list',
};

/** Throws where an opened cloud lacks what the contract, or a capability that its driver declares, wants. */
export function checkMethods(found: unknown, facts: DriverFacts): string[] {
  const list = Array.isArray(found) ? found.filter((path): path is string => typeof path === 'string') : [];
  const wanted = Object.entries(methods).flatMap(([noun, verbs]) =>
    verbs.map(verb => (noun === '' ? verb : `${noun}.${verb}`)),
  );
  for (const [capability, path] of Object.entries(declared))
    if (facts.capabilities[capability as Capability] === true) wanted.push(path);
  const missing = [...new Set(wanted)].filter(path => !list.includes(path));
  if (missing.length > 0)
    throw new BaristaError(
      'internal',
      `The driver ${JSON.stringify(facts.name)} opened a cloud that lacks ${missing.slice(0, 5).join(', ')}.`,
      { next: 'This is a fault of the driver: tell who made it.' },
    );
  return list;
}
