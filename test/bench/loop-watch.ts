/**
 * Loaded before a measured program by NODE_OPTIONS=--import=…: measures how late its event loop comes to a timer of
 * ten milliseconds, and tells the bench over the channel between them: `forget` begins anew, `tell` answers.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const resolution = 10

if (isMainThread && process.send) {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  // What it counts is the time between two ticks: ten milliseconds of each are no delay.
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
  process.on('message', question => {
    if (question === 'forget') histogram.reset()
    process.send?.({
      p50: delay(histogram.percentile(50)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    })
  })
  // The program must be able to end as it does without us.
  process.channel?.unref()
}
