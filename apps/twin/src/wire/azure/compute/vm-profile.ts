/**
 * The OS profile of a VM: who may enter, what runs at the first boot. Source: Compute REST API, OSProfile; "FAQ about Linux
 * virtual machines" (user names and passwords).
 */
import { isPublicKey } from './ssh-keys.ts';
import type { Json } from '../call.ts';
import { invalidParameter, missingParameter } from '../errors.ts';
import { booleanAt, nothing, objectAt, objectsAt, textAt } from '../fields.ts';
import type { OsProfile } from '../records.ts';

const forbiddenUsers = new Set(
  `1 123 a actuser adm admin admin1 admin2 administrator aspnet backup console david guest john owner root server sql
  support_388945a0 support sys test test1 test2 test3 user user1 user2 user3 user4 user5 video`.split(/\s+/),
);
const forbiddenPasswords = new Set(
  'abc@123 iloveyou! P@$$w0rd P@ssw0rd P@ssword123 Pa$$word pass@word1 Password! Password1 Password22'.split(
    ' ',
  ),
);

function checkPassword(password: string): void {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter(kind => kind.test(password)).length;
  if (password.length < 6 || password.length > 72 || kinds < 3)
    throw invalidParameter(
      'adminPassword',
      'The supplied password must be between 6-72 characters long and must satisfy at least 3 of password complexity requirements from the following:\n1) Contains an uppercase character\n2) Contains a lowercase character\n3) Contains a numeric digit\n4) Contains a special character\n5) Control characters are not allowed',
    );
  if (forbiddenPasswords.has(password))
    throw invalidParameter('adminPassword', 'The supplied password is not allowed.');
}

/** At most 64 KiB once decoded. */
export function checkData(encoded: string | undefined, target: 'customData' | 'userData'): void {
  if (encoded === undefined) return;
  const good = encoded.length <= 87_380 && encoded.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded);
  if (!good)
    throw invalidParameter(
      target,
      `${target === 'customData' ? 'Custom data in OSProfile' : 'User data'} must be in Base64 encoding and with a maximum length of 87380 characters.`,
    );
}

export function readOsProfile(
  profile: Json,
  vmName: string,
): { os: OsProfile; customData: string | undefined } {
  const computerName = textAt(profile, 'computerName') ?? vmName;
  if (computerName.length > 64 || !/^[A-Za-z0-9]([\w.-]*\w)?$/.test(computerName))
    throw invalidParameter(
      'computerName',
      'Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : \' " , < > / ?.',
    );
  const adminUsername = textAt(profile, 'adminUsername');
  if (adminUsername === undefined || adminUsername === '') throw missingParameter('adminUsername');
  if (forbiddenUsers.has(adminUsername.toLowerCase()))
    throw invalidParameter(
      'adminUsername',
      'The Admin Username specified is not allowed. For more information about disallowed usernames, see https://aka.ms/vmosprofile',
    );
  if (adminUsername.length > 64 || !/^[a-z_][\w.-]*$/i.test(adminUsername))
    throw invalidParameter(
      'adminUsername',
      'The Admin Username specified is not valid: at most 64 letters, digits, hyphens and underscores.',
    );
  if (objectAt(profile, 'windowsConfiguration'))
    throw invalidParameter(
      'windowsConfiguration',
      'The property windowsConfiguration is not valid because the image is of Linux.',
    );
  const linux = objectAt(profile, 'linuxConfiguration') ?? nothing;
  const disablePasswordAuthentication =
    booleanAt(linux, 'disablePasswordAuthentication', 'linuxConfiguration.') ?? false;
  const path = `/home/${adminUsername}/.ssh/authorized_keys`;
  const ssh = objectAt(linux, 'ssh', 'linuxConfiguration.') ?? nothing;
  const keys = (objectsAt(ssh, 'publicKeys', 'linuxConfiguration.ssh.') ?? []).map(key => {
    const given = textAt(key, 'path') ?? path;
    if (given !== path)
      throw invalidParameter(
        'linuxConfiguration.ssh.publicKeys.path',
        `Destination path for SSH public keys is currently limited to its default value ${path} due to a known issue in Linux provisioning agent.`,
      );
    const keyData = textAt(key, 'keyData') ?? '';
    if (!isPublicKey(keyData))
      throw invalidParameter(
        'linuxConfiguration.ssh.publicKeys.keyData',
        'The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.',
      );
    return { path, keyData };
  });
  const password = textAt(profile, 'adminPassword');
  if (password !== undefined) checkPassword(password);
  if (keys.length === 0 && (disablePasswordAuthentication || password === undefined))
    throw invalidParameter(
      disablePasswordAuthentication ? 'linuxConfiguration' : 'adminPassword',
      'Authentication using either SSH or by user name and password must be enabled in Linux profile. For more information, see https://aka.ms/vmosprofile',
    );
  if (disablePasswordAuthentication && password !== undefined)
    throw invalidParameter(
      'adminPassword',
      'The property adminPassword is not valid because password authentication is disabled.',
    );
  const customData = textAt(profile, 'customData');
  checkData(customData, 'customData');
  return { os: { computerName, adminUsername, disablePasswordAuthentication, keys }, customData };
}
