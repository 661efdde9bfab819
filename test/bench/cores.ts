import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** What is measured has one core to itself, with its database; the load comes from another. */
const serverCore = '0'
const loadCore = '1'

const pinning = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Whether cores can be told apart here; figures of a machine without `taskset` compare with themselves only. */
export const coresArePinned = (): boolean => pinning

/** The command line that runs a program on the server's core. */
export const onServerCore = (command: string, given: readonly string[]): [string, string[]] =>
  pinning ? ['taskset', ['-c', serverCore, command, ...given]] : [command, [...given]]

/** The command line that runs a program on both cores, wherever this one has been moved to. */
export const onEveryCore = (command: string, given: readonly string[]): [string, string[]] =>
  pinning ? ['taskset', ['-c', `${serverCore},${loadCore}`, command, ...given]] : [command, [...given]]

const pin = (core: string, pid: number) => {
  if (pinning) execFileSync('taskset', ['-a', '-c', '-p', core, String(pid)], { stdio: 'ignore' })
}

/** Moves a running program, and whatever it starts from now on, to the server's core. */
export const moveToServerCore = (pid: number): void => pin(serverCore, pid)

/** Moves this program to the core that the load comes from. */
export const moveToLoadCore = (): void => pin(loadCore, process.pid)
