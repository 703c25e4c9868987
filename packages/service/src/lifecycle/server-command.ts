import type { Readable } from 'node:stream'

import { choice, duration } from '@sockyard/cli/options'
import type { ActivationSockets } from '@sockyard/net/activation'
import type { z } from 'zod'

import { LOG_FORMATS, LOG_LEVELS } from '../log/log-format.ts'
import type { Logger } from '../log/log.ts'
import type { Registry } from '../metrics/prometheus.ts'
import { adminOptions } from '../options/admin-options.ts'
import { managerShape } from '../options/manager-options.ts'
import type { Command, CommandContext } from './command.ts'

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
  /** Sockets that the program which started this one has opened for it, to be used instead of its own. */
  activation: ActivationSockets
  readonly stdin: Readable
  /** Whether standard output is a terminal. */
  isTerminal: boolean
  /** Nanoseconds since 1970. */
  now: () => bigint
  /** The service cannot go on: it is stopped, with exit code 1. */
  fail: (error: Error) => void
}

/** A command that serves: its options, and what makes the service. */
export interface ServerDefinition<Options extends z.ZodObject> {
  name: string
  summary: string
  operands?: Command['operands']
  examples?: Command['examples']
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
    examples: definition.examples ?? [],
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
    ...adminOptions(adminPort),
    drainTimeout: duration('5s', { minimum: '0', maximum: '1h' }).meta({
      group: 'Service',
      description: 'time for clients to finish when the service is stopped',
    }),
    logLevel: choice(LOG_LEVELS, 'info').meta({
      valueName: 'LEVEL',
      group: 'Service',
      description: `lowest level logged: ${LOG_LEVELS.join(', ')}`,
    }),
    logFormat: choice(LOG_FORMATS).meta({
      group: 'Service',
      preset: 'text on a terminal and in syslog, else json',
      description: 'form of the log',
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
