export { messageCommands, type MessageOptions, receiveMessageOptions } from './message-commands.ts'
export { datagramPathOptions, pathOptions } from './path-options.ts'
export { pingOptions } from './ping-options.ts'
export { checkServer, serverOperand } from './server-operand.ts'
