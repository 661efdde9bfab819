import type { QueueDeclaration } from '../platform/db/queues.ts'

/** Every queue of the program and what becomes of its jobs; `migrate` makes them so. */
export const queues = [
  // C-10: somebody is waiting, and a job that was cut off goes on where it stopped.
  {
    name: 'certificate-issue',
    retryLimit: 20,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 120,
    deleteAfterSeconds: 86_400,
  },
  // C-11: a round each minute, one at a time however many copies run; a round that failed waits for the next.
  {
    name: 'certificate-sweep',
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 3_600,
  },
  // C-06: a round that failed waits for the next hour's.
  {
    name: 'certificate-notice',
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 600,
    deleteAfterSeconds: 86_400,
  },
  // I-04: tried every minute for a day while the mail server is away; one job a mail, by its key. What is still waiting
  // then gets a new job from the sweep.
  {
    name: 'mail',
    policy: 'exclusive',
    retryLimit: 1_440,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 60,
    deleteAfterSeconds: 86_400,
  },
  // B-18: somebody waits for a code that is good for ten minutes.
  {
    name: 'sms',
    policy: 'exclusive',
    retryLimit: 60,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 15,
    expireInSeconds: 30,
    deleteAfterSeconds: 3_600,
  },
  // B-15: somebody waits for a mail with a link.
  {
    name: 'password-reset',
    retryLimit: 20,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 60,
    deleteAfterSeconds: 3_600,
  },
  // D-13: a hundred thousand rows take a minute or two, and somebody waits.
  {
    name: 'user-import',
    retryLimit: 5,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  // F-01: each job makes some parts of a file and hands on; one that was cut off goes on where it stopped.
  {
    name: 'history-export',
    retryLimit: 20,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 300,
    deleteAfterSeconds: 86_400,
  },
  // G-05: services that could not be told of a logout; a round that failed waits for the next minute's.
  {
    name: 'service-logout',
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 3_600,
  },
  // H-06: what follows the end of a contract, and contracts whose last day has passed; a round that failed waits for the next
  // minute's.
  {
    name: 'contract-end',
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 3_600,
  },
  { name: 'clean-up', retryLimit: 2, expireInSeconds: 300, deleteAfterSeconds: 86_400 },
  // C-13: a list of revocations that could not be signed is tried again until it can; the hourly round makes good.
  {
    name: 'crl',
    retryLimit: 20,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 300,
    expireInSeconds: 60,
    deleteAfterSeconds: 3_600,
  },
] as const satisfies readonly QueueDeclaration[]

export type QueueName = (typeof queues)[number]['name']
