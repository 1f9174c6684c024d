import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { Call } from './call.ts';

export interface Regions {
  /** All regions that the cloud tells the account of, ordered by id; zones at least of the connection's own region. */
  list(call: Call): Promise<CloudRegion[]>;
}
