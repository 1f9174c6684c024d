/**
 * What belongs to exactly one instance is derived from its id and not stored: network interface, MAC address, volumes.
 * It keeps a VM at rest small, and finds the instance of a volume without a second table.
 */

const tail = (id: string): string => id.slice(id.lastIndexOf('-') + 1);

export const interfaceId = (instance: string): string => `eni-${tail(instance)}`;
export const interfaceAttachmentId = (instance: string): string => `eni-attach-${tail(instance)}`;
export const instanceOf = (id: string): string => `i-${tail(id)}`;

/** The first digit, always 0 in an instance's id, tells its volumes apart: at most 16. */
export const mostVolumes = 16;
export const volumeId = (instance: string, index: number): string =>
  `vol-${index.toString(16)}${tail(instance).slice(1)}`;
export const instanceOfVolume = (volume: string): { instance: string; index: number } => ({
  instance: `i-0${tail(volume).slice(1)}`,
  index: Number.parseInt(tail(volume).slice(0, 1), 16),
});

/** 02: a locally administered unicast address, as EC2's are. */
export const macAddress = (instance: string): string => {
  const digits = tail(instance).slice(-10);
  return `02:${(digits.match(/../g) ?? []).join(':')}`;
};

export const hostname = (privateIp: string): string => `ip-${privateIp.replaceAll('.', '-')}`;
export const publicHostname = (publicIp: string): string => `ec2-${publicIp.replaceAll('.', '-')}`;
