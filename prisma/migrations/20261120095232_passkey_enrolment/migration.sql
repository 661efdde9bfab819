-- AlterEnum
ALTER TYPE "passkey_purpose" ADD VALUE 'enrolment';
