-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'staff_certificate_revocation';

-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "locked_by_bank" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "state_before_bank" "service_state";

-- Nobody comes back from a deletion. Whether the bank suspended them at all, suspended_by_bank says alone: the version before
-- this one resumes without looking here.
ALTER TABLE "user" ADD CONSTRAINT user_state_before_bank CHECK (state_before_bank <> 'deleted');
