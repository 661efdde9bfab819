/**
 * Loaded before the program by NODE_OPTIONS=--import=…: moves what `new Date()` and `Date.now()` say by the
 * seconds written in the file that MOVED_CLOCK_FILE names, so that tests need no hook in the program.
 * Plain JavaScript, because npm itself loads it too and may run on a Node that does not strip types.
 * Timers, performance.now() and PostgreSQL's own clock keep the real time.
 */
import { readFileSync, statSync } from 'node:fs'

const file = process.env.MOVED_CLOCK_FILE

if (file) {
  const RealDate = Date
  const checkEveryMilliseconds = 20
  let checkedAt = Number.NEGATIVE_INFINITY
  let changedAt = Number.NaN
  let offset = 0

  const currentOffset = () => {
    const at = performance.now()
    if (at - checkedAt < checkEveryMilliseconds) return offset
    checkedAt = at
    const found = statSync(file, { throwIfNoEntry: false })
    if (found && found.mtimeMs !== changedAt) {
      changedAt = found.mtimeMs
      offset = Number(readFileSync(file, 'utf8')) * 1000 || 0
    }
    return offset
  }

  const now = () => RealDate.now() + currentOffset()

  // A proxy rather than a subclass: dates made by either are instances of both, and Date() still gives a text.
  const MovedDate = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  })
  RealDate.prototype.constructor = MovedDate
  globalThis.Date = MovedDate
}
