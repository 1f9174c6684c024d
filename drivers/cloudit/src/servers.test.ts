/** A server as a VM, what its description keeps, and the blocks and names that marks go into. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { rootPassword } from './door.ts';
import { named } from './fields.ts';
import { isPublicKey } from './key-pairs.ts';
import { markedName, readMarkedName } from './marks.ts';
import { describeServer, isLocked, stateOf, vmOf } from './servers.ts';
import { chooseBlock } from './subnets.ts';

const token = newToken();
const request = {
  name: 'web',
  image: cloudId('image-1'),
  spec: cloudId('spec-1'),
  vpc: cloudId('vpc-1'),
  subnet: cloudId('subnet-1'),
  securityGroups: [cloudId('group-1')],
  keyPair: cloudId('key-1'),
};
const server = {
  id: 's-1',
  name: 'web',
  state: 'Running',
  createdAt: '2020-03-04 05:06:07',
  templateId: 'base',
  specId: 'spec-1',
  privateIp: '10.0.4.2',
  adaptiveIp: '192.0.2.1',
  secgroups: [{ id: 'group-1' }, { id: 'key-1' }],
  description: describeServer(token, request),
};

describe('a server', () => {
  it('shows no public address before its key is in place, and never the group of its key', () => {
    assert.ok(isLocked(server));
    const young = vmOf(server);
    assert.equal(young.publicIp, '');
    assert.deepEqual(young.securityGroups, ['group-1']);
    const vm = vmOf({ ...server, secgroups: [{ id: 'group-1' }] });
    assert.deepEqual(vm, { ...young, publicIp: '192.0.2.1' });
    assert.deepEqual(
      [vm.token, vm.vpc, vm.subnet, vm.keyPair, vm.image, vm.created],
      [token, 'vpc-1', 'subnet-1', 'key-1', 'image-1', '2020-03-04T05:06:07.000Z'],
    );
  });

  it('that others made is a VM too', () => {
    const vm = vmOf({
      id: 's-2',
      name: 'old',
      state: 'HIBERNATED',
      description: '{"Key":"v"}',
      adaptiveIp: '192.0.2.2',
    });
    assert.deepEqual(
      [vm.state, vm.publicIp, vm.keyPair, vm.token],
      ['Undefined', '192.0.2.2', '', undefined],
    );
    assert.equal(stateOf({ id: '', name: '', state: 'stopped' }), 'Suspended');
  });

  it('has a password that only the credential and its token lead to', () => {
    const password = rootPassword('secret', token);
    assert.equal(password, rootPassword('secret', token));
    assert.notEqual(password, rootPassword('other', token));
    assert.notEqual(password, rootPassword('secret', newToken()));
    assert.match(password, /^[\w-]{24}-a1A$/);
  });
});

describe('what Cloudit spells in several ways', () => {
  it('is read in one', () => {
    assert.deepEqual(named([{ ID: 'a', TemplateID: 'b', secgroups: [{ Id: 'c' }], Other: 1 }]), [
      { id: 'a', templateId: 'b', secgroups: [{ id: 'c' }], Other: 1 },
    ]);
  });
});

describe('names with a mark', () => {
  it('come apart again; others stay whole', () => {
    assert.deepEqual(readMarkedName(markedName('data.1', token)), { name: 'data.1', token });
    assert.deepEqual(readMarkedName('data.1'), { name: 'data.1' });
    assert.ok(markedName('x'.repeat(24), token).length <= 45);
  });
});

describe('a block', () => {
  const free = ['10.0.4.0', '10.0.8.0', '10.0.16.0', '10.0.248.0'].map(addr => ({ addr, prefix: '22' }));
  it('lies in the one asked for, or holds it, where such a one is free; else it is the last', () => {
    assert.equal(chooseBlock(free, '10.0.0.0/20')?.addr, '10.0.4.0');
    assert.equal(chooseBlock(free, '10.0.17.0/24')?.addr, '10.0.16.0');
    assert.equal(chooseBlock(free, '10.42.0.0/16')?.addr, '10.0.248.0');
    assert.equal(chooseBlock([], '10.0.0.0/20'), undefined);
  });
});

describe('a public key', () => {
  it('is one line of a known type whose blob says that type', () => {
    const blob = (type: string) => {
      const bytes = Buffer.alloc(4 + type.length + 40);
      bytes.writeUInt32BE(type.length);
      bytes.write(type, 4);
      return bytes.toString('base64');
    };
    const good = `ssh-ed25519 ${blob('ssh-ed25519')}`;
    assert.ok(isPublicKey(good));
    assert.ok(isPublicKey(`${good} me@home it's 한`));
    for (const bad of [
      '',
      'ssh-ed25519',
      `ssh-rsa ${blob('ssh-ed25519')}`,
      `${good}\nssh-ed25519 AAAA`,
      `ssh-dss ${blob('ssh-dss')}`,
    ])
      assert.ok(!isPublicKey(bad), bad);
  });
});
