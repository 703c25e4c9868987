export { type LaunchOptions, type Ran, runApp, startApp, startInTerminal } from './launch.ts'
export { canLimitMemory, type MemoryCgroup, memoryCgroup } from './memory-cgroup.ts'
export { type LogLine, RunningApp } from './running-app.ts'
