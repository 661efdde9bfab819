-- CreateEnum
CREATE TYPE "history_export_format" AS ENUM ('csv', 'pdf');

-- AlterTable
ALTER TABLE "history_chain" ADD COLUMN     "archived_hash" BYTEA,
ADD COLUMN     "archived_seq" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "history_export" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "format" "history_export_format" NOT NULL,
    "language" TEXT NOT NULL,
    "conditions" JSONB NOT NULL,
    "others" BOOLEAN NOT NULL,
    "head_seq" BIGINT NOT NULL,
    "head_hash" BYTEA NOT NULL,
    "total" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "cursor_at" TIMESTAMPTZ(3),
    "cursor_id" UUID,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "history_export_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "history_export_file" (
    "company_id" UUID NOT NULL,
    "export_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "rows" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "history_export_file_pkey" PRIMARY KEY ("export_id","number")
);

-- CreateIndex
CREATE INDEX "history_export_company_id_user_id_requested_at_idx" ON "history_export"("company_id", "user_id", "requested_at");

-- CreateIndex
CREATE INDEX "history_export_expires_at_idx" ON "history_export"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "history_export_company_id_id_key" ON "history_export"("company_id", "id");

-- AddForeignKey
ALTER TABLE "history_export" ADD CONSTRAINT "history_export_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "history_export" ADD CONSTRAINT "history_export_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "history_export_file" ADD CONSTRAINT "history_export_file_company_id_export_id_fkey" FOREIGN KEY ("company_id", "export_id") REFERENCES "history_export"("company_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One file at a time a user: a second wish finds the first one's page.
CREATE UNIQUE INDEX history_export_one_unfinished ON history_export (user_id) WHERE finished_at IS NULL;
ALTER TABLE history_export
  ADD CONSTRAINT history_export_counts CHECK (head_seq >= 0 AND total >= 0 AND done >= 0),
  ADD CONSTRAINT history_export_cursor CHECK ((cursor_at IS NULL) = (cursor_id IS NULL)),
  ADD CONSTRAINT history_export_hash_length CHECK (octet_length(head_hash) = 32);
ALTER TABLE history_export_file
  ADD CONSTRAINT history_export_file_counts CHECK (number >= 1 AND rows >= 0);

-- A chain whose beginning has gone to an archive goes on from the archive's last hash (F-04).
ALTER TABLE history_chain
  ADD CONSTRAINT history_chain_archived CHECK (
    archived_seq BETWEEN 0 AND seq
    AND (archived_seq = 0) = (archived_hash IS NULL)
    AND (archived_hash IS NULL OR octet_length(archived_hash) = 32));
