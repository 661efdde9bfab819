import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A user has opened an article for the first time (G-02). */
export const InformationOpened = defineEvent('information.opened', z.strictObject({}))

/** A user has acknowledged an article that asks for it (G-02). */
export const InformationAcknowledged = defineEvent('information.acknowledged', z.strictObject({}))
