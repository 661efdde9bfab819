-- CreateEnum
CREATE TYPE "issuer_backend" AS ENUM ('embedded', 'cfssl');

-- AlterTable
ALTER TABLE "issuer" ADD COLUMN     "backend" "issuer_backend" NOT NULL DEFAULT 'embedded',
ADD COLUMN     "chain_der" BYTEA[],
ADD COLUMN     "signs_from" TIMESTAMPTZ(3),
ALTER COLUMN "sealed_key" DROP NOT NULL;

-- CreateTable
CREATE TABLE "issuer_root" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "certificate_der" BYTEA NOT NULL,
    "sealed_key" BYTEA,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "exported_at" TIMESTAMPTZ(3),

    CONSTRAINT "issuer_root_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "crl" (
    "issuer_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "der" BYTEA NOT NULL,
    "digest" BYTEA NOT NULL,
    "this_update" TIMESTAMPTZ(3) NOT NULL,
    "next_update" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "crl_pkey" PRIMARY KEY ("issuer_id","number")
);

-- CreateTable
CREATE TABLE "ocsp_responder" (
    "id" UUID NOT NULL,
    "issuer_id" UUID NOT NULL,
    "certificate_der" BYTEA NOT NULL,
    "sealed_key" BYTEA NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ocsp_responder_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ocsp_responder_issuer_id_not_after_idx" ON "ocsp_responder"("issuer_id", "not_after");

-- AddForeignKey
ALTER TABLE "crl" ADD CONSTRAINT "crl_issuer_id_fkey" FOREIGN KEY ("issuer_id") REFERENCES "issuer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ocsp_responder" ADD CONSTRAINT "ocsp_responder_issuer_id_fkey" FOREIGN KEY ("issuer_id") REFERENCES "issuer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- An authority elsewhere chooses the serial as it signs: until then only the request is on record (C-10, C-16).
ALTER TABLE certificate
  DROP CONSTRAINT certificate_prepared_is_recorded,
  ADD CONSTRAINT certificate_prepared_is_recorded CHECK (
    state IN ('requested', 'void')
    OR (issuer_id IS NOT NULL AND tbs IS NOT NULL AND (serial IS NOT NULL OR state = 'prepared')));

ALTER TABLE issuer ADD CONSTRAINT issuer_holds_its_key CHECK (backend <> 'embedded' OR sealed_key IS NOT NULL);
ALTER TABLE issuer_root ADD CONSTRAINT issuer_root_key_is_somewhere CHECK (sealed_key IS NOT NULL OR exported_at IS NOT NULL);
ALTER TABLE crl ADD CONSTRAINT crl_number_counts CHECK (number >= 1);

-- What a list of revocations names: signed once, and ended before its time.
CREATE INDEX certificate_revocations ON certificate (issuer_id, not_after)
  WHERE state IN ('revoked', 'superseded', 'void') AND der IS NOT NULL;
