/** An image: what a VM's disk starts from. `name` is the cloud's own; `os` is read out of it. */
import type { Static } from 'typebox';
import { closed } from './schema.ts';
import { Type } from './type.ts';

export const Image = closed({
  id: Type.String(),
  name: Type.String(),
  /** e.g. ubuntu, debian, centos, rocky, amazon-linux, windows; "" where it can't be told. */
  os: Type.String(),
  /** e.g. 22.04; "" where it can't be told. */
  osVersion: Type.String(),
  architecture: Type.Union([Type.Literal('x86_64'), Type.Literal('arm64'), Type.Literal('')]),
  /** The login user that cloud-init makes, e.g. ubuntu, ec2-user. */
  user: Type.String(),
  available: Type.Boolean(),
  /** RFC 3339; "" where the cloud does not say. */
  created: Type.String(),
  /** GiB; 0 where the cloud does not say. */
  minDiskGb: Type.Number(),
  /** Made of a VM of the account: it is meant by its own name only, never by its system's. */
  custom: Type.Optional(Type.Literal(true)),
});
export type Image = Static<typeof Image>;

/** Operating systems, the words that tell them in an image's name, and the login user of their cloud images. */
const systems = [
  { os: 'ubuntu', word: /ubuntu[^0-9]*(\d\d\.\d\d)/i, user: 'ubuntu' },
  { os: 'debian', word: /debian[^0-9]*(\d{1,2})/i, user: 'debian' },
  { os: 'rocky', word: /rocky[^0-9]*(\d+(?:\.\d+)?)/i, user: 'rocky' },
  { os: 'almalinux', word: /alma(?:linux)?[^0-9]*(\d+(?:\.\d+)?)/i, user: 'almalinux' },
  { os: 'centos', word: /centos[^0-9]*(\d+)/i, user: 'centos' },
  { os: 'amazon-linux', word: /(?<![a-z])(?:al|amzn|amazon[ -]linux[ -])(2023|2)(?!\d)/i, user: 'ec2-user' },
  { os: 'windows', word: /windows[^0-9]*(\d{4})/i, user: 'Administrator' },
  { os: 'cirros', word: /cirros[^0-9]*(\d+\.\d+(?:\.\d+)?)/i, user: 'cirros' },
] as const;

/** What an image's name says of its system. Vendors' names are like `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260101`. */
export function readImageName(name: string): { os: string; osVersion: string; user: string } {
  for (const system of systems) {
    const match = system.word.exec(name);
    if (match) return { os: system.os, osVersion: match[1] ?? '', user: system.user };
  }
  return { os: '', osVersion: '', user: '' };
}
