import { docker } from './docker.ts'

/** What these tests read of `docker inspect`. */
interface Inspected {
  State: { Health: { Status: string }; ExitCode: number; FinishedAt: string }
  Config: { User: string }
  HostConfig: Record<string, unknown>
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> }
}

/** A container as `docker inspect` shows it. */
export async function inspect(id: string): Promise<Inspected> {
  const [inspected] = JSON.parse(await docker(['inspect', id]))
  return inspected
}
