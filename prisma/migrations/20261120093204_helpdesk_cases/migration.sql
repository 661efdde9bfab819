-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'password_reset';
ALTER TYPE "case_kind" ADD VALUE 'confirmation_password_reset';
ALTER TYPE "case_kind" ADD VALUE 'initial_password';
ALTER TYPE "case_kind" ADD VALUE 'registration_reset';
ALTER TYPE "case_kind" ADD VALUE 'email_correction';
ALTER TYPE "case_kind" ADD VALUE 'otp_revocation';
ALTER TYPE "case_kind" ADD VALUE 'user_lock';
ALTER TYPE "case_kind" ADD VALUE 'user_suspension';
ALTER TYPE "case_kind" ADD VALUE 'user_resumption';
ALTER TYPE "case_kind" ADD VALUE 'session_end';

-- AlterEnum
ALTER TYPE "case_state" ADD VALUE 'withdrawn';
ALTER TYPE "case_state" ADD VALUE 'expired';

-- AlterTable
ALTER TABLE "helpdesk_case" ADD COLUMN     "decision_note" TEXT,
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "form_number" TEXT;

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "suspended_by_bank" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "shown_once" (
    "id" UUID NOT NULL,
    "company_id" UUID,
    "sealed" BYTEA,
    "kept_until" TIMESTAMPTZ(3) NOT NULL,
    "taken_at" TIMESTAMPTZ(3),

    CONSTRAINT "shown_once_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "shown_once" ADD CONSTRAINT "shown_once_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- One case of a kind about a user waits for its second officer at a time (H-04).
CREATE UNIQUE INDEX helpdesk_case_pending_user ON helpdesk_case (user_id, kind)
  WHERE state = 'prepared' AND user_id IS NOT NULL;

-- What waits for a decision, the oldest first.
CREATE INDEX helpdesk_case_waiting ON helpdesk_case (prepared_at) WHERE state = 'prepared';

-- What the bank suspended can't be put back to use by a change that forgot who suspended it (H-03).
ALTER TABLE "user" ADD CONSTRAINT user_suspended_by_bank
  CHECK (NOT suspended_by_bank OR service_state IN ('suspended', 'deleted'));

-- Once taken there is nothing left to take (H-05).
ALTER TABLE shown_once ADD CONSTRAINT shown_once_taken CHECK (taken_at IS NULL OR sealed IS NULL);

-- What is still to be erased when its time is over.
CREATE INDEX shown_once_kept ON shown_once (kept_until) WHERE sealed IS NOT NULL;
