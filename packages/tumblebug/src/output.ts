/** A command's output as it comes: whole characters handed on, so many bytes kept. */

export interface Keeper {
  /** The characters that are whole now. */
  take(bytes: Buffer): string;
  /** What is left of a character that was cut off (U+FFFD). */
  end(): string;
  /** What was kept. */
  text(): string;
  /** More came than was kept. */
  cut(): boolean;
}

/** Keeps at most `limit` bytes of UTF-8, cut between characters. */
export function keeper(limit: number): Keeper {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  let size = 0;
  let full = false;
  function keep(piece: string): string {
    if (piece === '' || full) return piece;
    const bytes = Buffer.byteLength(piece);
    if (size + bytes <= limit) {
      pieces.push(piece);
      size += bytes;
      return piece;
    }
    full = true;
    let room = limit - size;
    let end = 0;
    for (const character of piece) {
      room -= Buffer.byteLength(character);
      if (room < 0) break;
      end += character.length;
    }
    pieces.push(piece.slice(0, end));
    return piece;
  }
  return {
    take: bytes => keep(decoder.decode(bytes, { stream: true })),
    end: () => keep(decoder.decode()),
    text: () => pieces.join(''),
    cut: () => full,
  };
}
