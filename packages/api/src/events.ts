/** Server-sent events, both ends. Source: WHATWG HTML, 9.2 Server-sent events. */

export interface ServerEvent {
  event: string;
  data: string;
}

export const formatEvent = (value: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`;

/** The lines of a body as they come; each ends with LF, CR or CRLF, wherever the chunks are cut. What has no end is no line. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  // It strips a byte order mark, as the standard wants it.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = 0; at < rest.length; at++) {
      const character = rest[at];
      if (character !== '\n' && character !== '\r') continue;
      // A CR at the very end may be half of a CRLF.
      if (character === '\r' && at + 1 === rest.length) break;
      yield rest.slice(from, at);
      if (character === '\r' && rest[at + 1] === '\n') at++;
      from = at + 1;
    }
    rest = rest.slice(from);
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1);
}

/** The events of a response, as they come. Comments (keep-alives) and unknown fields are passed over. */
export async function* readEvents(response: Pick<Response, 'body'>): AsyncGenerator<ServerEvent> {
  if (!response.body) return;
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(response.body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
  }
}
