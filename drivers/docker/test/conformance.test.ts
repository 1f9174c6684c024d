/** The driver suite on a real Docker Engine. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { test } from 'node:test';
import { driver } from '../src/open.ts';
import { image, missing, openTestEngine } from './engine.ts';

const reason = missing();
if (reason !== undefined)
  test('the driver suite on a real Docker Engine', {
    skip: process.env['CI'] === 'true' ? false : reason,
  }, () => {
    assert.fail(reason);
  });
else
  driverSuite('docker on a real Docker Engine', async () => {
    const engine = await openTestEngine();
    const docker = (...args: string[]) =>
      execFileSync('docker', ['-H', `unix://${engine.socket}`, ...args])
        .toString()
        .split('\n')
        .filter(line => line !== '').length;
    const credential = { host: `unix://${engine.socket}` };
    return {
      driver,
      config: { credential, region: { region: 'test' } },
      unreachable: { credential: { host: `unix://${engine.socket}.none` }, region: {} },
      image,
      spec: 'cpu1-mem256',
      vmsAtOnce: 4,
      // The engine is this machine's: containers answer at their own addresses.
      oneAddress: true,
      pollMs: 50,
      timeoutMs: 60_000,
      async count() {
        return {
          vms: docker('ps', '-aq'),
          networks: docker('network', 'ls', '-q', '--filter', 'type=custom'),
          volumes: docker('volume', 'ls', '-q'),
        };
      },
      close: () => engine.close(),
    };
  });
