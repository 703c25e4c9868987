import type { ServerResponse } from 'node:http'

import type { EventHub } from './event-hub.ts'

/** What may wait for a slow reader; one that falls further behind is cut and may come back. */
const MAXIMUM_QUEUED_BYTES = 256 * 1024

/** Answers with server-sent events (HTML Living Standard, section 9.2): each log line as one event. */
export function serveEvents(response: ServerResponse, events: Pick<EventHub, 'subscribe'>): void {
  response.socket?.setTimeout(0)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  const unsubscribe = events.subscribe((json) => {
    if (response.writableLength > MAXIMUM_QUEUED_BYTES) response.destroy()
    else response.write(`data: ${json}\n\n`)
  })
  response.on('close', unsubscribe)
}
