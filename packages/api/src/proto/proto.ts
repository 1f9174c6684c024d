/** The whole of it: shapes, numbers and text, made at first use (some milliseconds), so that nothing of it can lag behind the list. */
import { operations } from '../operations.ts';
import ledger from './numbers.json' with { type: 'json' };
import { numbered, type Ledger } from './numbers.ts';
import { shapesOf, type Shapes } from './shape.ts';
import { protoText } from './text.ts';

export interface Proto {
  shapes: Shapes;
  ledger: Ledger;
  text: string;
}

export function openProto(): Proto {
  const shapes = shapesOf(operations);
  const numbers = numbered(shapes, ledger);
  return { shapes, ledger: numbers, text: protoText(shapes, numbers) };
}
