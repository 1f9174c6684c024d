/** Takes a credential's values out of texts, so that no error and no log line carries one. */

export type Redact = (text: string) => string;

/** Values shorter than this would take ordinary words out of texts. */
const least = 6;

/** For every value: as it is, as a URL and as JSON would carry it. */
export function redactor(values: Iterable<string>): Redact {
  const words = new Set<string>();
  for (const value of values) {
    if (value.length < least) continue;
    for (const form of [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
    ])
      words.add(form);
  }
  // Longest first: one value may be a part of another.
  const ordered = [...words].sort((a, b) => b.length - a.length);
  return text => {
    let clean = text;
    for (const word of ordered) if (clean.includes(word)) clean = clean.replaceAll(word, '***');
    return clean;
  };
}

/** The raw error for the operator's log: its name, text and stack without secrets, and nothing else of it (SDK errors carry whole requests). */
export function cleanError(error: unknown, redact: Redact): Error {
  const from = error instanceof Error ? error : new Error(String(error));
  const clean = new Error(redact(from.message));
  clean.name = from.name;
  if (from.stack !== undefined) clean.stack = redact(from.stack);
  return clean;
}
