import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { searchPatterns, toImage } from './images.ts';

/** As EC2 matches a filter's value: `*` any characters, `?` one, both literal behind a backslash; cases differ. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\(.)|([*?])|([^*?\\])/gsu, (_, literal, wild, plain) =>
    wild === '*'
      ? '[^]*'
      : wild === '?'
        ? '[^]'
        : (literal ?? plain).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
  );
  return new RegExp(`^${source}$`).test(text);
}

const user = (Name: string, OwnerId: string) => toImage({ Name, OwnerId }).user;

describe('images', () => {
  it('a search’s patterns hold every name with it inside, in any case, within EC2’s limits', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abUXyz0.-/*?\\ ('.split('')), maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (before, search, after) => {
        const patterns = searchPatterns(search);
        assert.ok(patterns.length <= 200 && patterns.every(pattern => pattern.length <= 255));
        for (const found of [search, search.toUpperCase(), search.toLowerCase()])
          assert.ok(
            patterns.some(pattern => matches(pattern, before + found + after)),
            `${patterns[0]}: ${before}${found}${after}`,
          );
      }),
    );
    assert.ok(!searchPatterns('ubuntu').some(pattern => matches(pattern, 'debian-12-amd64')));
  });

  it('are told by their owner and name', () => {
    assert.equal(user('debian-12-amd64-20260101-1', '136693071363'), 'admin');
    assert.equal(
      user('ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260101', '099720109477'),
      'ubuntu',
    );
    assert.equal(user('Rocky-9-EC2-Base-9.4-20260101.0.x86_64', '792107900819'), 'rocky');
    assert.equal(user('al2023-ami-2023.6.20260101.0-kernel-6.1-x86_64', '137112412989'), 'ec2-user');
    assert.equal(user('ours', '123456789012'), 'ec2-user');
    assert.deepEqual(
      toImage({
        ImageId: 'ami-1',
        Name: 'debian-12-amd64-20260101-1',
        OwnerId: '136693071363',
        Architecture: 'x86_64',
        State: 'available',
        CreationDate: '2026-01-01T00:00:00.000Z',
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } }],
      }),
      {
        id: 'ami-1',
        name: 'debian-12-amd64-20260101-1',
        os: 'debian',
        osVersion: '12',
        architecture: 'x86_64',
        user: 'admin',
        available: true,
        created: '2026-01-01T00:00:00.000Z',
        minDiskGb: 8,
      },
    );
  });
});
