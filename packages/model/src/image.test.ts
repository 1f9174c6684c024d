/** Names of real images, as the clouds write them, and what is read out of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImageName } from './image.ts';

const cases: [name: string, os: string, osVersion: string, user: string][] = [
  ['ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260101', 'ubuntu', '22.04', 'ubuntu'],
  ['ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261001', 'ubuntu', '24.04', 'ubuntu'],
  ['Ubuntu Server 20.04 LTS', 'ubuntu', '20.04', 'ubuntu'],
  ['ubuntu-22.04', 'ubuntu', '22.04', 'ubuntu'],
  ['debian-12-amd64-20260115-1993', 'debian', '12', 'debian'],
  ['Rocky-9-EC2-Base-9.4-20260101.0.x86_64', 'rocky', '9', 'rocky'],
  ['AlmaLinux OS 9.4.20260101 x86_64', 'almalinux', '9.4', 'almalinux'],
  ['CentOS Stream 9 x86_64 20260101', 'centos', '9', 'centos'],
  ['CentOS-7-x86_64-GenericCloud', 'centos', '7', 'centos'],
  ['al2023-ami-2023.6.20260101.0-kernel-6.1-x86_64', 'amazon-linux', '2023', 'ec2-user'],
  ['amzn2-ami-hvm-2.0.20260101.0-x86_64-gp2', 'amazon-linux', '2', 'ec2-user'],
  ['Amazon Linux 2023', 'amazon-linux', '2023', 'ec2-user'],
  ['Windows_Server-2022-English-Full-Base-2026.01.01', 'windows', '2022', 'Administrator'],
  ['cirros-0.6.2-x86_64-disk', 'cirros', '0.6.2', 'cirros'],
  ['my-golden-image', '', '', ''],
  ['', '', '', ''],
];

for (const [name, os, osVersion, user] of cases)
  test(`${JSON.stringify(name)} is ${os === '' ? 'nothing known' : `${os} ${osVersion}`}`, () => {
    assert.deepEqual(readImageName(name), { os, osVersion, user });
  });

test('a word that only looks like one', () => {
  // "al2" and "al2023" stand in the middle of other words too.
  for (const name of ['metal2-base', 'global2023', 'real2-disk'])
    assert.equal(readImageName(name).os, '', name);
});
