/** Which MCIS a resource of a connection belongs to. */
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import type { Tumblebug } from './tumblebug.ts';

/** `MCIS "web" (namespace "default")`; undefined where it is none's. What an MCIS names, and did not make, is not its own. */
export async function holderOf(
  bug: Pick<Tumblebug, 'vms' | 'mcises'>,
  connection: string,
  kind: IntegratedKind,
  name: string,
): Promise<string | undefined> {
  const title = (mcis: { namespace: string }, called: string) =>
    `MCIS ${JSON.stringify(called)} (namespace ${JSON.stringify(mcis.namespace)})`;
  if (kind === 'vm') {
    const vm = (await bug.vms.all()).find(each => each.connection === connection && each.vmName === name);
    return vm && title(vm, vm.mcis);
  }
  for (const mcis of await bug.mcises.all()) {
    const isNetworks = mcis.networks.some(
      network =>
        network.connection === connection &&
        ((kind === 'vpc' && network.vpc === name) || (kind === 'key-pair' && network.keyPair === name)),
    );
    const isGroups = mcis.plans.some(
      plan =>
        plan.connection === connection &&
        kind === 'security-group' &&
        plan.securityGroupMade &&
        plan.securityGroups.includes(name),
    );
    if (isNetworks || isGroups) return title(mcis, mcis.name);
  }
  return undefined;
}
