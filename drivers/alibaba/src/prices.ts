/**
 * Prices by DescribePrice: one spec a request, in parallel, each kept for an hour. Without an image it tells the price of Linux; of the whole
 * order it tells, the part of the instance type is ours: disks and traffic are paid apart.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { CloudPrice, Prices } from '@cloud-barista/driver/prices';
import { hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Price } from '@cloud-barista/model/spec';
import type { Api } from './api.ts';
import { says } from './errors.ts';

const resource = 'price';
const keptMs = 3_600_000;
/** What is said of a type that is none, is not sold here now, or goes with no such order. */
const unpriced = ['not_found', 'resource_exhausted', 'invalid_argument', 'failed_precondition'] as const;
/** Far more than a region has types. */
const keptMost = 4000;

interface Amount {
  OriginalPrice?: number;
  TradePrice?: number;
}
interface Part extends Amount {
  /** instanceType, systemDisk, bandwidth, image … */
  Resource?: string;
}
export interface PriceAnswer {
  PriceInfo?: {
    Price?: Amount & {
      Currency?: string;
      /** The reference says DetailInfo, answers have come with ResourcePriceModel. */
      DetailInfos?: { ResourcePriceModel?: Part[]; DetailInfo?: Part[] };
    };
  };
}

/** What the account pays (TradePrice: its discounts are in it). Undefined where the answer names no price. */
export function toPrice({ PriceInfo }: PriceAnswer): Price | undefined {
  const { Currency: currency = '', DetailInfos, ...whole } = PriceInfo?.Price ?? {};
  const parts = DetailInfos?.ResourcePriceModel ?? DetailInfos?.DetailInfo ?? [];
  const own = parts.find(part => part.Resource?.toLowerCase() === 'instancetype') ?? whole;
  const hourly = own.TradePrice ?? own.OriginalPrice ?? 0;
  return hourly > 0 && currency !== '' ? { hourly, currency } : undefined;
}

export function createPrices(api: Api, now: () => number = () => performance.now()): Prices {
  const kept = new Map<string, { price: Price | undefined; until: number }>();

  function keep(spec: string, price: Price | undefined): void {
    kept.delete(spec);
    for (const oldest of kept.keys()) if (kept.size >= keptMost) kept.delete(oldest);
    kept.set(spec, { price, until: now() + keptMs });
  }

  /** Undefined where the cloud names no price for it here. */
  async function ask(call: Call, spec: CloudId, Category?: string): Promise<Price | undefined> {
    const parameters = {
      ResourceType: 'instance',
      InstanceType: spec,
      PriceUnit: 'Hour',
      Period: 1,
      Amount: 1,
      IoOptimized: 'optimized',
      SystemDisk: { Category, Size: Category === undefined ? undefined : 40 },
    };
    try {
      return toPrice(
        await api.ask<PriceAnswer>(call, 'ecs', 'DescribePrice', parameters, { resource, name: spec }),
      );
    } catch (error) {
      // Types of the first generations go with no ESSD (vms.ts).
      if (Category !== undefined && says(error, 'InvalidSystemDiskCategory', 'InvalidDiskCategory'))
        return ask(call, spec);
      if (hasCode(error, ...unpriced)) return undefined;
      throw error;
    }
  }

  return {
    async get(call, specs) {
      const found = await together(
        [...new Set(specs)].map(async (spec): Promise<CloudPrice[]> => {
          const known = kept.get(spec);
          if (known === undefined || known.until <= now()) keep(spec, await ask(call, spec, 'cloud_essd'));
          const price = kept.get(spec)?.price;
          return price ? [{ spec, ...price }] : [];
        }),
      );
      return found.flat();
    },
  };
}
