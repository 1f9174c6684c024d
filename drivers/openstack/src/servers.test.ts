import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { metadataFor, readServer, stateOf } from './servers.ts';

test('status and task are one state', () => {
  const table: [string, string | null | undefined, VmState][] = [
    ['BUILD', 'scheduling', 'Creating'],
    ['BUILD', 'spawning', 'Creating'],
    ['BUILD', 'deleting', 'Terminating'],
    ['ACTIVE', null, 'Running'],
    ['ACTIVE', undefined, 'Running'],
    ['ACTIVE', 'image_snapshot', 'Running'],
    ['ACTIVE', 'powering-off', 'Suspending'],
    ['ACTIVE', 'deleting', 'Terminating'],
    ['SHUTOFF', null, 'Suspended'],
    ['SHUTOFF', 'powering-on', 'Resuming'],
    ['SHUTOFF', 'deleting', 'Terminating'],
    ['REBOOT', 'reboot_started', 'Rebooting'],
    ['HARD_REBOOT', 'rebooting_hard', 'Rebooting'],
    ['ERROR', null, 'Failed'],
    ['ERROR', 'deleting', 'Terminating'],
    ['DELETED', null, 'Terminated'],
    ['DELETED', 'deleting', 'Terminated'],
    ['SOFT_DELETED', null, 'Terminated'],
    ['PAUSED', null, 'Undefined'],
    ['SHELVED_OFFLOADED', null, 'Undefined'],
    ['A_NEW_ONE', null, 'Undefined'],
  ];
  for (const [status, task, state] of table) assert.equal(stateOf(status, task), state, `${status} ${task}`);
});

test('what the metadata carries comes back, however many groups', () => {
  for (const count of [1, 6, 7, 16]) {
    const securityGroups = Array.from({ length: count }, () => cloudId(crypto.randomUUID()));
    const token = newToken();
    const ids = { image: cloudId('i'), spec: cloudId('f'), vpc: cloudId('n'), subnet: cloudId('s') };
    const metadata = metadataFor(
      token,
      { ...ids, name: 'vm', keyPair: cloudId('k'), securityGroups },
      'i',
      undefined,
    );
    for (const value of Object.values(metadata)) assert.ok(value.length <= 255);
    const vm = readServer({
      id: 'v',
      name: 'vm',
      status: 'ACTIVE',
      created: '2026-11-21T08:00:00Z',
      metadata,
      flavor: { id: 'f' },
      image: '',
      key_name: 'k',
      addresses: {
        net: [
          { addr: 'fd00::1', version: 6, 'OS-EXT-IPS:type': 'fixed' },
          { addr: '10.0.0.5', version: 4, 'OS-EXT-IPS:type': 'fixed' },
          { addr: '203.0.113.9', version: 4, 'OS-EXT-IPS:type': 'floating' },
        ],
      },
    });
    assert.deepEqual(vm, {
      ...ids,
      id: 'v',
      name: 'vm',
      state: 'Running',
      securityGroups,
      keyPair: 'k',
      zone: '',
      publicIp: '203.0.113.9',
      privateIp: '10.0.0.5',
      created: '2026-11-21T08:00:00Z',
      token,
    });
  }
});
