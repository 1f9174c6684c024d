import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { compareVersions, mayHold, parseUrn, publishers, readUrn, textOf } from './image-names.ts';

for (const [urn, os, osVersion] of [
  ['Canonical:ubuntu-24_04-lts:server:24.04.202502020', 'ubuntu', '24.04'],
  ['Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2:22.04.202501010', 'ubuntu', '22.04'],
  ['Canonical:UbuntuServer:18.04-LTS:latest', 'ubuntu', '18.04'],
  ['Debian:debian-12:12-gen2:0.20250101.1', 'debian', '12'],
  ['RedHat:RHEL:9_4:9.4.2024052010', 'rhel', '9.4'],
  ['RedHat:RHEL:94_gen2:9.4.2024052010', 'rhel', '9.4'],
  ['RedHat:RHEL:810-gen2:8.10.2024052010', 'rhel', '8.10'],
  ['almalinux:almalinux-x86_64:9-gen2:9.4.2024050902', 'almalinux', '9'],
  ['resf:rockylinux-x86_64:9-base:9.4.20240509', 'rocky', '9'],
  ['SUSE:sles-15-sp6:gen2:2024.07.01', 'sles', '15.6'],
  ['SUSE:opensuse-leap-15-6:gen2:2024.07.01', 'opensuse', '15.6'],
  ['MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2:20348.2461.240510', 'windows', '2022'],
  ['someone:centos-stream:9:1.0.0', 'centos', '9'],
] as const)
  it(`reads ${urn}`, () => {
    const parsed = parseUrn(urn);
    assert.ok(parsed);
    assert.equal(textOf(parsed), urn);
    assert.deepEqual(readUrn(parsed), { os, osVersion });
  });

it('what is no URN is none', () => {
  for (const text of ['', 'no-such-image', 'a:b:c', 'a:b:c:d:e', 'a:b/..:c:d', 'a::c:d', '/subscriptions/x'])
    assert.equal(parseUrn(text), undefined);
});

it('lists plain systems', () => {
  const takes = (publisher: string, offer: string) =>
    publishers.some(({ name, offers }) => name === publisher && offers.test(offer));
  assert.ok(takes('Canonical', 'ubuntu-24_04-lts') && takes('Canonical', '0001-com-ubuntu-server-noble'));
  assert.ok(
    !takes('Canonical', '0001-com-ubuntu-minimal-jammy-daily') &&
      !takes('Canonical', 'test-ubuntu-premium-offer-0002'),
  );
  assert.ok(takes('SUSE', 'sles-15-sp6') && !takes('SUSE', 'sles-sap-15-sp6'));
});

it('no search misses an image for a version that was not asked for', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('Canonical:ubuntu-24_04-lts:server:24.04.202502020', 'Debian:debian-12:12:0.2025.1'),
      fc.nat(60),
      fc.nat(60),
      (urn, from, length) => {
        const search = urn.slice(from, from + length).toUpperCase();
        assert.ok(mayHold(urn.split(':').slice(0, 3), search), search);
      },
    ),
  ));

it('words that are not in publisher, offer and SKU cost no request for versions', () => {
  const parts = ['Canonical', 'ubuntu-24_04-lts', 'server'];
  for (const search of ['debian', 'no-such-image', 'server2', 'ubuntu:24'])
    assert.equal(mayHold(parts, search), false, search);
  for (const search of ['', '24.04', 'UBUNTU', 'server:24', 'r:2', '9'])
    assert.equal(mayHold(parts, search), true, search);
});

it('compares versions by their numbers', () => {
  const sorted = ['24.04.202410', '24.04.202502', '24.10.1', '124.1.1'];
  assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
});
