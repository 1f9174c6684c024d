/**
 * The external address of an instance that stands. A reserved address is put in another's place by deleting the access config and
 * adding one. Source: API reference, instances.addAccessConfig, deleteAccessConfig, updateAccessConfig; "Configure static external IP addresses".
 */
import { regionOf } from './account.ts';
import { checkKeys, text } from './body.ts';
import { parameter, type Call } from './call.ts';
import { GcpError, invalid } from './errors.ts';
import { giveNatIp, shownNatIp, takeNatIp } from './instance-life.ts';
import { accessConfigOf, knownAccess } from './instance-network.ts';
import { act, idle, isDown } from './instance-order.ts';
import { checkRegionQuota, regionUsage } from './quotas.ts';
import type { AccessConfig, Instance } from './records.ts';
import { route } from './router.ts';

const checkInterface = (call: Call) => {
  const name = parameter(call, 'networkInterface');
  if (name !== 'nic0') throw invalid('networkInterface', name, 'No such network interface.');
};
function namedConfig(instance: Instance, name: string): AccessConfig {
  const config = instance.accessConfig;
  if (config?.name !== name) throw invalid('accessConfig', name, `No access config '${name}' exists.`);
  return config;
}

function addAccessConfig(call: Call) {
  const { account, world } = call;
  checkInterface(call);
  const instance = idle(call);
  if (instance.accessConfig)
    throw invalid('access_config', '', 'At most one access config currently supported.');
  const accessConfig = accessConfigOf(call, call.body, 'resource');
  const region = regionOf(instance.zone);
  checkRegionQuota(account, 'IN_USE_ADDRESSES', region, regionUsage(account, region).IN_USE_ADDRESSES);
  instance.accessConfig = accessConfig;
  if (accessConfig.address) accessConfig.address.user = instance;
  if ((!isDown(instance) || accessConfig.address) && !giveNatIp(world, account, instance)) {
    instance.accessConfig = undefined;
    throw new GcpError(400, 'ipSpaceExhausted', 'No external IP address is left in the region.');
  }
  return act(call, instance, 'addAccessConfig');
}

function deleteAccessConfig(call: Call) {
  const { account, world } = call;
  checkInterface(call);
  const name = parameter(call, 'accessConfig');
  const instance = idle(call);
  const config = namedConfig(instance, name);
  takeNatIp(world, account, instance);
  if (config.address) config.address.user = undefined;
  instance.accessConfig = undefined;
  return act(call, instance, 'deleteAccessConfig');
}

/** JSON merge patch of what may change in place: neither the address nor its tier may. */
function updateAccessConfig(call: Call) {
  const { body, world } = call;
  checkInterface(call);
  const instance = idle(call);
  checkKeys(body, knownAccess, 'resource');
  const config = namedConfig(instance, text(body, 'name') ?? instance.accessConfig?.name ?? '');
  const natIP = text(body, 'natIP');
  if (natIP !== undefined && natIP !== shownNatIp(world, instance))
    throw invalid(
      'resource.natIP',
      natIP,
      'The IP address of an access config cannot be changed: delete the access config and add another.',
    );
  const tier = text(body, 'networkTier');
  if (tier !== undefined && tier !== config.tier)
    throw invalid('resource.networkTier', tier, 'The network tier of an access config cannot be changed.');
  return act(call, instance, 'updateAccessConfig');
}

const at = (verb: string) => `POST zones/{zone}/instances/{name}/${verb}`;

export const instanceAccessRoutes = [
  route('instances.addAccessConfig', at('addAccessConfig'), addAccessConfig),
  route('instances.deleteAccessConfig', at('deleteAccessConfig'), deleteAccessConfig),
  route('instances.updateAccessConfig', at('updateAccessConfig'), updateAccessConfig),
];
