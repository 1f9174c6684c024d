/**
 * The judge of drivers: registers node:test cases, one `describe` a noun, that try a driver alone – on its own plain road – against
 * the contract's comments (packages/driver/src). The same cases run on the in-process cloud, on Cloud-Twin and on real clouds.
 */
import { after, before, describe, it } from 'node:test';
import { capabilityCases } from './capabilities.ts';
import { customImageCases } from './custom-images.ts';
import { diskCases } from './disks.ts';
import { driverCases } from './driver.ts';
import { errorCases } from './errors.ts';
import { faultCases } from './faults.ts';
import { imageCases } from './images.ts';
import { keyPairCases } from './key-pairs.ts';
import { leftoverCases } from './leftovers.ts';
import { priceCases } from './prices.ts';
import { publicIpCases } from './public-ips.ts';
import { regionCases } from './regions.ts';
import { securityGroupCases } from './security-groups.ts';
import { specCases } from './specs.ts';
import { createStage, Skip, type It, type Stage } from './stage.ts';
import type { Result, Subject } from './subject.ts';
import { tagCases } from './tags.ts';
import { vmCases } from './vms.ts';
import { vpcCases } from './vpcs.ts';

export type { FaultRule, Result, Subject } from './subject.ts';

/** In the order in which they run: what a VM needs before VMs, what is left last. */
const nouns: Record<string, (it: It) => void> = {
  driver: driverCases,
  capabilities: capabilityCases,
  regions: regionCases,
  images: imageCases,
  specs: specCases,
  prices: priceCases,
  vpcs: vpcCases,
  'security-groups': securityGroupCases,
  'key-pairs': keyPairCases,
  vms: vmCases,
  disks: diskCases,
  'custom-images': customImageCases,
  'public-ips': publicIpCases,
  tags: tagCases,
  errors: errorCases,
  faults: faultCases,
  leftovers: leftoverCases,
};

const listeners = new Set<(result: Result) => void>();

/** Hears how each case ends, e.g. to generate the capability matrix. Returns how to stop listening. */
export function onResult(listener: (result: Result) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function driverSuite(name: string, open: () => Promise<Subject>): void {
  void describe(`driver ${name}`, () => {
    let subject: Subject | undefined;
    let stage: Stage | undefined;

    before(async () => {
      subject = await open();
      stage = await createStage(subject);
    });
    after(async () => {
      try {
        await stage?.sweep();
        await stage?.close();
      } finally {
        await subject?.close();
      }
    });

    for (const [noun, register] of Object.entries(nouns))
      void describe(noun, () => {
        register((title, run, capability) => {
          void it(title, async test => {
            const began = performance.now();
            const end = (outcome: Result['outcome'], reason: string) => {
              const result: Result = {
                driver: name,
                noun,
                title,
                ...(capability !== undefined && { capability }),
                outcome,
                reason,
                elapsedMs: performance.now() - began,
              };
              for (const listener of listeners) listener(result);
            };
            try {
              if (!stage) throw new Error('The cloud could not be opened.');
              if (subject?.signal?.aborted === true) throw new Skip('the run was cancelled');
              if (capability !== undefined && !stage.can(capability))
                throw new Skip(`not declared: ${String(stage.driver.capabilities[capability])}`);
              await run(stage);
              end('passed', '');
            } catch (error) {
              if (error instanceof Skip) {
                end('skipped', error.message);
                test.skip(error.message);
                return;
              }
              end('failed', error instanceof Error ? error.message : String(error));
              throw error;
            }
          });
        });
      });
  });
}
