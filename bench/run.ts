/**
 * The figures of bench/README.md, measured through the whole path: client → server → driver → the cloud's wire → Cloud-Twin,
 * server and Twin as processes of their own. `npm run bench [-- start create read list command memory spider million calls]`; Linux.
 */
import { availableParallelism, cpus } from 'node:os';
import type { Mcis } from '@cloud-barista/model/mcis';
import { measureCalls } from './calls.ts';
import { measureListing } from './list.ts';
import { load } from './load.ts';
import { start } from '../tools/process.ts';
import { measureMillion, measureSpider } from './spider.ts';
import { openStage, standing, type Stage } from './stage.ts';

const asked = process.argv.slice(2);
const wanted = (part: string) => asked.length === 0 || asked.includes(part);
const row = (what: string, figure: string, goal: string) =>
  process.stdout.write(`| ${what} | ${figure} | ${goal} |\n`);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

process.stdout.write(
  `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n\n`,
);
process.stdout.write('| what | figure | goal |\n|---|---|---|\n');

async function measureStart(): Promise<void> {
  const times: number[] = [];
  const resident: number[] = [];
  for (let i = 0; i < 6; i++) {
    const server = await start('server', ['--port', '0', '--store', 'memory:']);
    await new Promise(resolve => setTimeout(resolve, 1000));
    times.push(server.readyMs);
    resident.push(await server.residentMb());
    await server.end();
  }
  // The first run fills the cache of stripped sources.
  row('server ready after its process starts (median of 5)', ms(median(times.slice(1))), '≤ 600 ms');
  row('server resident, idle (median of 5)', `${Math.round(median(resident.slice(1)))} MB`, '≤ 130 MB');
}

/** Makes `perCloud` VMs on each connection as one MCIS; the time from the request to all Running, then the time to take it down. */
async function makeAndDelete(
  { client, connections, twinUrl, server, twin }: Stage,
  name: string,
  perCloud: number,
) {
  const groups = connections.map(connection => ({
    name: connection,
    size: perCloud,
    connection,
    cpu: 1,
    memoryGb: 1,
    image: 'ubuntu-22.04',
  }));
  const place = { namespace: 'default', mcis: name };
  const cpu = [await server.cpuSeconds(), await twin.cpuSeconds()] as const;
  const began = performance.now();
  await client.follow(await client.call('mcis.create', { namespace: 'default', body: { name, groups } }));
  const made = performance.now() - began;
  const used = [(await server.cpuSeconds()) - cpu[0], (await twin.cpuSeconds()) - cpu[1]] as const;
  const mcis: Mcis = await client.call('mcis.get', place);
  if (mcis.vms.some(vm => vm.state !== 'Running')) throw new Error(`${name}: ${mcis.status}`);
  const remove = async () => {
    const from = performance.now();
    await client.follow(await client.call('mcis.delete', place));
    const left = await standing(twinUrl);
    if (left !== 0) throw new Error(`${left} left in the clouds`);
    return performance.now() - from;
  };
  return { made, used, mcis, remove };
}

async function measureCreate(): Promise<void> {
  const stage = await openStage(10);
  try {
    // The first MCIS loads the SDKs and the clouds' offers; it is told apart.
    const cold = await makeAndDelete(stage, 'cold', 1);
    row('10 VMs over 10 clouds, first of a fresh server (SDKs loaded)', ms(cold.made), '');
    await cold.remove();
    const perVm: number[] = [];
    for (const count of [100, 1000]) {
      const runs: number[] = [];
      const removals: number[] = [];
      let cpu = [0, 0];
      for (let run = 0; run < 3; run++) {
        const { made, used, remove } = await makeAndDelete(stage, `b-${count}-${run}`, count / 10);
        runs.push(made);
        cpu = [...used];
        removals.push(await remove());
      }
      perVm.push(median(runs) / count);
      row(
        `${count} VMs over 10 clouds, request to all Running (median of 3)`,
        `${(median(runs) / 1000).toFixed(2)} s`,
        count === 100 ? '≤ 2 s' : '≤ 8 s',
      );
      row(
        `— processor time of it: server, Twin`,
        `${cpu.map(seconds => `${(((seconds ?? 0) * 1000) / count).toFixed(1)} ms`).join(', ')} a VM`,
        '',
      );
      row(
        `${count} VMs deleted, nothing left (median of 3)`,
        `${(median(removals) / 1000).toFixed(2)} s`,
        '',
      );
    }
    row(
      'cost per VM, 1,000 against 100',
      `${((perVm[1] ?? 0) / (perVm[0] ?? 1)).toFixed(2)} ×`,
      '≈ 1 (flat)',
    );
    row('server resident after it', `${Math.round(await stage.server.residentMb())} MB`, '');
  } finally {
    await stage.close();
  }
}

