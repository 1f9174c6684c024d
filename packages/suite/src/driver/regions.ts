/** Regions and zones that the cloud tells of. */
import assert from 'node:assert/strict';
import { skip, type It } from './stage.ts';

export function regionCases(it: It): void {
  it(
    'lists them ordered by id, each once, the zones of each likewise; the own one is among them and available',
    async stage => {
      const { cloud, driver, subject } = stage;
      const regions = await (cloud.regions ?? skip('no regions')).list(stage.call());
      const sorted = (ids: string[]) => [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
      const ids = regions.map(region => region.id);
      assert.deepEqual(ids, sorted(ids));
      for (const { name, zones } of regions) {
        assert.ok(name !== '');
        const zoneIds = zones.map(zone => zone.id);
        assert.deepEqual(zoneIds, sorted(zoneIds));
      }
      const here = driver.regionOf(subject.config);
      const own = regions.find(region => region.id === here.region);
      assert.ok(own?.available, `${here.region} is among ${ids.slice(0, 50).join(', ')}, and available`);
      if (here.zone !== '') {
        const zones = own.zones.map(zone => zone.id);
        assert.ok(zones.includes(here.zone), `${here.zone} is among ${zones.join(', ')}`);
      }
    },
    'region.list',
  );
}
