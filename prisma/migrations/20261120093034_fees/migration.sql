-- CreateEnum
CREATE TYPE "fee_kind" AS ENUM ('payee_transfer', 'payee_bulk', 'payer_bulk');

-- CreateEnum
CREATE TYPE "fee_method" AS ENUM ('fixed', 'add_upper', 'add_lower');

-- CreateEnum
CREATE TYPE "transfer_pattern" AS ENUM ('same_branch', 'own_bank', 'other_bank');

-- CreateTable
CREATE TABLE "company_fee" (
    "company_id" UUID NOT NULL,
    "kind" "fee_kind" NOT NULL,
    "follows_standard" BOOLEAN NOT NULL,
    "method" "fee_method" NOT NULL,
    "minimum_payment" BIGINT,
    "version" INTEGER NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_by_id" UUID NOT NULL,

    CONSTRAINT "company_fee_pkey" PRIMARY KEY ("company_id","kind")
);

-- CreateTable
CREATE TABLE "company_fee_amount" (
    "company_id" UUID NOT NULL,
    "kind" "fee_kind" NOT NULL,
    "from_amount" BIGINT NOT NULL,
    "pattern" "transfer_pattern" NOT NULL,
    "fee" BIGINT NOT NULL,

    CONSTRAINT "company_fee_amount_pkey" PRIMARY KEY ("company_id","kind","from_amount","pattern")
);

-- CreateTable
CREATE TABLE "standard_fee" (
    "id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "effective_on" DATE NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "published_by_id" UUID,

    CONSTRAINT "standard_fee_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "standard_fee_amount" (
    "standard_fee_id" UUID NOT NULL,
    "from_amount" BIGINT NOT NULL,
    "pattern" "transfer_pattern" NOT NULL,
    "fee" BIGINT NOT NULL,

    CONSTRAINT "standard_fee_amount_pkey" PRIMARY KEY ("standard_fee_id","from_amount","pattern")
);

-- CreateIndex
CREATE INDEX "standard_fee_service_code_effective_on_idx" ON "standard_fee"("service_code", "effective_on");

-- CreateIndex
CREATE UNIQUE INDEX "standard_fee_service_code_version_key" ON "standard_fee"("service_code", "version");

-- AddForeignKey
ALTER TABLE "company_fee" ADD CONSTRAINT "company_fee_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_fee" ADD CONSTRAINT "company_fee_company_id_changed_by_id_fkey" FOREIGN KEY ("company_id", "changed_by_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_fee_amount" ADD CONSTRAINT "company_fee_amount_company_id_kind_fkey" FOREIGN KEY ("company_id", "kind") REFERENCES "company_fee"("company_id", "kind") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "standard_fee" ADD CONSTRAINT "standard_fee_service_code_fkey" FOREIGN KEY ("service_code") REFERENCES "service"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "standard_fee" ADD CONSTRAINT "standard_fee_published_by_id_fkey" FOREIGN KEY ("published_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "standard_fee_amount" ADD CONSTRAINT "standard_fee_amount_standard_fee_id_fkey" FOREIGN KEY ("standard_fee_id") REFERENCES "standard_fee"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE company_fee
  -- 当方負担 takes nothing from a payment, so that no payment can be too small for it; only 先方負担[総合振込] has a method.
  ADD CONSTRAINT company_fee_minimum CHECK ((kind = 'payer_bulk') = (minimum_payment IS NULL)),
  ADD CONSTRAINT company_fee_minimum_positive CHECK (minimum_payment >= 1),
  ADD CONSTRAINT company_fee_method CHECK (kind = 'payee_bulk' OR method = 'fixed');

ALTER TABLE company_fee_amount
  ADD CONSTRAINT company_fee_amount_positive CHECK (from_amount >= 1 AND fee >= 0);

ALTER TABLE standard_fee_amount
  ADD CONSTRAINT standard_fee_amount_positive CHECK (from_amount >= 1 AND fee >= 0);
