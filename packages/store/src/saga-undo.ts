/**
 * The order in which steps are undone: the mirror of how they ran. What began after a step had ended may have built on
 * it, so it is undone before; what ran beside it can't have, so it is undone beside. Steps of one group never build on
 * one another. A step whose undo fails keeps what it may have built on standing.
 */

export interface Undoable {
  name: string;
  began: number;
  /** Absent: its end is not known. */
  ended?: number;
  group?: string;
}

/** So many undos run at once. */
export const undoLimit = 32;

/** `undo` says whether it succeeded. Returns the steps that were not undone, in the order they began. */
export async function undoAll<Step extends Undoable>(
  steps: Step[],
  undo: (step: Step) => Promise<boolean>,
  limit: number = undoLimit,
): Promise<Step[]> {
  interface Group {
    name: string | undefined;
    /** Standing steps in the order they began: the last is the latest. */
    standing: Step[];
    /** Not yet begun to be undone, the last to end at the end. */
    todo: Step[];
  }
  const groups = new Map<string | undefined, Group>();
  for (const step of steps.toSorted((a, b) => a.began - b.began)) {
    const group = groups.get(step.group) ?? { name: step.group, standing: [], todo: [] };
    groups.set(step.group, group);
    group.standing.push(step);
    group.todo.push(step);
  }
  const end = (step: Step) => step.ended ?? Infinity;
  for (const { todo } of groups.values()) todo.sort((a, b) => end(a) - end(b) || a.began - b.began);
  const undone = new Set<Step>();
  const latest = (group: Group): number => {
    for (let step = group.standing.at(-1); step; step = group.standing.at(-1)) {
      if (!undone.has(step)) return step.began;
      group.standing.pop();
    }
    return -1;
  };

  /** A step on which nothing that stands can have been built. */
  function ready(): Step | undefined {
    const heads = [...groups.values()]
      .map(group => ({ group, began: latest(group) }))
      .sort((a, b) => b.began - a.began);
    for (const group of groups.values()) {
      const step = group.todo.at(-1);
      const head = group.name === undefined ? heads[0] : heads.find(each => each.group !== group);
      if (step && end(step) > (head?.began ?? -1)) return group.todo.pop();
    }
    return undefined;
  }

  const running = new Set<Promise<void>>();
  for (;;) {
    while (running.size < limit) {
      const step = ready();
      if (!step) break;
      const one: Promise<void> = undo(step).then(success => {
        if (success) undone.add(step);
        running.delete(one);
      });
      running.add(one);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  return steps.filter(step => !undone.has(step)).toSorted((a, b) => a.began - b.began);
}
