/** The judge before the judge: each driver with one fault fails in the noun where the fault is. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { before, it } from 'node:test';
import type { Result } from '@cloud-barista/suite/driver/suite';

const expected: Record<string, string> = {
  'a VM is not marked with its token': 'vms',
  'a half made VPC is taken for a whole one': 'vpcs',
  'a VPC in use loses its subnets before its delete is refused': 'vpcs',
  'deleting the absent fails': 'key-pairs',
  'the limit of a page is not kept': 'images',
  'the cursor is not heeded': 'specs',
  'the list ends after its first page': 'vpcs',
  'the list is not ordered': 'key-pairs',
  "a group keeps the cloud's own rule": 'security-groups',
  'removing an absent rule fails': 'security-groups',
  'no error is classified': 'images',
  'every error is said to be the cloud’s': 'errors',
  'what is not declared is done nevertheless': 'capabilities',
  'signals are not passed on': 'errors',
  'suspending does nothing': 'vms',
  'a VM that should end goes on': 'vms',
  'an absent id spoils the bulk': 'vms',
  'a VM is told to be where it is not': 'vms',
  'a disk goes with its VM': 'disks',
  'a disk is detached from whoever has it': 'disks',
  'a disk does not grow': 'disks',
  'an image of a VM is not marked': 'custom-images',
  'an address is taken from the VM that carries it, to be given back': 'public-ips',
  'setting tags forgets the others': 'tags',
  'prices are zero': 'prices',
  'the own region is not among the regions': 'regions',
};

let results: Result[] = [];

before(async () => {
  // Inside a test runner's process node:test would report to that runner; the child is to be on its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(new URL('./mutants.ts', import.meta.url))], { env });
  const [output] = await Promise.all([text(child.stdout), text(child.stderr)]);
  results = output.split('\n').flatMap(line => {
    const at = line.indexOf('RESULT ');
    return at < 0 ? [] : [JSON.parse(line.slice(at + 'RESULT '.length)) as Result];
  });
});

void it('knows each mutant', () => {
  assert.deepEqual([...new Set(results.map(result => result.driver))].sort(), Object.keys(expected).sort());
});

for (const [mutant, noun] of Object.entries(expected))
  void it(`finds it where ${mutant}`, () => {
    const failed = results.filter(result => result.driver === mutant && result.outcome === 'failed');
    assert.ok(
      failed.some(result => result.noun === noun),
      `failed in ${noun}; failed were: ${failed.map(result => `${result.noun}: ${result.title}`).join(' | ')}`,
    );
  });
