-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "case_kind" ADD VALUE 'certificate_revocation';
ALTER TYPE "case_kind" ADD VALUE 'new_computer';

-- AlterTable
ALTER TABLE "helpdesk_case" ADD COLUMN     "review_due_on" DATE,
ADD COLUMN     "reviewed_at" TIMESTAMPTZ(3),
ADD COLUMN     "reviewed_by_id" UUID;

-- CreateTable
CREATE TABLE "certificate_notice" (
    "certificate_id" UUID NOT NULL,
    "days_before" INTEGER NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "certificate_notice_pkey" PRIMARY KEY ("certificate_id","days_before")
);

-- AddForeignKey
ALTER TABLE "certificate_notice" ADD CONSTRAINT "certificate_notice_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_reviewed_by_id_fkey" FOREIGN KEY ("reviewed_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- One renewal of a certificate at a time, whoever asks in how many windows (C-04).
CREATE UNIQUE INDEX certificate_one_renewal ON certificate (replaces_id)
  WHERE purpose = 'renewal' AND state IN ('requested', 'prepared', 'signed', 'delivered', 'active');

-- A review is by somebody and at some time, or not yet (H-04).
ALTER TABLE helpdesk_case ADD CONSTRAINT helpdesk_case_review CHECK (
  (reviewed_by_id IS NULL) = (reviewed_at IS NULL)
  AND (reviewed_by_id IS NULL OR (review_due_on IS NOT NULL AND reviewed_by_id <> prepared_by_id)));

-- The acts still to be looked at, the most urgent first (H-04).
CREATE INDEX helpdesk_case_unreviewed ON helpdesk_case (review_due_on, prepared_at)
  WHERE review_due_on IS NOT NULL AND reviewed_at IS NULL;

ALTER TABLE certificate_notice ADD CONSTRAINT certificate_notice_days CHECK (days_before >= 0);
