import { resolve } from 'node:path'

import { servicePorts } from '@sockyard/catalog'
import { AccessList, LocalPeerCounter, SourceFilter } from '@sockyard/net/access'
import { limitLog } from '@sockyard/net/log'
import { nativeCallsWork } from '@sockyard/posix/ffi'
import { closeAllOnExec } from '@sockyard/posix/process'
import type { Service as Server, ServiceContext } from '@sockyard/service/lifecycle'

import type { ServeOptions } from '../config.ts'
import { type Definition, socketIdentity } from '../configuration/definition.ts'
import { type Configuration, loadConfiguration } from '../configuration/load-configuration.ts'
import { createCounters } from './counters.ts'
import { openService } from './open-service.ts'
import { Programs } from './programs.ts'
import { Readiness } from './readiness.ts'
import type { InetdContext, Service } from './service.ts'

/**
 * inetd(8): listens for every service of its configuration, and starts a program for each client.
 *
 * @param node the path of the node that runs us
 */
export function createSuperserver(context: ServiceContext<ServeOptions>, node: string): Server {
  const superserver = new Superserver(context, node)
  return {
    start: () => superserver.start(),
    reload: () => superserver.reload(),
    stop: (drained) => superserver.stop(drained),
  }
}

class Superserver {
  readonly #file: string
  readonly #context: InetdContext
  /** By identity: what is open now. */
  #services = new Map<string, Service>()
  /** The sessions of services that are served no more. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #drained = new AbortController()
  #first: Configuration | undefined
  #work: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(context: ServiceContext<ServeOptions>, node: string) {
    const { options, log, metrics, now } = context
    // A daemon changes its working directory.
    this.#file = resolve(options.config)
    this.#first = loadConfiguration(this.#file, options)
    const running = () =>
      [...this.#services.values()].map(({ label, limiter }) => [label, limiter.running] as const)
    this.#context = {
      options,
      log,
      limited: limitLog(log),
      metrics,
      counters: createCounters(metrics, running),
      addresses: new AccessList(options),
      peers: new LocalPeerCounter(),
      programs: new Programs(options.maxChildren, node, options),
      readiness: new Readiness(),
      filter: new SourceFilter({ ownPorts: servicePorts() }),
      now,
    }
  }

  async start(): Promise<void> {
    const configuration = this.#first ?? this.#load()
    this.#first = undefined
    // A program gets no descriptor but its socket, not even what we were started with.
    if (nativeCallsWork()) closeAllOnExec()
    await this.#then(() => this.#apply(configuration))
  }

  /** SIGHUP. A file that cannot be read changes nothing. */
  reload(): void {
    void this.#then(async () => {
      try {
        await this.#apply(this.#load())
      } catch (error) {
        this.#context.log.error({ error }, 'not reloaded')
      }
    })
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#isStopping = true
    await this.#work
    for (const service of this.#services.values()) this.#close(service, true)
    const { programs, readiness } = this.#context
    await Promise.race([Promise.all([programs.none(), ...this.#leaving]), aborted(drained)])
    this.#drained.abort()
    await Promise.all([programs.end(), ...this.#leaving])
    readiness.close()
  }

  #load(): Configuration {
    return loadConfiguration(this.#file, this.#context.options)
  }

  #then(work: () => Promise<void>): Promise<void> {
    return (this.#work = this.#work.then(() => (this.#isStopping ? undefined : work())))
  }

  /** Opens what is new, keeps what is the same, closes what is gone and what no error speaks of. */
  async #apply({ definitions, errors }: Configuration): Promise<void> {
    const { log } = this.#context
    for (const { message: error, file, line, field } of errors)
      log.error({ file, line, field, error }, 'not served')
    const wanted = new Map(definitions.map((each) => [socketIdentity(each), each]))
    const inError = new Set(errors.map(({ service }) => service))
    for (const [place, service] of this.#services) {
      if (wanted.has(place) || inError.has(service.definition.entry.written)) continue
      this.#services.delete(place)
      this.#close(service, false)
      log.info({ service: service.label }, 'closed')
    }
    for (const [place, definition] of wanted) await this.#serve(place, definition)
    log.info({ services: this.#services.size, errors: errors.length }, 'configured')
  }

  async #serve(place: string, definition: Definition): Promise<void> {
    const open = this.#services.get(place)
    if (open !== undefined) return open.redefine(definition)
    try {
      this.#services.set(place, await openService(definition, this.#context))
    } catch (error) {
      const { message } = error as Error
      const { line } = definition.entry
      const facts = { file: this.#file, line, service: definition.label, error: message }
      this.#context.log.error(facts, 'not served')
    }
  }

  #close(service: Service, isEnd: boolean): void {
    for (const listener of service.listeners) {
      const left = listener.stop(this.#drained.signal, isEnd)
      this.#leaving.add(left)
      void left.finally(() => this.#leaving.delete(left))
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
}
