/** What a VM shows of itself inside: its processors, its memory and its system's name, as its spec promises them. */
import type { GuestSpec } from './spec.ts';

/** /proc/cpuinfo (proc(5)), as far as programs count processors by it. */
export const cpuinfo = (spec: GuestSpec): string =>
  Array.from(
    { length: Math.max(1, spec.cpus) },
    (_, at) =>
      `processor\t: ${at}\nvendor_id\t: CloudTwin\nmodel name\t: Cloud-Twin virtual CPU\nphysical id\t: 0\n` +
      `siblings\t: ${spec.cpus}\ncore id\t\t: ${at}\ncpu cores\t: ${spec.cpus}\n\n`,
  ).join('');

/** /proc/meminfo (proc(5)); a VM of the Twin always looks as if just booted. */
export function meminfo(spec: GuestSpec): string {
  const total = spec.memoryMib * 1024;
  const cached = Math.round(total * 0.08);
  const free = Math.round(total * 0.82);
  const rows: [string, number][] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free + cached],
    ['Buffers', 0],
    ['Cached', cached],
    ['SwapCached', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Shmem', 0],
    ['SReclaimable', 0],
  ];
  return rows.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join('');
}

const families: [RegExp, string, string][] = [
  [/^ubuntu/i, 'ubuntu', 'debian'],
  [/^debian/i, 'debian', ''],
  [/^amazon/i, 'amzn', 'fedora'],
  [/^(red ?hat|rhel)/i, 'rhel', 'fedora'],
  [/^centos/i, 'centos', 'rhel fedora'],
  [/^rocky/i, 'rocky', 'rhel centos fedora'],
  [/^alma/i, 'almalinux', 'rhel centos fedora'],
  [/^fedora/i, 'fedora', ''],
  [/^(open)?suse/i, 'opensuse', 'suse'],
  [/^cirros/i, 'cirros', ''],
];

/** os-release(5) of an image's name. */
export function osRelease(osName: string): string {
  const plain = osName.replace(/[^\w. ()/-]/g, '').trim() || 'Linux';
  const version = /(\d[\d.]*)/.exec(plain)?.[1];
  const name = (version === undefined ? plain : plain.slice(0, plain.indexOf(version))).trim() || plain;
  const [, id, like] = families.find(([pattern]) => pattern.test(plain)) ?? [undefined, 'linux', ''];
  return [
    `PRETTY_NAME="${plain}"`,
    `NAME="${name}"`,
    ...(version === undefined ? [] : [`VERSION_ID="${version}"`, `VERSION="${version}"`]),
    `ID=${id}`,
    ...(like ? [`ID_LIKE="${like}"`] : []),
  ].join('\n');
}
