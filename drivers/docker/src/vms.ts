/**
 * VMs: containers of an image that runs an SSH server. Reached at their own address where the engine is this machine's, else at a
 * port that the host publishes. Suspending pauses: everything stays in memory, as it was.
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { Driver } from '@cloud-barista/driver/driver';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { bootFiles, firstBootOf } from './boot.ts';
import { findVm, listContainers, listOurs, one, type Container } from './containers.ts';
import { sweep } from './custom-images.ts';
import { filters, type Engine } from './engine.ts';
import { EngineError, isAbsent } from './errors.ts';
import { inspectImage } from './images.ts';
import { publicKeyOf } from './key-pairs.ts';
import { cut, label, readMark, tokenIn } from './marks.ts';
import { offered } from './specs.ts';
import { tar } from './tar.ts';

/** Source: Engine API, "ContainerState.Status". */
const states = {
  created: 'Creating',
  running: 'Running',
  paused: 'Suspended',
  restarting: 'Rebooting',
  removing: 'Terminating',
  exited: 'Suspended',
  dead: 'Failed',
} as const satisfies Record<string, VmState>;
export const stateOf = (word: string): VmState =>
  Object.hasOwn(states, word) ? states[word as keyof typeof states] : 'Undefined';

function shown(engine: Engine, container: Container): CloudVm {
  const { Labels } = container;
  const subnet = Labels[label.subnet] ?? '';
  const address = container.NetworkSettings.Networks?.[subnet]?.IPAddress ?? '';
  const port = container.Ports.find(
    each => each.PrivatePort === 22 && each.Type === 'tcp' && each.PublicPort !== undefined,
  )?.PublicPort;
  const own = engine.host === '';
  return {
    id: cloudId(container.Id),
    name: (container.Names[0] ?? '').replace(/^\//, ''),
    state: stateOf(container.State),
    // The engine's own word for it is a digest as soon as the image's name is gone.
    image: cloudId(Labels[label.image] ?? container.Image),
    spec: cloudId(Labels[label.spec] ?? ''),
    vpc: cloudId(Labels[label.vpc] ?? ''),
    subnet: cloudId(subnet),
    securityGroups: (Labels[label.groups] ?? '').split(',').filter(Boolean).map(cloudId),
    keyPair: cloudId(Labels[label.key] ?? ''),
    zone: '',
    publicIp: own ? address : engine.host,
    privateIp: address,
    created: new Date(container.Created * 1000).toISOString(),
    ...(!own && port !== undefined && { ssh: { host: engine.host, port } }),
    ...tokenIn(Labels[label.token]),
  };
}

export const marked = async (engine: Engine, call: Call, token: string): Promise<string[]> =>
  (await listContainers(engine, call, { label: [`${label.token}=${token}`] })).map(container => container.Id);

async function requireParts(engine: Engine, call: Call, request: VmRequest): Promise<void> {
  const networks = await engine.ask<{ Name: string; Labels: Record<string, string> | null }[]>(
    call,
    'GET',
    `/networks?${filters({ label: [`${label.vpc}=${request.vpc}`] })}`,
    { resource: 'subnet' },
  );
  if (!networks.some(network => network.Name === request.subnet))
    throw new BaristaError(
      'not_found',
      `The VPC ${request.vpc} has no subnet ${request.subnet.slice(0, 100)}.`,
      { where: 'subnet' },
    );
  await Promise.all(request.securityGroups.map(group => readMark(engine, call, 'security-group', group)));
}

export function createVms(engine: Engine, driver: Pick<Driver, 'name' | 'capabilities'>): Vms {
  /** What a container that was made still lacks: its key, its start, its first boot. Each may be done twice. */
  async function bringUp(call: CreateCall, request: VmRequest, id: string): Promise<void> {
    const about = { resource: 'vm', name: request.name, idempotent: true } as const;
    const [{ user }, publicKey] = await Promise.all([
      inspectImage(engine, call, request.image),
      publicKeyOf(engine, call, request.keyPair),
    ]);
    await engine.ask(call, 'PUT', `/containers/${id}/archive?path=/`, {
      ...about,
      raw: tar(bootFiles(call.token, user, publicKey, request.userData)),
    });
    await engine.ask(call, 'POST', `/containers/${id}/start`, about);
    const exec = { Cmd: ['/bin/sh', firstBootOf(call.token)], User: 'root' };
    const { Id } = await engine.ask<{ Id: string }>(call, 'POST', `/containers/${id}/exec`, about, exec);
    await engine
      .ask(call, 'POST', `/exec/${Id}/start`, { ...about, idempotent: false }, { Detach: true })
      .catch((error: unknown) => {
        // Started by the attempt whose answer was lost.
        if (!(error instanceof BaristaError) || error.code !== 'already_exists') throw error;
      });
  }

  const find = (call: Call, id: CloudId) => findVm(engine, call, id);
  async function act(call: Call, id: CloudId, deed: (state: string) => string | undefined): Promise<void> {
    const { State } = await find(call, id);
    const action = deed(State);
    if (action === undefined)
      throw new BaristaError('failed_precondition', `The container is ${State}.`, {
        where: 'vm',
        next: `It is ${stateOf(State)}: choose an action for that state.`,
      });
    if (action === '') return;
    await engine.ask(call, 'POST', `/containers/${id}/${action}`, { resource: 'vm', name: id });
  }

  return {
    async create(call, request) {
      const { name, image, spec, vpc, subnet, securityGroups, keyPair, userData } = request;
      if (request.rootDiskGb !== undefined) requireCapability(driver, 'vm.rootDisk');
      const size = (await offered(engine, call)).find(each => each.id === spec);
      if (!size)
        throw new BaristaError(
          'not_found',
          `The host offers no size ${JSON.stringify(spec.slice(0, 100))}.`,
          { where: 'spec', next: 'Sizes are written like cpu1-mem512.' },
        );
      if (userData !== undefined && !userData.startsWith('#!'))
        throw new BaristaError(
          'unimplemented',
          'A container runs no cloud-init: only a #! script can be its user data.',
          { where: 'userData', next: 'Write it as a script.' },
        );
      const there = call.again
        ? await one(engine, call, { label: [`${label.token}=${call.token}`] })
        : undefined;
      let id = there?.Id;
      if (id === undefined) {
        await Promise.all([
          requireParts(engine, call, request),
          inspectImage(engine, call, image),
          publicKeyOf(engine, call, keyPair),
        ]);
        const labels = {
          [label.token]: call.token,
          [label.vpc]: vpc,
          [label.subnet]: subnet,
          [label.groups]: securityGroups.join(','),
          [label.key]: keyPair,
          [label.spec]: spec,
          [label.image]: image,
        };
        const body = {
          Image: image,
          Hostname: name.slice(0, 63),
          Labels: labels,
          ExposedPorts: { '22/tcp': {} },
          HostConfig: {
            NetworkMode: subnet,
            NanoCpus: size.cpu * 1e9,
            Memory: size.memoryMib * 2 ** 20,
            RestartPolicy: { Name: 'unless-stopped' },
            ...(engine.host !== '' && { PortBindings: { '22/tcp': [{ HostPort: '' }] } }),
          },
        };
        ({ Id: id } = await engine.ask<{ Id: string }>(
          call,
          'POST',
          `/containers/create?name=${encodeURIComponent(name)}`,
          { resource: 'vm', name },
          body,
        ));
      }
      if (there === undefined || there.State === 'created') await bringUp(call, request, id);
      return shown(engine, await find(call, cloudId(id)));
    },
    async list(call) {
      const all = (await listOurs(engine, call)).sort((a, b) => (a.Id < b.Id ? -1 : 1));
      return cut(
        all.map(container => shown(engine, container)),
        vm => vm.id,
        call,
      );
    },
    get: async (call, id) => shown(engine, await find(call, id)),
    async getMany(call, ids) {
      const wanted = new Set<string>(ids);
      return (await listOurs(engine, call))
        .filter(({ Id }) => wanted.has(Id))
        .map(container => shown(engine, container));
    },
    suspend: (call, id) =>
      act(call, id, state =>
        state === 'running' ? 'pause' : state === 'paused' || state === 'exited' ? '' : undefined,
      ),
    resume: (call, id) =>
      act(call, id, state =>
        state === 'paused' ? 'unpause' : state === 'exited' ? 'start' : state === 'running' ? '' : undefined,
      ),
    // The grace is short: what runs inside is told, as a machine's reset would not even do.
    reboot: (call, id) =>
      act(call, id, state => (state === 'running' ? 'restart?t=2' : state === 'restarting' ? '' : undefined)),
    async terminate(call, id) {
      const vm = await find(call, id).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
      if (!vm) return;
      try {
        await engine.ask(call, 'DELETE', `/containers/${vm.Id}?force=true&v=true`, {
          resource: 'vm',
          name: id,
        });
      } catch (error) {
        const removing =
          error instanceof BaristaError && error.cause instanceof EngineError && error.cause.status === 409;
        if (!isAbsent(error) && !removing) throw error;
      }
      if (vm.Labels[label.imageToken] !== undefined) await sweep(engine, call);
    },
  };
}
