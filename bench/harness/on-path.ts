import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Where a program of that name is on PATH, or undefined. */
export function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
