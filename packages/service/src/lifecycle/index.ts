export { type App, type Command, type CommandContext, command } from './command.ts'
export { run } from './run.ts'
export { type Service, type ServiceContext, serverCommand } from './server-command.ts'
export { taskLimit } from './task-limit.ts'
