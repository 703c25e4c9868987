import { writeFile } from 'node:fs/promises'

import { UsageError } from '@sockyard/cli/errors'

/**
 * Writes a report to the file that an option names.
 *
 * @throws {UsageError} when it cannot be written
 */
export async function writeReport(option: string, file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(option, file, `cannot be written (${code})`)
  }
}