async function measureRead(): Promise<void> {
  const stage = await openStage(10);
  try {
    const { remove } = await makeAndDelete(stage, 'read', 100);
    const base = `${stage.client.url}/v1/namespaces/default/mcis/read`;
    await load(`${base}/vms/cloud-1-7`, { seconds: 1 });
    const one = await load(`${base}/vms/cloud-1-7`);
    row(
      'GET of one VM of 1,000, 32 connections',
      `${one.perSecond}/s, p99 ${ms(one.p99Ms)}${one.failed > 0 ? `, ${one.failed} failed` : ''}`,
      '≥ 5,000/s',
    );
    const times: number[] = [];
    for (let i = 0; i < 15; i++) {
      const began = performance.now();
      const page = (await (await fetch(`${base}/vms?limit=1000`)).json()) as { items: unknown[] };
      if (page.items.length !== 1000) throw new Error(`${page.items.length} of 1000`);
      times.push(performance.now() - began);
    }
    row('list of 1,000 VMs (median of 15)', ms(median(times)), '≤ 50 ms');
    await remove();
  } finally {
    await stage.close();
  }
}

/** `uptime` on 100 VMs at once: the first command makes each VM's sandbox, the second finds it. */
async function measureCommand(): Promise<void> {
  const stage = await openStage(4, '0');
  try {
    const { remove } = await makeAndDelete(stage, 'command', 25);
    for (const which of ['first', 'second']) {
      const began = performance.now();
      const { results } = await stage.client.call('command.run', {
        namespace: 'default',
        mcis: 'command',
        body: { command: 'uptime' },
      });
      const ok = results.filter(result => result.exitCode === 0).length;
      row(
        `${which} command on 100 VMs over SSH, all answered`,
        `${((performance.now() - began) / 1000).toFixed(2)} s (${ok} ok)`,
        '',
      );
    }
    await remove();
  } finally {
    await stage.close();
  }
}

/** Resident memory of a Twin with 10,000 idle VMs against the same Twin with none; asked for as a first user would, over the wire. */
async function measureMemory(): Promise<void> {
  const { EC2Client, CreateSubnetCommand, CreateVpcCommand, DescribeImagesCommand, RunInstancesCommand } =
    await import('@aws-sdk/client-ec2');
  const twin = await start('twin', ['up', '--port', '0', '--ssh-port', 'off', '--delay-ms', '0']);
  try {
    const url = String(twin.ready['url']);
    const { credential } = (await (await fetch(`${url}/twin/v1/clouds/aws/connection`)).json()) as {
      credential: { accessKeyId: string; secretAccessKey: string };
    };
    const ec2 = new EC2Client({ endpoint: url, region: 'ap-northeast-2', credentials: credential });
    const images = await ec2.send(new DescribeImagesCommand({ Owners: ['099720109477'] }));
    const ImageId = images.Images?.[0]?.ImageId ?? '';
    // A default subnet has no room for ten thousand.
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/16' }),
    );
    const more = (count: number) =>
      ec2.send(
        new RunInstancesCommand({
          ImageId,
          InstanceType: 't3.nano',
          MinCount: count,
          MaxCount: count,
          NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: Subnet?.SubnetId, AssociatePublicIpAddress: true }],
        }),
      );
    await more(500);
    const before = await twin.residentMb();
    for (let i = 0; i < 10; i++) await more(1000);
    await new Promise(resolve => setTimeout(resolve, 2000));
    const kB = (((await twin.residentMb()) - before) * 1024) / 10_000;
    row('memory per idle Twin VM (resident, 10,000 VMs)', `${kB.toFixed(1)} kB`, '≤ 20 kB');
  } finally {
    await twin.end();
  }
}

if (wanted('start')) await measureStart();
if (wanted('create')) await measureCreate();
if (wanted('read')) await measureRead();
if (wanted('list')) {
  const found = await measureListing();
  const each = Object.entries(found.alone).map(([kind, value]) => `${kind} ${ms(value)}`);
  row('500 images of one region, first of each cloud (SDK loaded)', each.join(', '), '');
  row(`${found.images} images of ${found.regions} regions over five clouds, cold`, ms(found.cold), '≤ 1.5 s');
  row('— from the cache, printed as JSON', ms(found.cached), '≤ 50 ms');
  row('search in 10,000 images (median of 15)', ms(found.search), '≤ 20 ms');
}
if (wanted('command')) await measureCommand();
if (wanted('memory')) await measureMemory();
if (wanted('spider')) await measureSpider(row);
if (asked.includes('million')) await measureMillion(row);
if (wanted('calls')) await measureCalls(row);
