import type { ServiceProcess } from '../service-process.ts'
import { pause, type Traffic } from './traffic.ts'

const STOP_EVERY_MILLIS = 60_000
const STOPPED_MILLIS = 300

/** Stops one service after another for a moment (SIGSTOP), as a machine does that has too much to do. */
export function stops(services: readonly ServiceProcess[]): Traffic {
  return async ({ signal }) => {
    for (let turn = 0; !signal.aborted; turn += 1) {
      await pause(STOP_EVERY_MILLIS, signal)
      const service = services[turn % services.length]
      if (signal.aborted || service === undefined || service.exit !== undefined) continue
      service.kill('SIGSTOP')
      // Not cut short by the end: it has to go on.
      await new Promise((resolve) => setTimeout(resolve, STOPPED_MILLIS))
      service.kill('SIGCONT')
    }
  }
}

const RELOAD_EVERY_MILLIS = 120_000

/** Has services read their configuration again, or reopen their log (SIGHUP). */
export function reloads(services: readonly ServiceProcess[]): Traffic {
  return async ({ signal }) => {
    while (!signal.aborted) {
      await pause(RELOAD_EVERY_MILLIS, signal)
      if (!signal.aborted) for (const service of services) service.kill('SIGHUP')
    }
  }
}

/** Readers of `/events` that come, and go in the middle of the stream. */
export function eventReaders(services: readonly ServiceProcess[]): Traffic {
  return async ({ signal, tally }) => {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const service = services[turn % services.length]
      if (service === undefined) return
      const port = await service.port('http')
      await read(port, AbortSignal.any([signal, AbortSignal.timeout(5000)])).catch(
        (error: unknown) => tally('events').fail(`${service.app}: ${String(error)}`),
      )
    }
  }
}

async function read(port: number, signal: AbortSignal): Promise<void> {
  try {
    const { body, ok, status } = await fetch(`http://127.0.0.1:${port}/events`, { signal })
    if (!ok) throw new Error(`/events: ${status}`)
    for await (const _ of body ?? []);
  } catch (error) {
    if (!signal.aborted) throw error
  }
  // A reader that goes at once comes back not at once.
  if (!signal.aborted) await pause(1000, signal)
}
