/** Names, tags and zones as the providers take them. Source: ARM docs, "Naming rules and restrictions for Azure resources". */
import type { Json } from './call.ts';
import { ArmError, badRequest, invalidParameter } from './errors.ts';
import { objectAt, textAt, textsAt } from './fields.ts';
import { noTags, noZones, type ResourceType, type Tags } from './records.ts';
import { regionOf } from './regions.ts';

export function checkGroupName(name: string): void {
  if (/^[\p{L}\p{Nd}_().-]{1,90}$/u.test(name) && !name.endsWith('.')) return;
  throw badRequest(
    'InvalidResourceGroup',
    `The provided resource group name '${name.slice(0, 100)}' is not valid: it is at most 90 letters, digits, '-', '.', '(', ')' or '_', and does not end with '.'.`,
  );
}

/** Of everything in Microsoft.Network, subnets and rules too. */
export function checkNetworkName(name: string): void {
  if (/^[A-Za-z0-9]([\w.-]{0,78}\w)?$/.test(name)) return;
  throw badRequest(
    'InvalidResourceName',
    `Resource name ${name.slice(0, 100)} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
  );
}

function checkComputeName(name: string, longest: number): void {
  if (name.length <= longest && /^[^_\W][\w.-]{0,79}$/.test(name) && !/[-.]$/.test(name)) return;
  throw name.length > longest
    ? invalidParameter(
        'name',
        `The entity name '${name.slice(0, 100)}' is longer than ${longest} characters.`,
      )
    : invalidParameter(
        'name',
        `The entity name '${name}' is invalid according to its validation rule: ^[^_\\W][\\w-._]{0,79}(?<![-.])$.`,
      );
}

/** Unlike all others it takes no hyphen. */
function checkGalleryName(name: string): void {
  if (/^[A-Za-z0-9]([\w.]{0,78}[A-Za-z0-9])?$/.test(name)) return;
  throw invalidParameter(
    'galleryName',
    `The gallery name '${name.slice(0, 100)}' is invalid: up to 80 letters, digits, periods and underscores, with a letter or digit at both ends.`,
  );
}

export function checkName(type: ResourceType, name: string): void {
  switch (type) {
    case 'virtualMachines':
      return checkComputeName(name, 64);
    case 'galleries':
      return checkGalleryName(name);
    case 'disks':
    case 'snapshots':
    case 'images':
    case 'sshPublicKeys':
      return checkComputeName(name, 80);
    default:
      return checkNetworkName(name);
  }
}

/** Undefined where the body names none. */
export function readTags(body: Json): Tags | undefined {
  const given = objectAt(body, 'tags');
  if (!given) return undefined;
  const names = Object.keys(given);
  if (names.length === 0) return noTags;
  if (names.length > 50)
    throw badRequest('TooManyTags', `Too many tags are requested: ${names.length}. The maximum is 50.`);
  const tags: Record<string, string> = {};
  const seen = new Set<string>();
  for (const name of names) {
    const value = textAt(given, name, 'tags.') ?? '';
    if (name === '' || name.length > 512 || /[<>%&\\?/]/.test(name))
      throw badRequest(
        'InvalidTagNameCharacters',
        `The tag name '${name.slice(0, 100)}' is not valid: at most 512 characters, without '<,>,%,&,\\,?,/'.`,
      );
    if (value.length > 256)
      throw badRequest('InvalidTagValueLength', `The value of tag '${name}' is longer than 256 characters.`);
    if (seen.has(name.toLowerCase()))
      throw badRequest('TagsWithDuplicateName', `The tag name '${name}' is given twice.`);
    seen.add(name.toLowerCase());
    tags[name] = value;
  }
  return tags;
}

export function readZones(body: Json, location: string, type: string): readonly string[] {
  const zones = textsAt(body, 'zones') ?? noZones;
  const known = regionOf(location).zones;
  const wrong = zones.find(zone => !known.includes(zone));
  if (wrong === undefined) return zones.length === 0 ? noZones : zones;
  throw new ArmError(
    400,
    'InvalidAvailabilityZone',
    `The zone(s) '${wrong}' for resource '${type}' is not supported. The supported zones for location '${location}' are '${known.join(',')}'.`,
  );
}
