/** Resources that pass through a state: `then` happens once `ms` are over. Nothing waits for it, not even the process's end. */
export function later(ms: number, then: () => void): void {
  // Even with no delay the answer shows the passing state: the next call sees where it led.
  if (ms <= 0) setImmediate(then);
  else setTimeout(then, ms).unref();
}
