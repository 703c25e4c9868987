import type { LogLine } from '@sockyard/testkit/process'

/** What the admin endpoint answers with status 200. */
export async function adminText(address: string, port: number, path: string): Promise<string> {
  const response = await fetch(`http://${address}:${port}${path}`)
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
  return response.text()
}

/** `/events` as objects, for as long as the loop goes on. */
export async function* adminEvents(address: string, port: number): AsyncGenerator<LogLine> {
  const { body } = await fetch(`http://${address}:${port}/events`)
  if (body === null) return
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) yield JSON.parse(event.replace(/^id: .*\ndata: /, ''))
  }
}
