import { collectDefaultMetrics, Registry } from '@prometheus-io/client'
import type { z } from 'zod'

import { createAdmin } from './admin.ts'
import type { CommandContext } from './command.ts'
import type { ServerDefinition, ServerOptions, Service } from './server-command.ts'

/** What a service gets to close its sockets after the clients' time is over. */
const CLOSE_MILLIS = 250
/** The library's default of 10 ms would be the only work of an idle server. */
const EVENT_LOOP_DELAY_RESOLUTION_MILLIS = 100

/** Runs a service: start, ready, then (signal, its own end or failure) not ready, drain, stop. */
export async function serve<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options> & ServerOptions>,
): Promise<number> {
  const { log, events, signal, options } = context
  const metrics = createMetrics()
  const failure = Promise.withResolvers<never>()
  const service = await createService(definition, context, metrics, failure.reject)
  if (service.reload !== undefined) context.onHangup(() => service.reload?.())
  let isReady = false
  const { adminHost: host, adminPort: port } = options
  const admin = createAdmin({ host, port, metrics, events, log, isReady: () => isReady })
  await admin.start()
  const stopped = aborted(signal)
  await Promise.race([service.start(), stopped, failure.promise])
  isReady = !signal.aborted
  let end = 'its own end'
  try {
    await Promise.race([stopped, failure.promise, ...(service.finished ? [service.finished] : [])])
  } catch (error) {
    end = 'failure'
    throw error
  } finally {
    isReady = false
    log.info({ reason: signal.reason ?? end }, 'stopping')
    await stop(service, options.drainTimeout)
    await admin.stop()
  }
  log.info('stopped')
  return 0
}

/** Calls the definition's factory, which opens nothing yet. */
export async function createService<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options>>,
  metrics = new Registry(),
  fail: (error: Error) => void = () => undefined,
): Promise<Service> {
  const { options, operands, log, signal, isTerminal, now } = context
  return definition.create({
    options,
    operands,
    log,
    signal,
    isTerminal,
    now,
    metrics,
    fail,
    get stdin() {
      return context.stdin
    },
  })
}

function createMetrics(): Registry {
  const register = new Registry()
  collectDefaultMetrics({
    register,
    eventLoopMonitoringPrecision: EVENT_LOOP_DELAY_RESOLUTION_MILLIS,
  })
  return register
}

async function stop(service: Service, drainMillis: number): Promise<void> {
  const drained = new AbortController()
  const tooLate = Promise.withResolvers<never>()
  const drainTimer = setTimeout(() => drained.abort(), drainMillis)
  const closeTimer = setTimeout(() => {
    tooLate.reject(new Error('the service did not stop in time'))
  }, drainMillis + CLOSE_MILLIS)
  try {
    await Promise.race([service.stop(drained.signal), tooLate.promise])
  } finally {
    clearTimeout(drainTimer)
    clearTimeout(closeTimer)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
