import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * The answer to a form that was gone back to and corrected after it had opened its case, or sent once more in two versions at
 * the same moment: on to that case, which says what was sent first.
 */
export const openedOtherwisePage = (
  { t }: FastifyRequest,
  reply: FastifyReply,
  caseHref: string,
): FastifyReply =>
  reply.page(
    'helpdesk/opened-otherwise',
    {
      screen: 'HD0042',
      title: t('two-officers.openedOtherwise.title'),
      message: t('reasons.case.openedOtherwise'),
      caseHref,
    },
    409,
  )
