/**
 * What a call through a plug-in's process costs, beside the same driver in the server's own: node packages/spider/test/measure-plug-in.ts
 */
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import type { Driver } from '@cloud-barista/driver/driver';
import { driver as memory } from '@cloud-barista/driver-memory/open';
import { loadPlugIn } from '../src/plug-in/plug-in.ts';
import { usualLimits } from '../src/plug-in/child.ts';

const { signal } = new AbortController();
const road: Parameters<Driver['open']>[1] = { send: (_request, own, send) => send(own) };
const began = performance.now();
const plugIn = await loadPlugIn({
  module: fileURLToPath(new URL('memory-plug-in.ts', import.meta.url)),
  memoryMb: 256,
  from: [],
  limits: usualLimits,
  signal,
  log: () => {},
});
const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${children}/status`, 'utf8'))?.[1];
console.log(
  `loaded in ${(performance.now() - began).toFixed(0)} ms; its process: ${Math.round(Number(resident) / 1024)} MiB resident`,
);

for (const [name, driver] of [
  ['in the server', memory],
  ['as a plug-in', plugIn.driver],
] as const) {
  const cloud = await driver.open({ credential: { mockName: 'measure' }, region: {} }, road);
  const check = () => cloud.check({ signal });
  const list = () => cloud.images.list({ signal, limit: 100 });
  for (let n = 0; n < 2000; n++) await check();
  for (const [what, call] of [
    ['check (one request)', check],
    ['images.list (one request)', list],
  ] as const) {
    const times: number[] = [];
    for (let n = 0; n < 3000; n++) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const start = performance.now();
    await Promise.all(Array.from({ length: 5000 }, () => call()));
    const many = (performance.now() - start) / 5000;
    console.log(
      `${name}, ${what}: median ${((times[1500] ?? 0) * 1000).toFixed(0)} µs, p99 ${((times[2970] ?? 0) * 1000).toFixed(0)} µs; 5000 at once ${(many * 1000).toFixed(0)} µs each`,
    );
  }
}
await plugIn.close();
