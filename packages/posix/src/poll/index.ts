export { EPOLL, Epoll, whenReadable } from './epoll.ts'
export { select } from './select.ts'
export { TimerDescriptor } from './timer-descriptor.ts'
