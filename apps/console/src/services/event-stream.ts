/** One server-sent event. */
export interface StreamEvent {
  id: string
  data: string
}

/** A longer line is no event of a service. */
const LONGEST_LINE = 64 * 1024
/** It comes back to the service in a header, Last-Event-ID, which cannot hold any text. */
const ID = /^[\x21-\x7e]{1,100}$/

/**
 * Reads server-sent events (HTML Living Standard, section 9.2.6) from pieces of a stream; it keeps one event at most.
 */
export class EventStreamReader {
  readonly #onEvent: (event: StreamEvent) => void
  #rest = ''
  #isTooLong = false
  #id = ''
  #data: string[] = []

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent
  }

  write(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!this.#isTooLong) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
      this.#isTooLong = false
    }
    if (this.#rest.length > LONGEST_LINE) {
      this.#rest = ''
      this.#isTooLong = true
    }
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch()
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (field === 'id' && ID.test(value)) this.#id = value
    if (field === 'data' && this.#data.length < 100) this.#data.push(value)
  }

  #dispatch(): void {
    const data = this.#data.join('\n')
    this.#data = []
    if (data !== '' && data.length <= LONGEST_LINE) this.#onEvent({ id: this.#id, data })
  }
}
