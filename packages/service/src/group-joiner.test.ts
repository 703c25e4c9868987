import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

const here = import.meta.url
const file = (name: string): string => new URL(name, here).href

it('a group that cannot be joined for want of descriptors leaves no socket open', () => {
  const program = `
    import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs'
    import { loadKoffi } from '@sockyard/posix/libc'
    import { createMembership } from '${file('membership.ts')}'
    import { quiet } from '${file('../testing/kit.ts')}'
    loadKoffi()
    const { log, metrics } = quiet()
    const membership = createMembership({
      groups: [{ address: '239.255.7.9' }], port: 24_322, interfaces: ['lo'],
      watchMillis: 3_600_000, log, metrics, onDatagram() {}, onBatch() {},
    })
    const sockets = () => readdirSync('/proc/self/fd').filter((name) => {
      try { return readlinkSync('/proc/self/fd/' + name).startsWith('socket:') } catch { return false }
    }).length
    const before = sockets()
    const taken = []
    try { for (;;) taken.push(openSync('/dev/null')) } catch {}
    // Room for the socket of the group, none for the second descriptor that GET /options reads it by.
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
  expect({ stdout, stderr }).toEqual({ stdout: '0 joined, 0 open', stderr: '' })
})
