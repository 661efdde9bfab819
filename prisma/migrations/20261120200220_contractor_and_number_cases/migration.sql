-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'mobile_correction' BEFORE 'otp_revocation';
ALTER TYPE "case_kind" ADD VALUE 'contractor_appointment' BEFORE 'otp_revocation';
