-- CreateEnum
CREATE TYPE "user_import_state" AS ENUM ('receiving', 'checking', 'unreadable', 'checked', 'registering', 'registered');

-- DropIndex
DROP INDEX "user_company_id_login_id_key_idx";

-- DropIndex
DROP INDEX "user_company_id_name_idx";

-- CreateTable
CREATE TABLE "user_import" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "state" "user_import_state" NOT NULL,
    "file_name" TEXT NOT NULL,
    "size" INTEGER NOT NULL DEFAULT 0,
    "digest" BYTEA,
    "is_utf8" BOOLEAN NOT NULL DEFAULT true,
    "problem" JSONB,
    "bytes_read" INTEGER NOT NULL DEFAULT 0,
    "rows_read" INTEGER NOT NULL DEFAULT 0,
    "registrable" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "mistakes" INTEGER NOT NULL DEFAULT 0,
    "basis" TEXT,
    "round" INTEGER NOT NULL DEFAULT 0,
    "confirmation" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "registered_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_import_part" (
    "company_id" UUID NOT NULL,
    "import_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "user_import_part_pkey" PRIMARY KEY ("import_id","number")
);

-- CreateTable
CREATE TABLE "user_import_row" (
    "company_id" UUID NOT NULL,
    "import_id" UUID NOT NULL,
    "row" INTEGER NOT NULL,
    "user_id" UUID NOT NULL,
    "login_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "mobile" TEXT,
    "role" "user_role" NOT NULL,
    "permissions" TEXT[],
    "accounts" UUID[],
    "limits" JSONB NOT NULL,

    CONSTRAINT "user_import_row_pkey" PRIMARY KEY ("import_id","row")
);

-- CreateTable
CREATE TABLE "user_import_mistake" (
    "company_id" UUID NOT NULL,
    "import_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "row" INTEGER NOT NULL,
    "heading" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "params" JSONB,

    CONSTRAINT "user_import_mistake_pkey" PRIMARY KEY ("import_id","number")
);

-- CreateIndex
CREATE INDEX "user_import_owner_id_idx" ON "user_import"("owner_id");

-- CreateIndex
CREATE INDEX "user_import_expires_at_idx" ON "user_import"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "user_import_company_id_id_key" ON "user_import"("company_id", "id");

-- AddForeignKey
ALTER TABLE "user_import" ADD CONSTRAINT "user_import_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_import" ADD CONSTRAINT "user_import_company_id_owner_id_fkey" FOREIGN KEY ("company_id", "owner_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_import_part" ADD CONSTRAINT "user_import_part_company_id_import_id_fkey" FOREIGN KEY ("company_id", "import_id") REFERENCES "user_import"("company_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_import_row" ADD CONSTRAINT "user_import_row_company_id_import_id_fkey" FOREIGN KEY ("company_id", "import_id") REFERENCES "user_import"("company_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_import_mistake" ADD CONSTRAINT "user_import_mistake_company_id_import_id_fkey" FOREIGN KEY ("company_id", "import_id") REFERENCES "user_import"("company_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ---------------------------------------------------------------------------------------------------------------
-- 利用者一覧 (D-01): one index for each sort, over the users that it lists, with all that search and sort look at: a
-- search through the ten thousand users of one company reads nothing else. Who never logged in comes before everybody.
-- ---------------------------------------------------------------------------------------------------------------

CREATE INDEX user_list_login_id_idx ON "user" (company_id, login_id_key)
  INCLUDE (id, name) WHERE service_state <> 'deleted';
CREATE INDEX user_list_name_idx ON "user" (company_id, name, login_id_key)
  INCLUDE (id) WHERE service_state <> 'deleted';
CREATE INDEX user_list_last_login_idx ON "user" (company_id, last_login_at NULLS FIRST, login_id_key)
  INCLUDE (id, name) WHERE service_state <> 'deleted';

ALTER TABLE user_import
  ADD CONSTRAINT user_import_counts CHECK (
    size >= 0 AND bytes_read >= 0 AND rows_read >= 0 AND registrable >= 0 AND unchanged >= 0 AND mistakes >= 0
    AND round >= 0),
  ADD CONSTRAINT user_import_registers_what_is_right CHECK (
    state NOT IN ('registering', 'registered') OR (mistakes = 0 AND registrable > 0 AND confirmation IS NOT NULL)),
  ADD CONSTRAINT user_import_registered_at CHECK ((state = 'registered') = (registered_at IS NOT NULL));
