/** What happens after a while: with no while, at the next turn of the event loop, so that an answer still shows what is under way. */
export function later(ms: number, deed: () => void): void {
  if (ms <= 0) setImmediate(deed);
  else setTimeout(deed, ms).unref();
}
