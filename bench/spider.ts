/** CB-Spider's API on the MOCK provider: reads and starts of VMs a second, 64 connections, the store on disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, type Process } from '../tools/process.ts';
import { load, type Load } from './load.ts';

const connections = 64;
const runs = 3;
const ConnectionName = 'bench-config';

type Make = (path: string, body: object) => Promise<void>;
type Row = (what: string, figure: string, goal: string) => void;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const figure = (loads: readonly Load[]) => {
  const failed = loads.reduce((sum, one) => sum + one.failed, 0);
  return `${median(loads.map(one => one.perSecond))}/s, p50 ${median(loads.map(one => one.p50Ms)).toFixed(1)} ms, p99 ${median(loads.map(one => one.p99Ms)).toFixed(1)} ms${failed > 0 ? `, ${failed} failed` : ''}`;
};

async function prepare(base: string): Promise<Make> {
  const post = async (path: string, body: object) => {
    const answer = await fetch(base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const list = (Key: string, Value: string) => ({ ProviderName: 'MOCK', KeyValueInfoList: [{ Key, Value }] });
  await post('/driver', { DriverName: 'mock', ProviderName: 'MOCK', DriverLibFileName: 'mock.so' });
  await post('/credential', { CredentialName: 'mock', ...list('MockName', 'bench') });
  await post('/region', { RegionName: 'mock', ...list('Region', 'default') });
  await post('/connectionconfig', {
    ConfigName: ConnectionName,
    ProviderName: 'MOCK',
    DriverName: 'mock',
    CredentialName: 'mock',
    RegionName: 'mock',
  });
  const subnets = [{ Name: 'subnet-01', IPv4_CIDR: '10.0.0.0/16' }];
  const make = (path: string, ReqInfo: object) => post(path, { ConnectionName, ReqInfo });
  await make('/vpc', { Name: 'vpc-01', IPv4_CIDR: '10.0.0.0/16', SubnetInfoList: subnets });
  await make('/securitygroup', { Name: 'sg-01', VPCName: 'vpc-01', SecurityRules: [] });
  await make('/keypair', { Name: 'keypair-01' });
  return make;
}

const vm = (Name: string) => ({
  Name,
  ImageName: 'mock-vmimage-01',
  VMSpecName: 'mock-vmspec-01',
  VPCName: 'vpc-01',
  SubnetName: 'subnet-01',
  SecurityGroupNames: ['sg-01'],
  KeyPairName: 'keypair-01',
});

/** Each run of this many calls is one reading of memory. */
const callsARun = 100_000;

/** Resident memory over a million calls; asked for by name: it takes minutes. */
export async function measureMillion(row: Row): Promise<void> {
  await withServer(async (server, base) => {
    const one = `${base}/vm/vm-0?ConnectionName=${ConnectionName}`;
    const readings: number[] = [];
    for (let run = 0; run < 10; run++) {
      await load(one, { connections, calls: callsARun });
      readings.push(Math.round(await server.residentMb()));
    }
    row(`server resident over ${10 * callsARun} calls`, `${readings.join(', ')} MB`, 'flat');
  });
}

async function withServer(measure: (server: Process, base: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'barista-bench-'));
  const server = await start('server', ['--port', '0', '--data', dir]);
  try {
    const base = `${String(server.ready['url'])}/spider`;
    const make = await prepare(base);
    await make('/vm', vm('vm-0'));
    await measure(server, base);
  } finally {
    await server.end();
    await rm(dir, { recursive: true, force: true });
  }
}

export async function measureSpider(row: Row): Promise<void> {
  await withServer(async (server, base) => {
    const one = `${base}/vm/vm-0?ConnectionName=${ConnectionName}`;
    await load(one, { connections, seconds: 1 });
    const reads: Load[] = [];
    for (let run = 0; run < runs; run++) reads.push(await load(one, { connections }));
    row(
      `GET /spider/vm/NAME on MOCK, ${connections} connections (median of ${runs})`,
      figure(reads),
      '≥ 3,000/s, p99 ≤ 20 ms',
    );

    let number = 0;
    const post = () => ({
      path: '/spider/vm',
      body: JSON.stringify({ ConnectionName, ReqInfo: vm(`vm-${++number}`) }),
    });
    const starts: Load[] = [];
    for (let run = 0; run < runs; run++) starts.push(await load(base, { connections, post }));
    row(
      `StartVM (POST /spider/vm) on MOCK, ${connections} connections (median of ${runs})`,
      figure(starts),
      '≥ 500/s, p99 ≤ 20 ms',
    );
    row(`— server resident after ${number} VMs`, `${Math.round(await server.residentMb())} MB`, '');
  });
}
