/** What a server's serial console shows: its kernel's first line, cloud-init's words about its network and keys, the login prompt. */
import { formatAddress } from '@cloud-barista/model/cidr';
import { macAddress } from '../network/ports.ts';
import type { Server } from '../records.ts';
import type { Site } from '../site.ts';

export function consoleOutput(site: Site, server: Server, lines: number): string {
  const { machine } = server;
  if (!machine || machine.bootedAt === 0) return '';
  const { osName, cpus, memoryMib, user } = machine;
  const booted = new Date(machine.bootedAt).toUTCString();
  const [port] = server.ports;
  const [ip] = port?.fixedIps ?? [];
  const rows = [
    '[    0.000000] Linux version (Cloud-Twin)',
    `[    0.000000] Memory: ${memoryMib * 1024}K available`,
    `[    0.050000] smp: Brought up 1 node, ${cpus} CPU${cpus === 1 ? '' : 's'}`,
    ...(port && ip
      ? [`ci-info: | eth0 | True | ${formatAddress(ip.address)} | ${macAddress(port)} |`]
      : ['ci-info: no network device']),
    ...(server.keyName === undefined
      ? [`ci-info: no authorized SSH keys fingerprints found for user ${user}.`]
      : [
          `ci-info: Authorized keys for user ${user}: ${site.keyPairs.get(server.keyName)?.fingerprint ?? server.keyName}`,
        ]),
    `Cloud-init finished at ${booted}. Datasource DataSourceOpenStackLocal [net,ver=2].`,
    '',
    `${osName} ${server.hostname} ttyS0`,
    '',
    `${server.hostname} login: `,
  ];
  // Nova: -1 is without limit.
  return (
    Number.isInteger(lines) && lines >= 0 ? rows.slice(rows.length - Math.min(lines, rows.length)) : rows
  ).join('\n');
}
