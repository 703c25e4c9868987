import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { LeftOutError } from './benchmark.ts'
import { onPath } from './on-path.ts'

const SOURCES = join(import.meta.dirname, '../c')
const CACHE = join(import.meta.dirname, '../node_modules/.cache')
const FLAGS = ['-O2', '-Wall', '-Wextra']

/**
 * The path of a program of bench/c, compiled when it is not yet.
 *
 * @param name the file's, without .c
 * @throws {LeftOutError} without a C compiler
 */
export async function compile(name: string): Promise<string> {
  if (onPath('cc') === undefined) throw new LeftOutError('needs a C compiler (cc)')
  const program = join(CACHE, `${name}-${fingerprint(name)}`)
  if (existsSync(program)) return program
  await mkdir(CACHE, { recursive: true })
  const unfinished = `${program}.${process.pid}`
  await promisify(execFile)('cc', [...FLAGS, '-o', unfinished, join(SOURCES, `${name}.c`)])
  await rename(unfinished, program)
  return program
}

function fingerprint(name: string): string {
  const hash = createHash('sha256').update(FLAGS.join(' '))
  for (const file of [`${name}.c`, 'bench.h', 'load.h'])
    hash.update(readFileSync(join(SOURCES, file)))
  return hash.digest('hex').slice(0, 16)
}
