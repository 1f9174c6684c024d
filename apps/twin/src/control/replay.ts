/** An exported call history (JSON lines) for `POST /replay`: read, checked, and given to the clouds that its calls were made to. */
import { Value } from 'typebox/value';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Cloud } from '../world/clouds.ts';
import type { RecordedCall, ReplayState } from '../world/replay.ts';
import type { World } from '../world/world.ts';
import { RecordedCallLine } from './schemas.ts';

function callsOf(body: Buffer): RecordedCall[] {
  const calls: RecordedCall[] = [];
  for (const [index, line] of body.toString('utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1}`;
    let call: unknown;
    try {
      call = JSON.parse(line);
    } catch (error) {
      throw new BaristaError('invalid_argument', `Line ${index + 1} is not JSON.`, {
        next: `Export calls with: barista calls export. ${(error as Error).message}`,
        where,
      });
    }
    if (!Value.Check(RecordedCallLine, call)) {
      const [first] = [...Value.Errors(RecordedCallLine, call)];
      throw new BaristaError(
        'invalid_argument',
        `Line ${index + 1} is no recorded call: ${first?.instancePath ?? ''} ${first?.message ?? 'does not fit'}.`,
        { next: 'Export calls with: barista calls export', where },
      );
    }
    if (!Number.isFinite(Date.parse(call.start)))
      throw new BaristaError('invalid_argument', `Line ${index + 1} has no time in "start".`, { where });
    calls.push(call);
  }
  if (calls.length === 0)
    throw new BaristaError('invalid_argument', 'There is no call in it.', {
      next: 'Export calls with: barista calls export',
      where: 'body',
    });
  return calls;
}

function speedOf(text: string | null): number {
  const speed = text === null ? 1 : Number(text);
  if (text !== '' && Number.isFinite(speed) && speed >= 0) return speed;
  throw new BaristaError('invalid_argument', `${JSON.stringify(text)} is no speed.`, {
    next: '1 takes as long as recorded, 10 a tenth of it, 0 does not wait.',
    where: 'speed',
  });
}

/** The cloud that a call is replayed at: the one that its connection is named after, else the only one of its kind. */
function cloudFor(world: World, call: RecordedCall): Cloud | undefined {
  const clouds = world.clouds().filter(cloud => cloud.kind === call.provider.toLowerCase());
  if (clouds.length < 2) return clouds[0];
  const { connection = '' } = call;
  const named = clouds
    .filter(({ name }) => connection === name || connection.startsWith(`${name}-`))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (named) return named;
  throw new BaristaError(
    'failed_precondition',
    `The Twin has ${clouds.length} clouds of ${call.provider}, none named after the connection ${JSON.stringify(connection)}.`,
    { next: `Say which: --cloud ${clouds[0]?.name ?? ''}`, where: 'cloud' },
  );
}

export function loadReplay(world: World, query: URLSearchParams, body: Buffer): ReplayState[] {
  const speed = speedOf(query.get('speed'));
  const calls = callsOf(body);
  const name = query.get('cloud');
  const asked = name === null ? undefined : world.cloud(name);
  const byCloud = new Map<Cloud, RecordedCall[]>();
  for (const call of calls) {
    const cloud =
      asked?.kind === call.provider.toLowerCase() ? asked : asked ? undefined : cloudFor(world, call);
    if (!cloud) continue;
    const theirs = byCloud.get(cloud);
    if (theirs) theirs.push(call);
    else byCloud.set(cloud, [call]);
  }
  if (byCloud.size === 0)
    throw new BaristaError(
      'failed_precondition',
      `None of its ${calls.length} calls went to a cloud ${asked ? `like ${asked.name}` : 'that is here'}: they went to ${[...new Set(calls.map(({ provider }) => provider))].slice(0, 5).join(', ')}.`,
      { next: 'Add one: barista twin add NAME --kind KIND', where: 'body' },
    );
  return [...byCloud].map(([cloud, theirs]) => {
    const kind = world.kinds.find(each => each.kind === cloud.kind);
    if (!kind) throw new BaristaError('internal', `No wire for ${cloud.kind}.`);
    return world.replay.load(cloud, kind, theirs, { speed });
  });
}
