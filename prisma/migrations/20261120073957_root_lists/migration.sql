-- AlterTable
ALTER TABLE "issuer_root" ADD COLUMN     "crl_der" BYTEA NOT NULL;
