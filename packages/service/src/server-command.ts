import type { Readable } from 'node:stream'

import type { Registry } from '@prometheus-io/client'
import type { z } from 'zod'

import type { Command, CommandContext } from './command.ts'
import { port } from './common-options.ts'
import type { InheritedSockets } from './inherited-sockets.ts'
import { LOG_FORMATS, LOG_LEVELS } from './log-settings.ts'
import type { Logger } from './log.ts'
import { managerShape } from './manager-options.ts'
import { choice, duration, text } from './options.ts'

/** What runs between start and stop. */
export interface Service {
  /** Fulfilled once clients can be served. */
  start(): Promise<void>
  /**
   * Accept no more, tell the clients, wait until they are gone or `drained` is aborted, then close
   * everything.
   */
  stop(drained: AbortSignal): Promise<void>
  /** SIGHUP: read the configuration again, and never throw. Without it SIGHUP stops the service. */
  reload?(): void
  /** For a service that ends by itself: it is then stopped, with exit code 0. */
  finished?: Promise<void>
}

/** What a service gets; everything it needs of its process. */
export interface ServiceContext<Options> {
  options: Options
  operands: readonly string[]
  log: Logger
  metrics: Registry
  /** Aborted by the first signal: for work in start() that takes long. */
  signal: AbortSignal
  /** Sockets that were opened for this service by whoever started it, to be used instead of its own. */
  inherited: InheritedSockets
  readonly stdin: Readable
  /** Whether standard output is a terminal. */
  isTerminal: boolean
  /** Nanoseconds since 1970. */
  now: () => bigint
  /** The service cannot go on: it is stopped, with exit code 1. */
  fail: (error: Error) => void
}

export interface ServerDefinition<Options extends z.ZodObject> {
  name: string
  summary: string
  operands?: Command['operands']
  /** The default port of /livez, /readyz, /metrics and /events. */
  adminPort: number
  /** A strict object; the options of every server are added to it. */
  options: Options
  /** Makes the service and opens nothing yet: `--check` calls it too. May throw UsageError. */
  create(context: ServiceContext<z.output<Options>>): Service | Promise<Service>
}

/** The options that every server has beside its own. */
export type ServerOptions = z.output<z.ZodObject<ReturnType<typeof serverShape>>>

/**
 * Makes the command of a long-running server: options, log, admin endpoint and the way from start
 * over ready to drained.
 */
export function serverCommand<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
): Command {
  const own: z.ZodObject = definition.options
  return {
    name: definition.name,
    summary: definition.summary,
    operands: definition.operands ?? [],
    options: own.safeExtend(serverShape(definition.adminPort)),
    logSettings: (options, isTerminal) => logSettings(options as ServerOptions, isTerminal),
    detaches: (options) => options['daemon'] === true,
    async run(context) {
      const { serve } = await import('./serve.ts')
      return serve(definition, context as CommandContext<z.output<Options> & ServerOptions>)
    },
    async check(context) {
      const { checkService } = await import('./serve.ts')
      await checkService(definition, context as CommandContext<z.output<Options> & ServerOptions>)
    },
  }
}

function serverShape(adminPort: number) {
  return {
    adminPort: port(adminPort).meta({
      short: undefined,
      group: 'Service',
      description: 'port of /livez /readyz /metrics /events; 0 picks a free one',
    }),
    adminHost: text('127.0.0.1').meta({
      valueName: 'ADDRESS',
      group: 'Service',
      description: 'address of the admin port; :: in a container',
    }),
    drainTimeout: duration('5s', { minimum: '0', maximum: '1h' }).meta({
      group: 'Service',
      description: 'time that clients get to finish when we are stopped',
    }),
    logLevel: choice(LOG_LEVELS, 'info').meta({
      valueName: 'LEVEL',
      group: 'Service',
      description: LOG_LEVELS.join(', '),
    }),
    logFormat: choice(LOG_FORMATS).meta({
      group: 'Service',
      description: 'without it text on a terminal and in syslog, otherwise JSON lines',
    }),
    ...managerShape(),
  }
}

function logSettings(options: ServerOptions & { json?: unknown }, isTerminal: boolean) {
  const isUnwatched = options.daemon || options.inetd
  const usual = isTerminal || isUnwatched ? 'text' : 'json'
  const format = options.json === true ? 'json' : (options.logFormat ?? usual)
  const syslog = isUnwatched ? options.syslogFacility : undefined
  return { level: options.logLevel, format, syslog } as const
}
