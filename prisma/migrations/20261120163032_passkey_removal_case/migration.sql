-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'passkey_removal' BEFORE 'standard_fees';
