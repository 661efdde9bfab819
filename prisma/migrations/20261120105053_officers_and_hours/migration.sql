-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "case_kind" ADD VALUE 'staff_registration';
ALTER TYPE "case_kind" ADD VALUE 'staff_role';
ALTER TYPE "case_kind" ADD VALUE 'staff_suspension';
ALTER TYPE "case_kind" ADD VALUE 'staff_resumption';
ALTER TYPE "case_kind" ADD VALUE 'staff_recovery';
ALTER TYPE "case_kind" ADD VALUE 'company_registration';
ALTER TYPE "case_kind" ADD VALUE 'company_contract';

-- AlterTable
ALTER TABLE "helpdesk_case" ADD COLUMN     "officer_id" UUID;

-- AlterTable
ALTER TABLE "otp_token" ADD COLUMN     "staff_id" UUID,
ALTER COLUMN "company_id" DROP NOT NULL,
ALTER COLUMN "user_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "helpdesk_hours" (
    "version" INTEGER NOT NULL,
    "opens_at" INTEGER NOT NULL,
    "closes_at" INTEGER NOT NULL,
    "phone" TEXT,
    "yearly_closed" TEXT[],
    "closed_days" DATE[],
    "decided_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by_id" UUID,

    CONSTRAINT "helpdesk_hours_pkey" PRIMARY KEY ("version")
);

-- AddForeignKey
ALTER TABLE "otp_token" ADD CONSTRAINT "otp_token_staff_id_fkey" FOREIGN KEY ("staff_id") REFERENCES "staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_officer_id_fkey" FOREIGN KEY ("officer_id") REFERENCES "staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_hours" ADD CONSTRAINT "helpdesk_hours_decided_by_id_fkey" FOREIGN KEY ("decided_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- A token is a user's or an officer's. Uniqueness by user_id takes no heed of officers, whose user_id is null.
ALTER TABLE otp_token ADD CONSTRAINT otp_token_whose CHECK (
  CASE WHEN staff_id IS NULL THEN company_id IS NOT NULL AND user_id IS NOT NULL
       ELSE company_id IS NULL AND user_id IS NULL END);
CREATE UNIQUE INDEX otp_token_staff_one_pending ON otp_token (staff_id, session_id) WHERE state = 'pending';
CREATE UNIQUE INDEX otp_token_staff_one_active ON otp_token (staff_id) WHERE state = 'active';

-- New kinds are compared as text: a value of an enum can't be used in the transaction that adds it.
ALTER TABLE helpdesk_case
  DROP CONSTRAINT helpdesk_case_whose,
  DROP CONSTRAINT helpdesk_case_proposal,
  ADD CONSTRAINT helpdesk_case_whose CHECK (
    CASE
      WHEN kind::text IN ('standard_fees', 'staff_registration', 'company_registration')
        THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NULL
      WHEN kind::text LIKE 'staff\_%' THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NOT NULL
      WHEN kind::text IN ('policy_change', 'company_contract')
        THEN company_id IS NOT NULL AND user_id IS NULL AND officer_id IS NULL
      ELSE company_id IS NOT NULL AND user_id IS NOT NULL AND officer_id IS NULL
    END),
  ADD CONSTRAINT helpdesk_case_proposal CHECK (
    kind::text NOT IN (
      'policy_change', 'standard_fees', 'staff_registration', 'staff_role', 'company_registration', 'company_contract'
    ) OR proposal IS NOT NULL);

-- One case at a time waits about an officer, one for a contract, and one for each new login ID and contract number.
CREATE UNIQUE INDEX helpdesk_case_pending_officer ON helpdesk_case (officer_id) WHERE state = 'prepared';
CREATE UNIQUE INDEX helpdesk_case_pending_login_id ON helpdesk_case ((lower(proposal ->> 'staffLoginId')))
  WHERE state = 'prepared' AND company_id IS NULL;
CREATE UNIQUE INDEX helpdesk_case_pending_contract ON helpdesk_case ((proposal ->> 'contractNumber'))
  WHERE state = 'prepared';

ALTER TABLE helpdesk_hours ADD CONSTRAINT helpdesk_hours_order CHECK (
  opens_at >= 0 AND opens_at < closes_at AND closes_at <= 1440);
-- What the manual says (H-07), until the bank says otherwise.
INSERT INTO helpdesk_hours (version, opens_at, closes_at, yearly_closed, closed_days, decided_at)
VALUES (1, 540, 1080, ARRAY['12-31', '01-01', '01-02', '01-03'], ARRAY[]::date[], now());
