/** Memory for datagrams was used after its owner had closed it. */
export class ClosedBatchError extends Error {
  override readonly name = 'ClosedBatchError'

  constructor() {
    super('this batch of datagrams is closed; make a new one')
  }
}
