/** "Did you mean …": the known word nearest to one that is not known. */

/** Edit distance (Levenshtein), two rows. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(swap, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}

/** The nearest of `known`, or undefined where none is near (more than half of the letters differ). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  const asked = word.slice(0, 128).toLowerCase();
  for (const candidate of known) {
    const lower = candidate.slice(0, 128).toLowerCase();
    const begun = lower.startsWith(asked) || asked.startsWith(lower);
    const far = lower === asked ? 0 : begun ? 1 : distance(asked, lower);
    if (far < least) [best, least] = [candidate, far];
  }
  return least <= Math.max(2, Math.ceil(asked.length / 2)) ? best : undefined;
}

/** A sentence for an error's `next`: the nearest word, or how to list them. */
export function suggest(word: string, known: Iterable<string>, otherwise: string): string {
  const near = nearest(word, known);
  return near === undefined ? otherwise : `Did you mean ${JSON.stringify(near)}? ${otherwise}`;
}
