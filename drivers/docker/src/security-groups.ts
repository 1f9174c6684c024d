/**
 * Security groups: kept, shown and asked after as on every cloud – and not enforced: Docker filters no packets between a container and
 * its network. What is published to the outside is another matter: of a host elsewhere only port 22 is.
 */
import type { SecurityGroups } from '@cloud-barista/driver/security-groups';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { filters, type Engine } from './engine.ts';
import { cut, label, listMarks, makeMark, readMark, removeMark, tokenIn, type Mark } from './marks.ts';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { Driver } from '@cloud-barista/driver/driver';

const shown = ({ name, token, data }: Mark) => ({
  id: cloudId(name),
  name,
  vpc: '' as const,
  rules: ((data ?? {}) as { rules?: SecurityRule[] }).rules ?? [],
  ...tokenIn(token),
});

export function createSecurityGroups(
  engine: Engine,
  driver: Pick<Driver, 'name' | 'capabilities'>,
): SecurityGroups {
  return {
    async create(call, { name, rules }) {
      return shown(
        await makeMark(engine, call, 'security-group', { name, token: call.token, data: { rules } }),
      );
    },
    list: async call =>
      cut((await listMarks(engine, call, 'security-group')).map(shown), group => group.id, call),
    get: async (call, id) => shown(await readMark(engine, call, 'security-group', id)),
    async delete(call, id) {
      const containers = await engine.ask<{ Names: string[]; Labels: Record<string, string> }[]>(
        call,
        'GET',
        `/containers/json?all=1&${filters({ label: [label.groups] })}`,
        { resource: 'vm' },
      );
      const user = containers.find(container =>
        (container.Labels[label.groups] ?? '').split(',').includes(id),
      );
      if (user)
        throw new BaristaError(
          'failed_precondition',
          `The security group ${id} is used by the container ${user.Names[0] ?? ''}.`,
          { next: 'Terminate that VM first.' },
        );
      await removeMark(engine, call, 'security-group', id);
    },
    async addRules() {
      requireCapability(driver, 'securityGroup.changeRules');
    },
    async removeRules() {
      requireCapability(driver, 'securityGroup.changeRules');
    },
  };
}
