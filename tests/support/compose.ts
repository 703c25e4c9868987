import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import type { RunningApp } from '@sockyard/testkit/process'
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment } from 'testcontainers'

import { docker, dockerProcess } from './docker.ts'
import { ownLoopbackAddress } from './loopback.ts'
import { localSubnet } from './network.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The topology of docker-compose.yml, beside any other that runs on this host. */
export interface ComposedYard extends AsyncDisposable {
  address: string
  services: readonly string[]
  containerId(service: string): string
  /** All it wrote so far, and what it will write. */
  log(service: string): RunningApp
}

/** `docker compose up --wait`. */
export async function composeUp(): Promise<ComposedYard> {
  const name = `sockyard-test-${randomBytes(5).toString('hex')}`
  const address = ownLoopbackAddress()
  const started = await new DockerComposeEnvironment(root, 'docker-compose.yml')
    .withProjectName(name)
    .withEnvironment({ YARD_ADDRESS: address, YARD_SUBNET6: localSubnet(name) })
    .withClientOptions({ commandOptions: ['--wait', '--no-build'] })
    .up()
  const services = (await docker(['compose', 'config', '--services'])).trim().split('\n')
  return new Yard(started, address, services)
}

/**
 * Runs a service of the profile of the same name with what it depends on, beside any other that runs on this host, until
 * it ends; then all of that is removed.
 *
 * @returns what it wrote to standard output
 * @throws {Error} when its exit code is not 0
 */
export async function composeRun(service: string): Promise<string> {
  const name = `sockyard-test-${randomBytes(5).toString('hex')}`
  const environment = { YARD_ADDRESS: ownLoopbackAddress(), YARD_SUBNET6: localSubnet(name) }
  const compose = (...args: string[]): Promise<string> =>
    docker(['compose', '--project-name', name, '--profile', service, ...args], environment)
  try {
    return await compose('run', '--rm', service)
  } finally {
    await compose('down', '--timeout', '2')
  }
}

class Yard implements ComposedYard {
  readonly address: string
  readonly services: readonly string[]
  readonly #started: StartedDockerComposeEnvironment
  readonly #logs = new Map<string, RunningApp>()

  constructor(
    started: StartedDockerComposeEnvironment,
    address: string,
    services: readonly string[],
  ) {
    this.#started = started
    this.address = address
    this.services = services
    for (const each of services)
      this.#logs.set(each, dockerProcess('logs', '--follow', this.containerId(each)))
  }

  containerId(service: string): string {
    return this.#started.getContainer(`${service}-1`).getId()
  }

  log(service: string): RunningApp {
    const log = this.#logs.get(service)
    if (log === undefined) throw new Error(`no service ${service}`)
    return log
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const log of this.#logs.values()) await log[Symbol.asyncDispose]()
    await this.#started.down()
  }
}
