import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

import { RunningApp } from '@sockyard/testkit/process'
import { expect, it } from 'vitest'

import { ownLoopbackAddress } from './support/loopback.ts'

const UP = [process.execPath, 'scripts/sockyard.ts', 'up']
const root = fileURLToPath(new URL('..', import.meta.url))

it('the topology of this host comes up, measures, and leaves nothing behind after one SIGINT', async () => {
  const address = ownLoopbackAddress()
  await using yard = new Yard(address)
  await yard.waitForText(/^yard +\| all ready/m)
  expect(yard.addresses()).toEqual([
    ['NAME', 'ADDRESS'],
    ['tcp-echo', `tcp ${address}:3111`],
    ['udp-echo', `udp ${address}:3333`],
    ['chat', `tcp ${address}:2020`],
    ['receiver-1', 'udp 239.255.43.21:4321'],
    ['receiver-2', 'udp 239.255.43.21:4321'],
    ['sender', 'udp 239.255.43.21:4321'],
    ['sntp-listener', 'udp 224.0.1.1:10123'],
    ['sntp-server', `udp ${address}:10123`],
    ['daytime', `tcp and udp ${address}:3013, 3037`],
    ['sctp-echo', `sctp ${address}:9877 in udp 9899`],
    ['inetd', `tcp ${address}:3017 and more`],
    ['console', `tcp ${address}:3080`],
    ['tcp-ping', `tcp ${address}:3111`],
    ['udp-ping', `udp ${address}:3333`],
    ['sctp-ping', `sctp ${address}:9877 in udp 9899`],
  ])
  await yard.waitForText(new RegExp(`^yard +\\| watch it: http://${address}:3080/$`, 'm'))
  await yard.waitForText(/^tcp-ping +\| seq +2 +64 B +time /m)
  await yard.waitForText(/^udp-ping +\| seq +2 +64 B +time /m)
  await yard.waitForText(/^sctp-ping +\| seq +2 +64 B +time /m)
  for (const receiver of ['receiver-1', 'receiver-2'])
    await yard.waitForText(
      new RegExp(`^${receiver} +\\| .*239\\.255\\.43\\.21 from .* sequence=2 `, 'm'),
    )
  await yard.waitForText(/^sntp-listener +\| .*offset [+-].* ± .* stratum 10/m)
  const members = childrenOf(yard.pid)
  expect(members).toHaveLength(15)
  yard.kill('SIGINT')
  expect(await yard.exited).toEqual({ code: 0, signal: null })
  expect(yard.stdout).toMatch(/^tcp-ping +\| answered: sent .* lost +0 /m)
  expect(members.filter(isRunning)).toEqual([])
})

it('a taken port ends the whole topology with one clear line and exit code 1', async () => {
  const address = ownLoopbackAddress()
  await using taken = createServer().listen(3111, address)
  await once(taken, 'listening')
  await using yard = new Yard(address)
  expect(await yard.exited).toEqual({ code: 1, signal: null })
  expect(yard.stdout).toMatch(new RegExp(`^tcp-echo +\\| .*${address}:3111`, 'm'))
  expect(yard.stdout).toMatch(/^tcp-echo +\| ended with exit code 1: stopping the others$/m)
  expect(yard.stdout + yard.stderr).not.toMatch(/^\s+at /m)
})

it('beside a yard that runs already it does not take the answers of that one for its own', async () => {
  const address = ownLoopbackAddress()
  await using first = new Yard(address)
  await first.waitForText(/^yard +\| all ready/m)
  await using second = new Yard(address)
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.stdout).not.toContain('all ready')
})

it('nothing is left running when its output is no longer read', async () => {
  await using yard = new Yard(ownLoopbackAddress())
  await yard.waitForText(/^yard +\| all ready/m)
  const members = childrenOf(yard.pid)
  yard.stopReading()
  await yard.exited
  expect(members.filter(isRunning)).toEqual([])
})

it('SIGTERM to npm stops the apps that it started, with exit code 0', async () => {
  await using yard = new Yard(ownLoopbackAddress(), [
    'npm',
    '--silent',
    'start',
    'tcp-echo',
    'chat',
    '--',
    '--quiet',
  ])
  await yard.waitForText(/^yard +\| all ready/m)
  expect(yard.addresses().map(([name]) => name)).toEqual(['NAME', 'tcp-echo', 'chat', 'tcp-ping'])
  const members = descendantsOf(yard.pid)
  expect(members.length).toBeGreaterThanOrEqual(4)
  yard.kill('SIGTERM')
  expect(await yard.exited).toEqual({ code: 0, signal: null })
  expect(members.filter(isRunning)).toEqual([])
  expect(yard.stdout).not.toMatch(/^tcp-ping +\| seq/m)
})

it('colours are for terminals, and with FORCE_COLOR', async () => {
  const address = ownLoopbackAddress()
  await using forced = new Yard(address, [...UP, 'chat'], { FORCE_COLOR: '1' })
  await forced.waitForText(/m\w+ +\|.+m .*listening transport=tcp/)
  expect(forced.stdout).toContain('\u001b[')
})

/** `npm start`, in a shell where other programs have their settings. */
class Yard extends RunningApp {
  readonly #child: ChildProcessWithoutNullStreams

  constructor(address: string, [program = '', ...args] = UP, more = {}) {
    const settings = { YARD_ADDRESS: address, SOCKYARD_PORT: '8080', SOCKYARD_COUNT: '1', ...more }
    const env = { ...process.env, ...settings }
    const child = spawn(program, args, { cwd: root, env })
    super(child)
    this.#child = child
  }

  /** The first columns of the table that stands first. */
  addresses(): string[][] {
    const [table = ''] = this.stdout.split('\n\n')
    return table.split('\n').map((row) => row.split(/ {2,}/).slice(0, 2))
  }

  stopReading(): void {
    this.#child.stdout.destroy()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // Killed, it could not stop its members.
    this.kill('SIGTERM')
    await this.exited
  }
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid).filter((child) => child > 0)
  return [...children, ...children.flatMap(descendantsOf)]
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
