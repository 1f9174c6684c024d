/** Making and ending snapshots. */
import type { World } from '../../../world/world.ts';
import type { Snapshot, Volume } from '../records.ts';
import type { Site } from '../site.ts';
import { pass } from './volume-records.ts';

export const snapshotsOf = (site: Site, volume: Volume): Snapshot[] =>
  [...site.snapshots.values()].filter(each => each.volume === volume);

export function makeSnapshot(
  world: World,
  site: Site,
  volume: Volume,
  given: Pick<Snapshot, 'name' | 'description' | 'metadata'>,
  fails: boolean,
): Snapshot {
  const now = world.now();
  const snapshot: Snapshot = {
    ...given,
    n: site.next(),
    id: site.newId('snapshot'),
    volume,
    sizeGib: volume.sizeGib,
    state: 'creating',
    createdAt: now,
    updatedAt: now,
  };
  site.snapshots.set(snapshot.id, snapshot);
  site.usage.snapshots++;
  site.usage.gigabytes += snapshot.sizeGib;
  pass(site, snapshot, 'creating', 'snapshot', () => {
    snapshot.state = fails ? 'error' : 'available';
    snapshot.updatedAt = world.now();
  });
  return snapshot;
}

export function endSnapshot(world: World, site: Site, snapshot: Snapshot): void {
  snapshot.updatedAt = world.now();
  pass(site, snapshot, 'deleting', 'delete', () => {
    if (!site.snapshots.delete(snapshot.id)) return;
    site.usage.snapshots--;
    site.usage.gigabytes -= snapshot.sizeGib;
  });
}
