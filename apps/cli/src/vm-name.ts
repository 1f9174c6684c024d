/** A VM of a connection, by its own name or as `MCIS/VM`. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Context } from './context.ts';

export const vmArgument = 'its name there, or MCIS/VM';

/** invalid_argument where the MCIS has it on another connection. */
export async function vmNameOf(
  { client, settings, signal }: Context,
  connection: string,
  word: string,
): Promise<string> {
  const [mcis = '', vm] = word.split('/');
  if (vm === undefined) return word;
  const found = await client.call('mcis-vm.get', { namespace: settings.namespace, mcis, vm }, { signal });
  if (found.connection === connection) return found.vmName;
  throw new BaristaError('invalid_argument', `${word} is a VM of the connection ${found.connection}.`, {
    where: '--connection',
    next: `Say --connection ${found.connection}.`,
  });
}
