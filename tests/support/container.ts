import type { RunningApp } from '@sockyard/testkit/process'
import { GenericContainer, type StartedNetwork, type StartedTestContainer } from 'testcontainers'

import { docker, dockerProcess } from './docker.ts'

export interface ContainerOptions {
  network: StartedNetwork
  /** Its name on the network; default: that of the image. */
  alias?: string
  command?: readonly string[]
  environment?: Readonly<Record<string, string>>
  /** Files of this host by their path in the container, which may read them. */
  files?: Readonly<Record<string, string>>
}

/** A container that runs, with its log so far. */
export interface RunningContainer extends AsyncDisposable {
  id: string
  started: StartedTestContainer
  log: RunningApp
  /** A program beside the one it runs, with its standard input and output. */
  exec(...command: string[]): RunningApp
  /** The same to its end: what it wrote; it must end with exit code 0. */
  run(...command: string[]): Promise<string>
}

/** A container of compose's making and ours differ in nothing that a socket would notice. */
class Container extends GenericContainer {
  asInCompose({ network, alias, command, environment = {}, files = {} }: ContainerOptions): this {
    const aliases = alias === undefined ? [] : [alias]
    this.createOpts.NetworkingConfig = {
      EndpointsConfig: { [network.getName()]: { Aliases: aliases } },
    }
    this.hostConfig.Init = true
    this.withNetwork(network).withEnvironment(environment)
    this.withBindMounts(
      Object.entries(files).map(([target, source]) => ({ source, target, mode: 'ro' as const })),
    )
    return command === undefined ? this : this.withCommand([...command])
  }

  hardened(): this {
    this.hostConfig.ReadonlyRootfs = true
    this.hostConfig.PidsLimit = 64
    this.hostConfig.Memory = 256 * 1024 * 1024
    return this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges:true')
  }
}

/** Starts an app as docker-compose.yml does; resolves when it is healthy. Its log is JSON. */
export async function startService(
  app: string,
  options: ContainerOptions,
): Promise<RunningContainer> {
  const environment = {
    SOCKYARD_ADMIN_PORT: '9100',
    SOCKYARD_LOG_FORMAT: 'json',
    ...options.environment,
  }
  const container = new Container(`sockyard/${app}`)
    .asInCompose({ alias: app, ...options, environment })
    .hardened()
  return running(await container.start())
}

/** Starts an image of foreign peers, which does nothing by itself. */
export async function startPeers(
  options: ContainerOptions & {
    image?: 'sockyard/peers' | 'sockyard/sctp-peers' | 'sockyard/manager-peers'
  },
): Promise<RunningContainer> {
  const container = new Container(options.image ?? 'sockyard/peers')
    .asInCompose(options)
    .withAddedCapabilities('NET_ADMIN')
  return running(await container.start())
}

function running(started: StartedTestContainer): RunningContainer {
  const id = started.getId()
  const log = dockerProcess('logs', '--follow', id)
  return {
    id,
    started,
    log,
    exec: (...command) => dockerProcess('exec', '--interactive', id, ...command),
    run: (...command) => docker(['exec', id, ...command]),
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]()
      await docker(['rm', '--force', '--volumes', id])
    },
  }
}
