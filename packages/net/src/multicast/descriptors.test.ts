import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

const here = import.meta.url
const file = (name: string): string => new URL(name, here).href

it('a group is joined with the last free descriptor: the socket takes one, GET /options none', () => {
  const program = `
    import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs'
    import { loadKoffi } from '@sockyard/posix/ffi'
    import { MulticastMembership } from '${file('membership.ts')}'
    import { quiet } from '${file('../../testing/kit.ts')}'
    loadKoffi()
    const { log } = quiet()
    const membership = new MulticastMembership({
      groups: [{ address: '239.255.7.9' }], port: 24_322, interfaces: ['lo'],
      watchMillis: 3_600_000, engine: 'native', log, onBatch() {},
    })
    const sockets = () => readdirSync('/proc/self/fd').filter((name) => {
      try { return readlinkSync('/proc/self/fd/' + name).startsWith('socket:') } catch { return false }
    }).length
    const before = sockets()
    const taken = []
    try { for (;;) taken.push(openSync('/dev/null')) } catch {}
    // Room for the socket of the group, and nothing else.
    closeSync(taken.pop())
    await membership.start()
    for (const descriptor of taken) closeSync(descriptor)
    process.stdout.write(membership.joined.length + ' joined, ' + (sockets() - before) + ' open')
    process.exit()`
  const node = [process.execPath, '--input-type=module', '-e', program]
  const args = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', ...node]
  const { stdout, stderr } = spawnSync('sh', args, {
    encoding: 'utf8',
    cwd: new URL('.', here),
  })
  expect({ stdout, stderr }).toEqual({ stdout: '1 joined, 1 open', stderr: '' })
})
