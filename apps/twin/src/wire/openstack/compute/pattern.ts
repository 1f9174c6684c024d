/**
 * Names as regular expressions, the way Nova's list filters take them (MySQL REGEXP, no case), but matched in a time that
 * grows with the pattern's length times the name's, whatever a client sends: a set of states goes along the name
 * (K. Thompson, "Regular Expression Search Algorithm", 1968), where RegExp would go back and forth for minutes.
 * What needs more than that (back references, looking around), is too long or no expression at all, is taken as it is written.
 */

/** Of a pattern, as of the names. */
const longest = 255;
const mostStates = 512;

type Test = (char: string) => boolean;
type State =
  | { kind: 'step'; test: Test; next: number }
  | { kind: 'fork'; to: number[] }
  | { kind: 'begin' | 'end'; next: number }
  | { kind: 'match' };
/** Adds the states of a part of the pattern in front of `next`; where they begin. */
type Part = (next: number) => number;

class Unreadable extends Error {}

const word: Test = char => /[a-z0-9_]/.test(char);
const digit: Test = char => char >= '0' && char <= '9';
const space: Test = char => /\s/.test(char);
const not =
  (test: Test): Test =>
  char =>
    !test(char);
const escapes: Readonly<Record<string, Test>> = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: space,
  S: not(space),
};
/** POSIX's, inside brackets. */
const classes: Readonly<Record<string, Test>> = {
  alnum: char => /[\p{L}\p{N}]/u.test(char),
  alpha: char => /\p{L}/u.test(char),
  digit,
  lower: char => /\p{L}/u.test(char),
  upper: char => /\p{L}/u.test(char),
  punct: char => /[\p{P}\p{S}]/u.test(char),
  space,
};

function build(pattern: string): { states: State[]; start: number } {
  const chars = Array.from(pattern);
  let at = 0;
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= mostStates) throw new Unreadable();
    return states.push(state) - 1;
  };
  const take = (char: string): boolean => {
    if (chars[at] !== char) return false;
    at++;
    return true;
  };
  const step =
    (test: Test): Part =>
    next =>
      add({ kind: 'step', test, next });

  function alternatives(): Part {
    const all = [sequence()];
    while (take('|')) all.push(sequence());
    const [only] = all;
    return all.length === 1 && only ? only : next => add({ kind: 'fork', to: all.map(part => part(next)) });
  }

  function sequence(): Part {
    const parts: Part[] = [];
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') parts.push(repeated(atom()));
    // Nothing at all is a state too, so that what is repeated is always counted.
    if (parts.length === 0) return next => add({ kind: 'fork', to: [next] });
    return next => parts.reduceRight((behind, part) => part(behind), next);
  }

  function repeated(part: Part): Part {
    const [least, most] = bounds() ?? [1, 1];
    take('?');
    if ('*+?{'.includes(chars[at] ?? ' ')) throw new Unreadable();
    return next => {
      let behind = next;
      if (most === Infinity) {
        const fork: State = { kind: 'fork', to: [next] };
        behind = add(fork);
        fork.to.push(part(behind));
      } else
        for (let more = least; more < most; more++) behind = add({ kind: 'fork', to: [part(behind), next] });
      for (let each = 0; each < least; each++) behind = part(behind);
      return behind;
    };
  }

  function bounds(): [least: number, most: number] | undefined {
    if (take('*')) return [0, Infinity];
    if (take('+')) return [1, Infinity];
    if (take('?')) return [0, 1];
    const counted = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(chars.slice(at, at + 10).join(''));
    if (!counted) return undefined;
    const [whole, least = '', comma, most] = counted;
    at += whole.length;
    const top = comma === undefined ? Number(least) : most === '' ? Infinity : Number(most);
    if (top < Number(least)) throw new Unreadable();
    return [Number(least), top];
  }

  function atom(): Part {
    const char = chars[at++] ?? '';
    switch (char) {
      case '(': {
        if (take('?') && !take(':')) throw new Unreadable();
        const inner = alternatives();
        if (!take(')')) throw new Unreadable();
        return inner;
      }
      case '[':
        return step(bracket());
      case '.':
        return step(() => true);
      case '^':
        return next => add({ kind: 'begin', next });
      case '$':
        return next => add({ kind: 'end', next });
      case '\\':
        return step(escaped());
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Unreadable();
      default: {
        const wanted = char.toLowerCase();
        return step(each => each === wanted);
      }
    }
  }

  function escaped(): Test {
    const char = chars[at++];
    if (char === undefined) throw new Unreadable();
    const known = escapes[char];
    if (known) return known;
    // A digit would look back, another letter has a meaning that is not known here.
    if (/[a-z0-9]/i.test(char)) throw new Unreadable();
    return each => each === char;
  }

  function bracket(): Test {
    const negated = take('^');
    const tests: Test[] = [];
    for (let first = true; first || chars[at] !== ']'; first = false) {
      const from = chars[at++];
      if (from === undefined) throw new Unreadable();
      const name = from === '[' ? /^:(\w+):\]/.exec(chars.slice(at, at + 12).join('')) : null;
      if (name) {
        const test = classes[name[1] ?? ''];
        if (!test) throw new Unreadable();
        at += name[0].length;
        tests.push(test);
      } else if (from === '\\') tests.push(escaped());
      else if (chars[at] === '-' && chars[at + 1] !== undefined && chars[at + 1] !== ']') {
        const to = chars[at + 1] ?? '';
        at += 2;
        const between = (char: string) => from <= char && char <= to;
        tests.push(char => between(char) || between(char.toUpperCase()));
      } else {
        const wanted = from.toLowerCase();
        tests.push(char => char === wanted);
      }
    }
    at++;
    const any: Test = char => tests.some(test => test(char));
    return negated ? not(any) : any;
  }

  const whole = alternatives();
  if (at < chars.length) throw new Unreadable();
  return { start: whole(0), states };
}

function run({ states, start }: ReturnType<typeof build>, text: string): boolean {
  const chars = Array.from(text.toLowerCase());
  /** The position at which a state was last reached, so that each is reached once there. */
  const seen = new Int32Array(states.length).fill(-1);
  let now: number[] = [];
  let next: number[] = [];
  /** Follows what takes no character; whether the match is reached. */
  const reach = (into: number[], first: number, position: number): boolean => {
    const open = [first];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen[index] === position) continue;
      seen[index] = position;
      const state = states[index];
      if (state === undefined) continue;
      if (state.kind === 'match') return true;
      if (state.kind === 'step') into.push(index);
      else if (state.kind === 'fork') open.push(...state.to);
      else if (position === (state.kind === 'begin' ? 0 : chars.length)) open.push(state.next);
    }
    return false;
  };
  if (reach(now, start, 0)) return true;
  for (const [index, char] of chars.entries()) {
    next = [];
    for (const each of now) {
      const state = states[each];
      if (state?.kind === 'step' && state.test(char) && reach(next, state.next, index + 1)) return true;
    }
    if (reach(next, start, index + 1)) return true;
    now = next;
  }
  return false;
}

export function matcher(pattern: string): (text: string) => boolean {
  const wanted = pattern.toLowerCase();
  const written = (text: string) => text.toLowerCase().includes(wanted);
  if (/^[\w -]*$/.test(pattern) || pattern.length > longest) return written;
  try {
    const machine = build(pattern);
    return text => run(machine, text);
  } catch (error) {
    if (error instanceof Unreadable) return written;
    throw error;
  }
}
