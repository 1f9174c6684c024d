/** Waiting for what the cloud has taken but has not finished, or does not show everywhere yet. */
import { backOff, patiently as patientlyFrom } from '@cloud-barista/driver/concurrency';

/** Of the pauses between two looks: Alibaba Cloud is soon done as a rule. */
const firstMs = 25;

/** As `backOff`. */
export const waitOrStop = (signal: AbortSignal, round: number): Promise<void> =>
  backOff(signal, round, firstMs);

/** Repeats `look` while it answers undefined and `goOn` says so; then its last answer. */
export const patiently = <T>(
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
  goOn: (round: number) => boolean,
): Promise<T | undefined> => patientlyFrom(signal, look, goOn, firstMs);

/** Repeats `deed` while it is refused for a reason that passes by itself; at most `rounds` times. */
export async function whileRefused<T>(
  signal: AbortSignal,
  rounds: number,
  passes: (error: unknown) => boolean,
  deed: () => Promise<T>,
): Promise<T> {
  for (let round = 0; ; round++)
    try {
      return await deed();
    } catch (error) {
      if (round >= rounds || !passes(error)) throw error;
      await waitOrStop(signal, round);
    }
}
