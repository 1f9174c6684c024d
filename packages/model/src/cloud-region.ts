/** A region that a cloud has (where our noun `region` is the record of how one is reached). */
import type { Static } from 'typebox';
import { closed } from './schema.ts';
import { Type } from './type.ts';

export const CloudZone = closed({ id: Type.String(), available: Type.Boolean() });
export const CloudRegion = closed({
  /** As a region's record names it, e.g. ap-northeast-2. */
  id: Type.String(),
  /** As people know it, e.g. Asia Pacific (Seoul); the id where the cloud has no other name. */
  name: Type.String(),
  /** False where the account may not use it, or it is down. */
  available: Type.Boolean(),
  /** Ordered by id; empty where the cloud has none, or tells them of the connection's own region only. */
  zones: Type.Array(CloudZone),
});
export type CloudRegion = Static<typeof CloudRegion>;
