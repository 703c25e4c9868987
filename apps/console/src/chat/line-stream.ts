import type { ServerResponse } from 'node:http'

import type { ConsoleChatLine } from '@sockyard/protocol/results'

/** What may wait for a slow browser; one that falls further behind is cut, and comes back. */
const MAXIMUM_QUEUED_BYTES = 256 * 1024

/** The lines of a member as an event stream: `line`, whose id is its number, and `left` when it is over. */
export class LineStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.socket?.setTimeout(0)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.flushHeaders()
  }

  onClosed(closed: () => void): void {
    this.#response.once('close', closed)
  }

  send(id: number, line: ConsoleChatLine): void {
    this.#write(`id: ${id}\nevent: line\ndata: ${JSON.stringify(line)}\n\n`)
  }

  /** A proxy that sees nothing for a minute may cut a stream. */
  heartbeat(): void {
    this.#write(': \n\n')
  }

  /** @param reason one sentence */
  end(reason: string): void {
    this.#write(`event: left\ndata: ${JSON.stringify({ reason })}\n\n`)
    this.#response.end()
  }

  #write(message: string): void {
    if (this.#response.writableLength > MAXIMUM_QUEUED_BYTES) this.#response.destroy()
    else this.#response.write(message)
  }
}
